"""The layer of environment variables: `PROVISIONING__SECTION__KEY=value`."""

from collections.abc import Mapping
from typing import Any

from provisioning.config.layers import Layer, LayerDocument, in_names
from provisioning.config.merge import merged, nested
from provisioning.config.written import written_value
from provisioning.errors import Problem
from provisioning.source import Path

__all__ = ["PREFIX", "variables_layer"]

PREFIX = "PROVISIONING__"


def variables_layer(environ: Mapping[str, str], known: Mapping[str, Any], problems: list[Problem]) -> LayerDocument:
    """Read the variables; `known` is what weaker layers say, so that a name is spelled as it is there.

    Names do not depend on case, and `_` stands for `-` too: `PROVISIONING__PROVIDERS__AWS_EU__REGION` sets
    `providers.aws-eu.region` when there is an `aws-eu`. What cannot be a key is added to `problems`.
    """
    data: dict[str, Any] = {}
    names: dict[Path, str] = {}
    for name in sorted(environ):
        if not name.upper().startswith(PREFIX):
            continue
        path, wrong = _path(name, merged(known, data))
        wrong = wrong or _clash(path, data, names)
        label = f"environment variable {name}"
        if wrong is not None:
            problems.append(Problem(wrong, label, hint="name it PROVISIONING__SECTION__KEY, and each key once"))
            continue
        data = merged(data, nested(path, written_value(environ[name])))
        names[path] = label
    return in_names(Layer.ENVIRONMENT_VARIABLES, data, names, "environment variables")


def _path(name: str, known: Mapping[str, Any]) -> tuple[tuple[str, ...], str | None]:
    parts = name[len(PREFIX) :].split("__")
    if not all(parts):
        return (), "names no key: a part between two underscores is empty"
    path: list[str] = []
    table: Any = known
    for part in parts:
        keys = _alike(part, table) if isinstance(table, dict) else []
        key = part.lower()
        if key not in keys and len(keys) > 1:
            return (), f"may mean {' or '.join(keys)}"
        path.append(keys[0] if keys and key not in keys else key)
        table = table.get(path[-1]) if isinstance(table, dict) else None
    return tuple(path), None


def _alike(part: str, table: Mapping[str, Any]) -> list[str]:
    wanted = part.replace("-", "_").casefold()
    return [key for key in table if key.replace("-", "_").casefold() == wanted]


def _clash(path: tuple[str, ...], data: Mapping[str, Any], names: Mapping[Path, str]) -> str | None:
    if path in names:
        return f"sets the same key as {names[path]}"
    for end in range(1, len(path)):
        if path[:end] in names:
            return f"sets a key inside the value that {names[path[:end]]} sets"
    value: Any = data
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return None if value is None else "sets a value where another variable sets a key inside it"
