"""Extensions switched on and off in a configuration file, without importing any."""

from collections.abc import Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from provisioning.config import USER_FILE, Change, Configuration, Layer, edit_lists, user_config_file
from provisioning.extensions import Registry

__all__ = ["switch"]

_LAYERS = list(Layer)


def switch(configuration: Configuration, registry: Registry, name: str, *, is_on: bool, for_user: bool) -> Path:
    """Write into the project's `config.user.toml`, or the user's own file, that an extension is or is not used.

    A list replaces that of a weaker layer, so what the weaker layers say is carried over. Returns the file, which
    stays as it is where it says so already. Raises `ExtensionNotFound` for a name that nobody has.
    """
    records = registry.named(name)
    name = records[0].name
    layer = Layer.USER if for_user else Layer.PROJECT_USER
    needs_enabling = any(one.declared and one.declared.extension.default == "disabled" for one in records)
    needed = {"disabled": not is_on, "enabled": is_on and needs_enabling}
    changes: dict[tuple[str, ...], Change] = {
        ("extensions", key): _change(name, _weaker(configuration, layer, key), is_in=is_in)
        for key, is_in in needed.items()
    }
    path = user_config_file() if for_user else configuration.workspace / USER_FILE
    edit_lists(path, changes)
    return path


def _change(name: str, weaker: Sequence[str], *, is_in: bool) -> Change:
    """Return what makes a list hold a name or not; where it is not written, it begins as the weaker layers have it."""

    def change(said: Sequence[str] | None) -> Sequence[str] | None:
        base = weaker if said is None else said
        wanted = _with(base, name, is_in=is_in)
        return None if wanted == base else wanted

    return change


def _weaker(configuration: Configuration, layer: Layer, key: str) -> Sequence[str]:
    """Return what the layers say that are weaker than one."""
    said: Sequence[str] = []
    for document in configuration.layers:
        table = document.data.get("extensions")
        if _LAYERS.index(document.layer) < _LAYERS.index(layer) and isinstance(table, dict):
            found = table.get(key)
            said = found if isinstance(found, list) else said
    return said


def _with(names: Sequence[str], name: str, *, is_in: bool) -> Sequence[str]:
    others = [one for one in names if canonicalize_name(one) != canonicalize_name(name)]
    if is_in:
        return list(names) if len(others) < len(names) else [*names, name]
    return others
