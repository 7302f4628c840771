"""How many servers a run has been allowed to create, counted on disk so that a resumed run goes on counting.

A run has a file with one line for each operation that was let through. The line is durable before the operation may
run, and it is the operation's id, so one that is tried again is counted once. A line that was cut off counts too:
the tally may be too high after a crash, never too low.
"""

import errno
import fcntl
import hashlib
import json
import os
import threading
from pathlib import Path

__all__ = ["Tally"]


class Tally:
    """The files of all runs, in `folder`; threads and processes may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def admit(self, workflow_id: str, operation_id: str, limit: int) -> bool:
        """Count an operation unless that would make more than `limit` of the run; return whether it is counted.

        Raises `OSError` when the count cannot be kept.
        """
        entry = json.dumps(operation_id).encode()
        with self._lock:
            known = self._known.setdefault(workflow_id, _Known())
            file = self._open(self._path(workflow_id))
            try:
                fcntl.flock(file, fcntl.LOCK_EX)  # closing the file lets go of it
                known.read(file)
                if entry not in known.lines:
                    if len(known.lines) >= limit:
                        return False
                    known.add(file, entry)
                os.fsync(file)
            finally:
                os.close(file)
        return True

    def forget(self, workflow_id: str) -> None:
        """Drop the count of a run that will create no more servers."""
        with self._lock:
            self._known.pop(workflow_id, None)
            self._path(workflow_id).unlink(missing_ok=True)

    def _path(self, workflow_id: str) -> Path:
        return self._folder / f"{hashlib.sha256(workflow_id.encode()).hexdigest()}.servers"

    def _open(self, path: Path) -> int:
        flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
        try:
            return os.open(path, flags)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(path, flags | os.O_CREAT, 0o600)
            _sync_folder(path.parent)
            return file


class _Known:
    """What has been read of one run's file: its different lines, and up to which byte."""

    def __init__(self) -> None:
        self.lines: set[bytes] = set()
        self._end = 0
        self._is_whole = True

    def read(self, file: int) -> None:
        """Read what has been added since the last time."""
        size = os.fstat(file).st_size
        if size > self._end:
            added = os.pread(file, size - self._end, self._end)
            self.lines.update(line for line in added.split(b"\n") if line)
            self._end, self._is_whole = size, added.endswith(b"\n")

    def add(self, file: int, entry: bytes) -> None:
        """Write one more line, on a line of its own whatever stands before it."""
        line = entry + b"\n" if self._is_whole else b"\n" + entry + b"\n"
        if os.write(file, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.read(file)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
