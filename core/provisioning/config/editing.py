"""A configuration file, changed by the program: everything that people wrote in it stays, comments and all."""

import fcntl
import os
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from provisioning.errors import ConfigurationError
from provisioning.source import dotted, read_text

__all__ = ["Change", "edit_lists"]

_LARGEST = 4 * 1024 * 1024  # bytes, as much as is read of it


Change = Callable[[Sequence[str] | None], Sequence[str] | None]
"""Makes of what a list says (None: it is not there) what it shall say; None leaves it as it is."""

_Wanted = Mapping[tuple[str, ...], Sequence[str]]


def edit_lists(path: Path, changes: Mapping[tuple[str, ...], Change]) -> bool:
    """Change the lists at some keys of a TOML file; return whether anything was written.

    A list keeps its layout: what is no longer wanted is taken out of it, and what is new stands at its end. The file,
    and folders above it, are made when they are not there. It is replaced as a whole, so that no reader sees half
    of it, and one editor waits for the other, so that no change is lost. Raises `ConfigurationError` when it cannot be
    read, changed or written.
    """
    path = Path(os.path.realpath(path))  # a link stays one
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.parent):
            before = read_text(path, limit=_LARGEST) if path.exists() else ""
            after = _edited(path, before, changes)
            if after == before:
                return False
            _replace(path, after)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: cannot be written: {error.strerror or error}", hint="check the permissions of the folder"
        ) from error
    return True


def _edited(path: Path, text: str, changes: Mapping[tuple[str, ...], Change]) -> str:
    import tomlkit  # noqa: PLC0415 - slow to import, and rarely needed
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    try:
        document = tomlkit.parse(text)
        before = tomllib.loads(text)
        answers = {keys: change(_list_at(before, keys)) for keys, change in changes.items()}
        wanted = {keys: names for keys, names in answers.items() if names is not None}
        for keys, names in wanted.items():
            _put(document, keys, names)
        result = tomlkit.dumps(document)
        _check(tomllib.loads(result), wanted)
    except (TOMLKitError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = f"change {' and '.join(map(dotted, changes))} in it by hand"
        raise ConfigurationError(f"{path}: cannot be changed as it is written: {error}", hint=hint) from error
    return result


def _list_at(data: Mapping[str, Any], keys: tuple[str, ...]) -> list[str] | None:
    """Return the list at a key, None where there is none; raise TypeError for anything else that stands there."""
    table: Any = data
    for name in keys[:-1]:
        table = table.get(name, {})
        if not isinstance(table, Mapping):
            raise TypeError(f"{dotted(keys[:-1])} is no table in it")
    value = table.get(keys[-1])
    if value is not None and not isinstance(value, list):
        raise TypeError(f"{dotted(keys)} is no list in it")
    return value


def _put(document: Any, keys: tuple[str, ...], wanted: Sequence[str]) -> None:
    import tomlkit  # noqa: PLC0415

    table = document
    for name in keys[:-1]:
        if name not in table:
            table[name] = tomlkit.table()
        table = table[name]
    items = table.get(keys[-1])
    if items is None:
        table[keys[-1]] = list(wanted)
        return
    for place in reversed(range(len(items))):
        if items[place] not in wanted:
            del items[place]
    for item in wanted:
        if item not in items:
            items.append(item)


def _check(data: Mapping[str, Any], wanted: _Wanted) -> None:
    """Raise ValueError unless the new text says what was wanted."""
    for keys, names in wanted.items():
        if sorted(_list_at(data, keys) or ()) != sorted(names):
            raise ValueError(f"{dotted(keys)} is written in a way that is not understood")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let nobody else change a file of the folder meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o644)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise
