"""What a long run costs to go on with and to look at: half of 100,000 operations done, then a new process."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.graphs import flat
from benchmarks.runs import NOOP, PARALLELISM
from provisioning.app import App
from provisioning.contract import OperationState

__all__ = ["resume"]

SIZE = 100_000
ID = "long"
ROUNDS = 5


def resume() -> None:
    """Print planning beside resuming, and start-up beside what looks at the run, each in processes of its own."""
    with tempfile.TemporaryDirectory() as long, tempfile.TemporaryDirectory() as empty:
        _do_half(Path(long))
        pairs = [json.loads(_run("-m", "benchmarks.resume", long)) for _ in range(ROUNDS)]
        _report("resume, to its first call", "planning", pairs)
        for words in (("status", ID), ("logs", ID)):
            floors_and_ours = [(_list(empty), _look(long, *words)) for _ in range(ROUNDS)]
            _report(f"workflow {words[0]}", "workflow list, empty", floors_and_ours)


def _report(name: str, floor_name: str, pairs: list[tuple[float, float]]) -> None:
    ratio = statistics.median(ours / floor for floor, ours in pairs)
    floor, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    title = f"{name} / {floor_name}"
    print(f"{title:<48} {floor:>7.2f} s {ours:>7.2f} s {ratio:>6.2f}   (median of {len(pairs)} pairs)", flush=True)


def _do_half(folder: Path) -> None:
    names, _ = flat(SIZE)
    document = {
        "name": "long",
        "operations": [{"id": name, "kind": "noop"} for name in names],
        "configuration": {"parallelism": PARALLELISM},
    }
    with App.open(folder, extension_paths=[NOOP]) as app:
        run = app.start(document, workflow_id=ID)
        while app.journal.count_operations(ID).get(OperationState.SUCCEEDED, 0) < SIZE // 2:
            time.sleep(0.02)
        run.interrupt()
        run.wait()


def _measure(folder: Path) -> tuple[float, float]:
    """Return the seconds that planning the run takes, and resuming it until its first call is under way."""
    with App.open(folder, extension_paths=[NOOP]) as app:
        app.run_plan(ID)  # what is imported for it is not counted
        begin = time.perf_counter()
        app.run_plan(ID)
        planned = time.perf_counter()
        run = app.resume(ID)
        next(event for event in run.events() if event.kind == "OperationStarted")
        resumed = time.perf_counter()
        run.interrupt()
        run.wait()
    return planned - begin, resumed - planned


def _run(*words: str) -> str:
    return subprocess.run([sys.executable, *words], check=True, capture_output=True, text=True).stdout


def _timed(*words: str) -> float:
    begin = time.perf_counter()
    _run("-m", "provisioning", *words)
    return time.perf_counter() - begin


def _list(folder: str) -> float:
    return _timed("workflow", "list", "--workspace", folder)


def _look(folder: str, *words: str) -> float:
    return _timed("workflow", *words, "--workspace", folder)


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]))))
