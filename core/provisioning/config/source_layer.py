"""The layer of a config source: what an extension says of the configuration, held to what a file could say."""

from collections.abc import Mapping
from typing import Any

from provisioning.config.layers import Layer, LayerDocument, Place
from provisioning.errors import ConfigurationError, Problem
from provisioning.source import MAX_DEPTH, Flaw, Path, dotted, plain_data

__all__ = ["source_layer"]


def source_layer(extension: str, said: Mapping[Any, Any]) -> LayerDocument:
    """Return the layer of what the extension said; raise `ConfigurationError` with all that no file could hold.

    `extensions` is refused: who says anything of the configuration is known before it is asked.
    """
    flaws: list[Flaw] = []
    data = plain_data(_copied(said, flaws, ()), flaws)
    if "extensions" in data:
        flaws.append(Flaw(("extensions",), "cannot be set here: extensions are found before any is asked for anything"))
    place = Place(f"extension {extension}")
    if flaws:
        problems = [Problem(flaw.message, place.file, key=dotted(flaw.path) or None, hint=flaw.hint) for flaw in flaws]
        raise ConfigurationError.from_problems(f"what extension {extension} says of the configuration", problems)
    return LayerDocument(Layer.EXTENSION, data, lambda _path: place)


def _copied(value: Any, flaws: list[Flaw], path: Path) -> Any:
    """Return plain tables and lists of what is an extension's own, which may change under our hands."""
    if len(path) > MAX_DEPTH:
        return value  # told by `plain_data`
    if isinstance(value, Mapping):
        flaws += (Flaw(path, f"has the key {key!r}, which is not text") for key in value if not isinstance(key, str))
        return {str(key): _copied(item, flaws, (*path, str(key))) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item, flaws, (*path, index)) for index, item in enumerate(value)]
    if value is None or not isinstance(value, str | int | float):
        flaws.append(Flaw(path, f"is {_kind(value)}, which no file could hold"))
    return value


def _kind(value: object) -> str:
    return "nothing" if value is None else f"an object of type {type(value).__name__}"
