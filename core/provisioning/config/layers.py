"""A layer: one place where configuration is written, and what it says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from provisioning.errors import Problem
from provisioning.source import Path, Source, dotted

__all__ = ["Layer", "LayerDocument", "Place", "in_file", "in_names"]


class Layer(Enum):
    """Where a setting may come from, weakest first: a later member wins over the earlier ones."""

    BUILT_IN = "What the program does when nothing is said."
    EXTENSION = "What an extension says that is a config source: one layer for each of them."
    USER = "The user's own file, for all workspaces: config.toml in the user's configuration folder."
    PROJECT_DEFAULTS = "config.defaults.toml in the workspace: what the project wants, kept under version control."
    PROJECT_USER = "config.user.toml in the workspace: what one person wants in it, not under version control."
    ENVIRONMENT_FILE = "config.NAME.toml in the workspace, where NAME is given by --env or PROVISIONING_ENV."
    ENVIRONMENT_VARIABLES = "Environment variables PROVISIONING__SECTION__KEY."
    RUN_TIME = "Run-time options: --set KEY=VALUE, or what an embedding program passes."

    @property
    def sentence(self) -> str:
        """Say in one sentence where this layer is written."""
        return self.value

    @property
    def label(self) -> str:
        """The layer's short name, for tables: `built in`, `project user`."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is written: a file, or what stands in for one, and the line where there is one."""

    file: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class LayerDocument:
    """What one layer says: its tables, as written, and the place of each key."""

    layer: Layer
    data: Mapping[str, Any]
    place: Callable[[Path], Place] = field(repr=False)

    def problem(self, path: Path, message: str, hint: str | None = None) -> Problem:
        """Make a problem of the value at `path`."""
        place = self.place(path)
        return Problem(message, place.file, place.line, dotted(path) or None, hint)


def in_file(layer: Layer, source: Source) -> LayerDocument:
    """Make the document of a configuration file."""
    return LayerDocument(layer, source.data, lambda path: Place(source.name, source.line_of(path)))


def in_names(layer: Layer, data: Mapping[str, Any], names: Mapping[Path, str], default: str) -> LayerDocument:
    """Make the document of a layer whose values were each given by name: a variable, an option."""

    def place(path: Path) -> Place:
        for end in range(len(path), 0, -1):
            if path[:end] in names:
                return Place(names[path[:end]])
        inside = (name for known, name in names.items() if known[: len(path)] == path)
        return Place(next(inside, default))

    return LayerDocument(layer, data, place)
