"""The audit log's file: whole lines, added at its end by as many threads and processes as there are.

Each line is one `write` on a descriptor opened with `O_APPEND`, which the kernel puts at the end as a whole. The file
is opened for each line, so that it may be moved away at any time, by logrotate for one.
"""

import errno
import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["AuditFile", "path_of"]

# a FIFO that nobody reads must not hold a run up
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK


def path_of(options: Mapping[str, Any], directory: Path) -> Path:
    """Return where the options put the log; `directory` is the workspace."""
    return directory / Path(options["file"]).expanduser()


class AuditFile:
    """One file, created with mode 0600 where it is missing, and its folder too.

    A line that cannot be written is counted and changes nothing else: the first loss is logged, and the next line that
    can be written follows one of type `gap` that says how many are missing.
    """

    def __init__(self, path: Path, logger: logging.Logger, *, fsync: bool = False) -> None:
        self.path = path
        self._logger = logger
        self._fsync = fsync
        self._lock = threading.Lock()
        self._lost = 0
        self._was_told = False
        self._is_torn = False

    @property
    def lost(self) -> int:
        """How many lines could not be written since the last one that could."""
        return self._lost

    def add(self, make: Callable[[], Mapping[str, Any]]) -> None:
        """Write the line that `make` returns. Never raises, whatever `make` does."""
        with self._lock:
            try:
                line = make()
                text = json.dumps(line, separators=(",", ":"), default=str)
                if self._lost:
                    gap = {"type": "gap", "at": line.get("at"), "lost": self._lost}
                    text = f"{json.dumps(gap, separators=(',', ':'))}\n{text}"
                self._append(text)
            except Exception as error:  # noqa: BLE001 - what cannot be audited still has its own outcome
                self._lose(error)
            else:
                self._lost = 0

    def _append(self, text: str) -> None:
        data = f"\n{text}\n".encode() if self._is_torn else f"{text}\n".encode()
        file = self._open()
        try:
            written = os.write(file, data)
            self._is_torn = self._is_torn if not written else written < len(data)
            if written < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if self._fsync:
                os.fsync(file)
        finally:
            os.close(file)

    def _open(self) -> int:
        try:
            return os.open(self.path, _FLAGS, 0o600)
        except FileNotFoundError:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self.path, _FLAGS, 0o600)

    def _lose(self, error: Exception) -> None:
        self._lost += 1
        if not self._was_told:
            self._was_told = True
            why = getattr(error, "strerror", None) or type(error).__name__
            self._logger.warning(
                "the audit log %s cannot be written (%s); operations go on, further losses are counted and not shown",
                self.path,
                why,
            )
