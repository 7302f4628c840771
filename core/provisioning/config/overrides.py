"""The run-time layer: `--set KEY=VALUE`, or a mapping from an embedding program."""

from collections.abc import Mapping, Sequence
from typing import Any

from provisioning.config.layers import Layer, LayerDocument, in_names
from provisioning.config.merge import merged, nested
from provisioning.config.written import written_value
from provisioning.errors import ConfigurationError, Problem
from provisioning.source import Path, split_key

__all__ = ["overrides_layer"]


def overrides_layer(given: Sequence[str] | Mapping[str, Any], problems: list[Problem]) -> LayerDocument:
    """Read what was given, a later item winning over an earlier one; adds to `problems` what cannot be read."""
    data: dict[str, Any] = {}
    names: dict[Path, str] = {}
    pairs = _pairs_of_mapping(given) if isinstance(given, Mapping) else _pairs_of_options(given, problems)
    for key, value, name in pairs:
        try:
            path = split_key(key)
        except ConfigurationError as error:
            problems.append(Problem(error.message, name, hint=error.hint))
            continue
        data = merged(data, nested(path, value))
        names[path] = name
    return in_names(Layer.RUN_TIME, data, names, "run-time options")


def _pairs_of_options(options: Sequence[str], problems: list[Problem]) -> list[tuple[str, Any, str]]:
    pairs = []
    for option in options:
        key, equals, text = option.partition("=")
        if equals:
            pairs.append((key.strip(), written_value(text), f"--set {key.strip()}"))
        else:
            hint = "write --set KEY=VALUE, like --set workflow.parallelism=4"
            problems.append(Problem("has no =, so no value", f"--set {option}", hint=hint))
    return pairs


def _pairs_of_mapping(values: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
    return [(key, value, f"override {key}") for key, value in values.items()]
