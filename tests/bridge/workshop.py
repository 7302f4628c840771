"""Makes programs: a few lines of Python each, run as a stranger's program would be."""

import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from provisioning.bridge import Description, Mode, Program, ProgramProvider, make_provider
from provisioning.contract import Capability

__all__ = ["Workshop", "described", "is_gone", "is_running", "when"]

PATIENCE = 20.0

PRELUDE = """
import json, os, signal, subprocess, sys, time

def say(document):
    print(json.dumps(document), flush=True)

def answer(request, *resources, **metadata):
    result = {"operation": request["operation"], "resources": list(resources), "metadata": metadata}
    return {"id": request["id"], "status": "success", "result": result}

def failure(request, code, message, **more):
    return {"id": request["id"], "status": "error", "error": {"code": code, "message": message, **more}}

def server(name, **more):
    return {"id": name, "name": name, "state": "running", **more}

def requests():
    for line in sys.stdin:
        yield json.loads(line)
"""
"""What every program of a test begins with."""

ONCE = "request = json.loads(sys.stdin.readline())\n"
"""How one begins that has a process for each request."""


def described(*hooks: str, **more: Any) -> Description:
    """Return a description with these hooks."""
    return Description(protocols=[1], hooks=list(hooks), **more)


@dataclass
class Workshop:
    """Writes programs into `folder`."""

    folder: Path

    def program(self, code: str, mode: Mode = Mode.CALL, **more: Any) -> Program:
        """Return a program of the extension `box`; in mode `call` the code finds its `request` read."""
        self.folder.mkdir(exist_ok=True)
        begin = ONCE if mode is Mode.CALL else ""
        (self.folder / "program.py").write_text(PRELUDE + begin + dedent(code))
        return Program("box", (sys.executable, "program.py"), self.folder, mode, **{"timeout": 30.0, **more})

    def provider(
        self, code: str, mode: Mode = Mode.CALL, config: Mapping[str, Any] | None = None, **more: Any
    ) -> ProgramProvider:
        """Return the provider instance `one`, with every capability."""
        program = self.program(code, mode, **more)
        return make_provider(program, described(), list(Capability), "one", config or {})


def is_running(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):  # it may end while one reads
        return False


def is_gone(pid: int) -> bool:
    """Whether a process has ended, or does so within a while: a signal is not carried out at once."""
    last = time.monotonic() + PATIENCE
    while is_running(pid) and time.monotonic() < last:
        time.sleep(0.01)
    return not is_running(pid)


def when(is_so: Callable[[], bool], act: Callable[[], object]) -> None:
    """Act in another thread as soon as something is so."""

    def wait() -> None:
        last = time.monotonic() + PATIENCE
        while not is_so() and time.monotonic() < last:
            time.sleep(0.01)
        act()

    threading.Thread(target=wait, daemon=True).start()
