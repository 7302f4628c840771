"""A lock on a file, which the kernel lets go of when its holder dies, however it dies."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["FileLock", "is_locked", "try_lock"]


class FileLock:
    """A held lock; let go of at the end of the `with` block."""

    __slots__ = ("descriptor", "path")

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    @property
    def is_current(self) -> bool:
        """Whether the locked file is still the one at its path, and not one that was moved away or removed."""
        mine = os.fstat(self.descriptor)
        try:
            there = self.path.stat()
        except OSError:
            return False
        return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)

    def release(self) -> None:
        """Let go, also on behalf of a process that was forked meanwhile and inherited the descriptor."""
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)
        os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def try_lock(path: Path) -> FileLock | None:
    """Lock the file at `path`, made where it is missing; None when somebody else holds it.

    Raises `FileNotFoundError` when its directory is not there.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        lock = FileLock(path, descriptor)
        if lock.is_current:
            return lock
        lock.release()  # the directory was moved away between the two calls


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock now. Asking takes it for a moment, so who wants it tries more than once."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
