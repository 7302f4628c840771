"""Loading the configuration: each layer is read, all are checked together, and every problem is reported at once."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisioning.config.configuration import Configuration
from provisioning.config.layers import Layer, LayerDocument, Place, in_file
from provisioning.config.merge import merged
from provisioning.config.overrides import overrides_layer
from provisioning.config.settings import built_in_defaults
from provisioning.config.surroundings import Surroundings
from provisioning.config.variables import variables_layer
from provisioning.config.workspace import DEFAULTS_FILE, USER_FILE, environment_file, user_config_file
from provisioning.errors import ConfigurationError, Problem
from provisioning.source import read_source

__all__ = ["ENVIRONMENT_VARIABLE", "load"]

ENVIRONMENT_VARIABLE = "PROVISIONING_ENV"

_ENVIRONMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LARGEST = 4 * 1024 * 1024  # bytes of one configuration file


def _utc_now() -> datetime:
    return datetime.now(UTC)


def load(
    workspace: Path,
    *,
    environment: str | None = None,
    overrides: Sequence[str] | Mapping[str, Any] = (),
    environ: Mapping[str, str] | None = None,
    user_file: Path | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> Configuration:
    """Read all layers and return the configuration.

    `environment` names the environment whose file is read, `PROVISIONING_ENV` in `environ` when it is None;
    `overrides` are `KEY=VALUE` texts or a mapping of dotted keys; `environ` is the process's own when None, and
    `user_file` the usual one. Raises ConfigurationError with every problem of every layer.
    """
    workspace = workspace.absolute()
    environ = os.environ if environ is None else environ
    problems: list[Problem] = []
    layers = _files(workspace, environment, environ, user_file or user_config_file(), problems)
    layers.append(variables_layer(environ, _known(workspace, layers), problems))
    layers.append(overrides_layer(overrides, problems))
    built_in = built_in_defaults(workspace, _instances(layers))
    layers.insert(0, LayerDocument(Layer.BUILT_IN, built_in, lambda _path: Place("built-in defaults")))
    configuration = Configuration(layers, Surroundings(workspace, environ, now))
    problems += configuration.check()
    if problems:
        raise ConfigurationError.from_problems("the configuration", problems)
    return configuration


def _files(
    workspace: Path,
    environment: str | None,
    environ: Mapping[str, str],
    user_file: Path,
    problems: list[Problem],
) -> list[LayerDocument]:
    files = {
        Layer.USER: user_file,
        Layer.PROJECT_DEFAULTS: workspace / DEFAULTS_FILE,
        Layer.PROJECT_USER: workspace / USER_FILE,
    }
    named = _environment_file(workspace, environment, environ, problems)
    if named is not None:
        files[Layer.ENVIRONMENT_FILE] = named
    documents = (_read(layer, path, problems) for layer, path in files.items())
    return [document for document in documents if document is not None]


def _read(layer: Layer, path: Path, problems: list[Problem]) -> LayerDocument | None:
    if not os.path.lexists(path):
        return None
    try:
        return in_file(layer, read_source(path, limit=_LARGEST, allow_empty=True))
    except ConfigurationError as error:
        problems += error.problems or [Problem(error.message, hint=error.hint)]
        return None


def _environment_file(
    workspace: Path, environment: str | None, environ: Mapping[str, str], problems: list[Problem]
) -> Path | None:
    name = environment or environ.get(ENVIRONMENT_VARIABLE)
    if not name:
        return None
    origin = "--env" if environment else ENVIRONMENT_VARIABLE
    path = workspace / environment_file(name)
    if not _ENVIRONMENT_NAME.fullmatch(name) or name in {"defaults", "user"}:
        message = f"{name!r} is not a name for an environment"
        problems.append(Problem(message, origin, hint="use letters, digits, ., - and _; not defaults or user"))
        return None
    if not path.exists():
        message = f"the environment {name} has no file: {path} does not exist"
        problems.append(Problem(message, origin, hint=_existing_environments(workspace)))
        return None
    return path


def _existing_environments(workspace: Path) -> str:
    names = {path.name for path in workspace.glob("config.*.toml")} - {DEFAULTS_FILE, USER_FILE}
    return f"there is {', '.join(sorted(names))}" if names else "create the file, or name no environment"


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
