"""A TOML file of settings, changed one key at a time: comments, order and layout of everything else stay.

tomlkit is imported where it is used: listing kinds must not wait for it.
"""

import fcntl
import os
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provisioning.errors import OperationFailed

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

__all__ = ["SettingsFile"]


class SettingsFile:
    """What one file holds, or will hold; `content` None is a file that does not exist."""

    def __init__(self, path: Path, content: bytes | None) -> None:
        self.path = path
        self._document = _parsed(path, content or b"")

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator["SettingsFile"]:
        """Read the file, and keep others out of it until the block ends: all that change settings lock its folder."""
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield cls(path, path.read_bytes() if path.exists() else None)
        finally:
            os.close(folder)

    @property
    def content(self) -> bytes:
        """What the file holds."""
        return self._document.as_string().encode()

    def has(self, key: Sequence[str]) -> bool:
        """Whether there is a value at `key`; raises `OperationFailed` when a table above it is none."""
        table = self.table(key)
        return table is not None and key[-1] in table

    def depth(self, key: Sequence[str]) -> int:
        """Return how many of the tables above `key` there are."""
        return next((count for count in range(len(key)) if self.table(key[: count + 1]) is None), len(key)) - 1

    def set(self, key: Sequence[str], value: Any) -> None:
        """Set the value at `key`, making the tables above it that are missing."""
        import tomlkit  # noqa: PLC0415 - see the module's docstring

        self.table(key)
        table: MutableMapping[str, Any] = self._document
        for place, name in enumerate(key[:-1], 2):
            if name not in table:
                table[name] = tomlkit.table(is_super_table=place < len(key))
            table = table[name]
        table[key[-1]] = value

    def set_as_in(self, other: "SettingsFile", key: Sequence[str]) -> None:
        """Make the value at `key` what it is in `other`, or take it away with the tables that are empty then."""
        if other.has(key):
            table = other.table(key)
            assert table is not None  # noqa: S101 - it has the key
            self.set(key, table[key[-1]])
        else:
            self._unset(key, other.depth(key))

    def _unset(self, key: Sequence[str], depth: int) -> None:
        """Take the value at `key` away, and the tables above it that are empty then, down to `depth` of them."""
        for length in range(len(key), depth, -1):
            table = self.table(key[:length])
            if table is None or (length < len(key) and table.get(key[length - 1])):
                return
            table.pop(key[length - 1], None)

    def table(self, key: Sequence[str]) -> MutableMapping[str, Any] | None:
        """Return the table that `key` stands in, or None without one."""
        table: Any = self._document
        for place, name in enumerate(key[:-1]):
            table = table.get(name)
            if table is None:
                return None
            if not isinstance(table, MutableMapping):
                raise OperationFailed(f"{self.path}: {'.'.join(key[: place + 1])} is a value, not a table")
        return table  # type: ignore[no-any-return]


def _parsed(path: Path, content: bytes) -> "TOMLDocument":
    import tomlkit  # noqa: PLC0415 - see the module's docstring
    from tomlkit.exceptions import ParseError  # noqa: PLC0415

    try:
        return tomlkit.parse(content.decode())
    except ParseError as error:
        raise OperationFailed(f"{path}:{error.line}: not valid TOML: {error}", hint="correct the file first") from error
    except UnicodeDecodeError as error:
        raise OperationFailed(f"{path}: not UTF-8 at byte {error.start}", hint="save the file as UTF-8") from error
