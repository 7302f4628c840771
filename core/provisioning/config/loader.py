"""Loading the configuration: each layer is read, all are checked together, and every problem is reported at once."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from provisioning.config.configuration import Configuration
from provisioning.config.draft import Draft
from provisioning.config.layers import Layer, LayerDocument, in_file
from provisioning.config.workspace import DEFAULTS_FILE, USER_FILE, environment_file, user_config_file
from provisioning.errors import ConfigurationError, Problem
from provisioning.source import read_source

__all__ = ["ENVIRONMENT_VARIABLE", "load", "read_draft"]

ENVIRONMENT_VARIABLE = "PROVISIONING_ENV"

_ENVIRONMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LARGEST = 4 * 1024 * 1024  # bytes of one configuration file


def _utc_now() -> datetime:
    return datetime.now(UTC)


def load(workspace: Path, **options: Any) -> Configuration:
    """Read all layers and return the configuration; the options are those of `read_draft`.

    Raises ConfigurationError with every problem of every layer.
    """
    configuration = read_draft(workspace, **options).configuration(resolvers={})
    if problems := configuration.check():
        raise ConfigurationError.from_problems("the configuration", problems)
    return configuration


def read_draft(
    workspace: Path,
    *,
    environment: str | None = None,
    overrides: Sequence[str] | Mapping[str, Any] = (),
    environ: Mapping[str, str] | None = None,
    user_file: Path | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> Draft:
    """Read everything that is written; what cannot be read is among the draft's problems.

    `environment` names the environment whose file is read, `PROVISIONING_ENV` in `environ` when it is None;
    `overrides` are `KEY=VALUE` texts or a mapping of dotted keys; `environ` is the process's own when None, and
    `user_file` the usual one.
    """
    workspace = workspace.absolute()
    environ = os.environ if environ is None else environ
    problems: list[Problem] = []
    files = _files(workspace, environment, environ, user_file or user_config_file(), problems)
    return Draft(workspace, files, environ, overrides, cache(now), problems)


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
