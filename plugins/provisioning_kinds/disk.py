"""The border to the disk: files read and written as a whole, and what the system says when it refuses."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from provisioning.contract import Operation
from provisioning.errors import OperationFailed

__all__ = ["Found", "find", "remove", "translated", "write"]


@contextmanager
def translated(operation: Operation, doing: str) -> Iterator[None]:
    """Turn an `OSError` into `OperationFailed`; `doing` says what was tried ("write /etc/motd")."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OperationFailed(
            f"operation {operation.id} cannot {doing}: {reason}",
            workflow_id=operation.workflow_id,
            hint="see that the folder exists, that you may write there, and that the disk has room",
        ) from error


@dataclass(frozen=True, slots=True)
class Found:
    """What is at a path: the file meant (links followed), and its permissions, None when there is no file."""

    path: Path
    mode: int | None

    @property
    def exists(self) -> bool:
        """Whether there is a file."""
        return self.mode is not None


def find(path: Path, operation: Operation) -> Found:
    """Look what is at `path`; raise `OperationFailed` for what is no regular file and cannot be written as one."""
    with translated(operation, f"use {path}"):
        try:
            status = path.stat()
        except FileNotFoundError:
            return Found(Path(os.path.realpath(path)), None)
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        message = f"operation {operation.id} cannot use {path}: it is {what}"
        raise OperationFailed(message, workflow_id=operation.workflow_id, hint="give the path of a file")
    return Found(Path(os.path.realpath(path)), stat.S_IMODE(status.st_mode))


def write(path: Path, content: bytes, mode: int | None, owner: str) -> None:
    """Replace a file as a whole, durably: a crash leaves the old content or the new, never a part.

    `mode` None keeps the permissions of a file that is there. The file's owner is kept where we may give files away.
    `owner` names whose work this is: what a crash leaves of it is cleared away by the next try.
    """
    before = path.stat() if path.exists() else None
    if mode is None and before is not None:
        mode = stat.S_IMODE(before.st_mode)
    draft = path.with_name(f".provisioning-{sha256(owner.encode()).hexdigest()[:16]}.draft")
    draft.unlink(missing_ok=True)
    try:
        descriptor = os.open(
            draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666 if mode is None else 0o600
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if before is not None:
                with suppress(PermissionError):
                    os.fchown(descriptor, before.st_uid, before.st_gid)
            if mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def remove(path: Path) -> None:
    """Delete a file durably; one that is gone is fine."""
    with suppress(FileNotFoundError, NotADirectoryError):
        path.unlink()
        _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
