"""What is in an extension's folder: its files in a fixed order, the digest of them, and what cannot be copied."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioning.errors import ConfigurationError

__all__ = ["NOT_CONTENT", "check_copyable", "folder_digest"]

NOT_CONTENT = ("__pycache__", ".git")
"""What is in a folder and does not belong to it: what Python and git leave there."""


def folder_digest(folder: Path) -> str:
    """Return a digest over the names and the contents of all files in a folder: `sha256:...`.

    Links are taken as they are written, and not followed. Raises `ConfigurationError` for what cannot be read.
    """
    whole = hashlib.sha256()
    with _reading(folder):
        for path in _entries(folder):
            name = os.fsencode(path.relative_to(folder))
            whole.update(b"%d %s %s\n" % (len(name), name, _content_digest(path)))
    return f"sha256:{whole.hexdigest()}"


def check_copyable(folder: Path) -> None:
    """Raise `ConfigurationError` for a link that leads out of the folder, and for what is neither file nor folder."""
    real = os.path.realpath(folder)
    with _reading(folder):
        for path in _entries(folder):
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                if path.readlink().is_absolute() or not Path(os.path.realpath(path)).is_relative_to(real):
                    why = f"{path} is a link that leads out of {folder}"
                    raise ConfigurationError(why, hint="put the files themselves there")
            elif not stat.S_ISREG(mode):
                raise ConfigurationError(f"{path} is neither a file nor a folder", hint="take it out of the folder")


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = f"{error.filename or folder}: cannot be read: {error.strerror or error}"
        raise ConfigurationError(why, hint="check the permissions") from error


def _entries(folder: Path) -> Iterator[Path]:
    """Yield everything in a folder that is no folder itself, links to folders too, in an order that never changes."""
    for entry in sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name)):
        if entry.name in NOT_CONTENT:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(Path(entry.path))
        else:
            yield Path(entry.path)


def _content_digest(path: Path) -> bytes:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return b"link " + hashlib.sha256(os.fsencode(path.readlink())).hexdigest().encode()
    if not stat.S_ISREG(mode):
        return b"other"  # a pipe would be waited for, for ever
    with path.open("rb") as file:
        return b"file " + hashlib.file_digest(file, "sha256").hexdigest().encode()
