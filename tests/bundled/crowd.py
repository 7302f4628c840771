"""Processes that do one thing at once, each with the one module of an extension that it needs, so quick to start."""

import importlib.util
import logging
import threading
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

EXTENSIONS = Path(__file__).parents[2] / "extensions"


def _module(name: str, inner: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(inner, EXTENSIONS / name / f"{inner}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_many(path: Path, mark: str) -> None:
    """Write 150 long lines into an audit file, from three threads."""
    file = _module("audit-log", "audit_file").AuditFile(path, logging.getLogger("crowd"))
    threads = [threading.Thread(target=_write_some, args=(file, f"{mark}{number}")) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _write_some(file: Any, mark: str) -> None:
    for number in range(50):
        file.add(lambda: {"mark": mark, "number": number, "filling": mark * 3000})  # noqa: B023 - called at once


def admit_many(folder: Path, mark: str) -> int:
    """Ask for 50 servers of one run that may have 10, and return how many were admitted."""
    tally = _module("policy-guard", "tally").Tally(folder)
    return sum(tally.admit("wf", f"{mark}{number}", 10) for number in range(50))


def at_once(do: Any, place: Path) -> list[Any]:
    """Do it in three processes, and return what each returned."""
    with get_context("spawn").Pool(3) as pool:
        return pool.starmap(do, [(place, mark) for mark in "xyz"])
