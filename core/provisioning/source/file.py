"""A file's text: read whole, as UTF-8, never more than a limit, and never from anything but a regular file."""

import errno
import os
import stat

from provisioning.errors import ConfigurationError
from provisioning.source.document import Source, parse_source
from provisioning.source.format import Format

__all__ = ["DEFAULT_LIMIT", "read_source", "read_text"]

DEFAULT_LIMIT = 64 * 1024 * 1024
"""The largest document read when nothing else is said, in bytes: room for 100,000 operations."""

_HINTS = {
    errno.ENOENT: "check the path",
    errno.EACCES: "check the permissions of the file and of the folders above it",
}


def read_source(path: str | os.PathLike[str], *, limit: int = DEFAULT_LIMIT, allow_empty: bool = False) -> Source:
    """Read and parse a TOML, YAML or JSON file of at most `limit` bytes; its suffix says which it is.

    `allow_empty` makes a file without any value an empty table instead of an error. Raises ConfigurationError for
    whatever is wrong, with the file and, for a mistake in the text, the line.
    """
    name = os.fspath(path)
    form = Format.of(name)
    return parse_source(read_text(path, limit=limit), form, name, allow_empty=allow_empty)


def read_text(path: str | os.PathLike[str], *, limit: int = DEFAULT_LIMIT) -> str:
    """Return the text of a regular file of at most `limit` bytes, without a byte order mark.

    Raises ConfigurationError when it is missing, a folder, a device or a pipe, unreadable, too large or not UTF-8.
    """
    name = os.fspath(path)
    try:
        content = _read_bytes(name, limit)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    if len(content) > limit:
        raise ConfigurationError(
            f"{name}: is larger than the {_size(limit)} allowed",
            hint="split the document, or check that it is one",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{name}: is not UTF-8 text (byte {error.start} is 0x{content[error.start]:02x})",
            hint="save the file as UTF-8",
        ) from error


def _read_bytes(name: str, limit: int) -> bytes:
    # O_NONBLOCK: opening a pipe that nobody writes to would otherwise wait for ever
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise _not_a_file(name, mode)
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            return stream.read(limit + 1)
    finally:
        os.close(descriptor)


def _not_a_file(name: str, mode: int) -> ConfigurationError:
    if stat.S_ISDIR(mode):
        return ConfigurationError(f"{name}: is a folder, not a file", hint="name the file in it")
    return ConfigurationError(
        f"{name}: is a device or a pipe, not a regular file",
        hint="save the text in a file, or, where a command offers it, give - to read standard input",
    )


def _unreadable(name: str, error: OSError | ValueError) -> ConfigurationError:
    if isinstance(error, FileNotFoundError):
        message = "does not exist"
    elif isinstance(error, PermissionError):
        message = "cannot be read: permission denied"
    elif isinstance(error, OSError):
        message = f"cannot be read: {error.strerror or error}"
    else:
        message = "is not a path that a file can have"
    hint = _HINTS.get(error.errno or 0) if isinstance(error, OSError) else None
    return ConfigurationError(f"{name if name.isprintable() else repr(name)}: {message}", hint=hint)


def _size(limit: int) -> str:
    for unit, name in ((1024 * 1024, "MiB"), (1024, "KiB")):
        if limit >= unit and limit % unit == 0:
            return f"{limit // unit} {name}"
    return f"{limit} bytes"
