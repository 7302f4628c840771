"""What is written, in files, variables and options, read once: the configuration before extensions add to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from provisioning.config.configuration import Configuration
from provisioning.config.layers import Layer, LayerDocument, Place
from provisioning.config.merge import merged
from provisioning.config.overrides import overrides_layer
from provisioning.config.redaction import Redactor
from provisioning.config.settings import built_in_defaults
from provisioning.config.surroundings import Resolver, Surroundings
from provisioning.config.variables import variables_layer
from provisioning.errors import Problem

__all__ = ["Draft"]


@dataclass(frozen=True, slots=True)
class Draft:
    """The layers as they are written; `problems` is what could not be read.

    Which extensions there are stands in the configuration, and what they say belongs to it. So it is made twice: of
    what is written alone, to find them, and again with their sources and resolvers.
    """

    workspace: Path
    files: Sequence[LayerDocument]
    environ: Mapping[str, str]
    overrides: Sequence[str] | Mapping[str, Any]
    clock: Callable[[], datetime]
    problems: Sequence[Problem]

    def configuration(
        self,
        *,
        sources: Sequence[LayerDocument] = (),
        resolvers: Mapping[str, Resolver] | None = None,
        redactor: Redactor | None = None,
    ) -> Configuration:
        """Return the configuration with the layers of config sources, the weakest first; nothing is checked.

        `resolvers` are the roots of references that extensions answer for, None while that is not known. A `redactor`
        goes on to know what it knew.
        """
        unread = list(self.problems)
        below = [*sources, *self.files]
        variables = variables_layer(self.environ, _known(self.workspace, below), unread)
        written = [*below, variables, overrides_layer(self.overrides, unread)]
        built_in = built_in_defaults(self.workspace, _instances(written))
        layers = [LayerDocument(Layer.BUILT_IN, built_in, lambda _path: Place("built-in defaults")), *written]
        surroundings = Surroundings(self.workspace, self.environ, self.clock, resolvers)
        return Configuration(layers, surroundings, unread=unread, redactor=redactor)


def _known(workspace: Path, layers: Sequence[LayerDocument]) -> dict[str, Any]:
    known = built_in_defaults(workspace, _instances(layers))
    for layer in layers:
        known = merged(known, layer.data)
    return known


def _instances(layers: Sequence[LayerDocument]) -> list[str]:
    """Return the names of all provider instances; the local one when none is configured."""
    tables = [layer.data.get("providers") for layer in layers]
    names = dict.fromkeys(
        name for table in tables if isinstance(table, dict) for name, value in table.items() if isinstance(value, dict)
    )
    return list(names) or ["local"]
