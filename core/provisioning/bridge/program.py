"""A program in another language: what is run, where, and within which bounds."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

__all__ = ["Mode", "Program"]


class Mode(StrEnum):
    """The two ways of running a program."""

    CALL = "call"
    """One process for each request; its standard input ends after it."""
    SERVE = "serve"
    """One process that is kept open, and reads one request a line."""


def _forget(_config: Mapping[str, Any]) -> None:
    """Learn nothing."""


@dataclass(frozen=True, slots=True)
class Program:
    """What an extension's manifest says of a program.

    `command` is a list and never joined into a shell's text; one whose first word holds a slash lies in `folder`, the
    extension's own, which is also the working directory. `environment` names what it may see beyond the allow-list.
    `timeout` is how long it may leave a request without a word, `idle` how long one that is kept open may have nothing
    to do, both in seconds. `redact` takes the secrets of the configuration out of what it writes.
    """

    extension: str
    command: tuple[str, ...]
    folder: Path
    mode: Mode = Mode.CALL
    environment: tuple[str, ...] = ()
    timeout: float = 60.0
    idle: float = 60.0
    is_sandboxed: bool = False
    has_network: bool = False
    learn: Callable[[Mapping[str, Any]], None] = _forget
    redact: Callable[[str], str] = str

    def __str__(self) -> str:
        return f"program `{shlex.join(self.command)}` (extension {self.extension})"
