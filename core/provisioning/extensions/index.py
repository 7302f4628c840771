"""What manifests said when they were last read, kept in one file, so that an unchanged one is not parsed again.

Nothing that was judged is kept, only what was written: a manifest from here goes through every check that one from its
own file goes through. A manifest counts as unchanged while its times, its size and its inode are the same. As in git's
index, that says nothing of a file that was changed just before it was read: another change within the same tick of the
clock would look the same. Such a file is left out until it has settled.

An index that is torn, foreign, too large or cannot be read is an empty one, and one that cannot be written is left as
it is. Processes write it whole and put it in its place in one step: of two at once the later one wins, and what the
other one learnt is learnt again.
"""

import hashlib
import json
import os
import secrets
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from provisioning._version import __version__

__all__ = ["LIMIT", "SETTLED", "ManifestIndex"]

LIMIT = 4 * 1024 * 1024
"""The largest index that is read or written, in bytes: room for some 8,000 manifests."""
SETTLED = 2_000_000_000
"""How long before it was read a file must have been left alone, in nanoseconds: the coarsest clock of a file system."""

_FORMAT = 1
_Stamp = list[int]
_Entries = dict[str, Any]


class ManifestIndex:
    """The index of one discovery: `folder` is where it is kept, `clock` tells nanoseconds since the epoch.

    What reads a manifest depends on stands in the file's name, so other versions have files of their own.
    """

    def __init__(self, folder: Path, clock: Callable[[], int] = time.time_ns) -> None:
        self.path = folder / f"manifests-{_FORMAT}-{__version__}-{sys.implementation.cache_tag}.json"
        self._begun = clock()
        self._entries = _read(self.path)
        self._stamps: dict[str, _Stamp] = {}
        self._used: _Entries = {}
        self._new: _Entries = {}

    def recall(self, manifest: Path) -> dict[str, Any] | None:
        """Return what a manifest says, when it is known and has not changed; else None, and it has to be read."""
        name = os.path.abspath(manifest)  # noqa: PTH100 - `Path.absolute` keeps the dots
        stamp = _stamp(name)
        if stamp is None:
            return None
        self._stamps[name] = stamp
        match entry := self._entries.get(name):
            case [known, dict(data)] if known == stamp:
                self._used[name] = entry
                return data
        return None

    def keep(self, manifest: Path, data: Mapping[str, Any]) -> None:
        """Remember what was read of a manifest after `recall` did not know it."""
        name = os.path.abspath(manifest)  # noqa: PTH100
        stamp = self._stamps.get(name)
        if stamp is not None and stamp == _stamp(name) and max(stamp[:2]) + SETTLED < self._begun:
            self._new[name] = [stamp, data]

    def save(self) -> None:
        """Write what is new; what other workspaces have in the index stays, as long as there is room."""
        if not self._new:
            return
        there = _read(self.path)
        wanted = self._used | self._new
        wanted |= {name: entry for name, entry in there.items() if name not in wanted}
        fitting = dict(_fitting(wanted))
        if list(fitting) != list(there) or fitting != there:
            with suppress(OSError, ValueError):
                _write(self.path, fitting)


def _stamp(name: str) -> _Stamp | None:
    try:
        found = os.stat(name)  # noqa: PTH116 - this is the path that is taken a thousand times
    except (OSError, ValueError):
        return None
    return [found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev]


def _fitting(entries: _Entries) -> Iterator[tuple[str, Any]]:
    room = LIMIT - 100  # for the digest and the brackets
    for name, entry in entries.items():
        size = len(_encoded({name: entry}))
        if size <= room:
            room -= size
            yield name, entry


def _encoded(entries: _Entries) -> bytes:
    return json.dumps(entries, separators=(",", ":")).encode("ascii")


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode("ascii")


def _read(path: Path) -> _Entries:
    try:
        content = _read_bytes(path)
        digest, _, body = content.partition(b"\n")
        entries = json.loads(body) if len(content) <= LIMIT and digest == _digest(body) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return entries if isinstance(entries, dict) else {}


def _read_bytes(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not _is_ours(os.fstat(descriptor)):
            return b""
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            return stream.read(LIMIT + 1)
    finally:
        os.close(descriptor)


def _is_ours(found: os.stat_result) -> bool:
    """Whether nobody else can have written a file."""
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _write(path: Path, entries: _Entries) -> None:
    body = _encoded(entries)
    for folder in (path.parent.parent, path.parent):  # a home that is not there is not made
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(_digest(body) + b"\n" + body)
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
