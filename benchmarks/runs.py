"""What an operation costs: whole runs of no-op operations through the application, beside the floor."""

import gc
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.floor import run_floor
from benchmarks.graphs import SHAPES, Shape, flat
from provisioning.app import App

__all__ = ["growth", "ratios"]

PARALLELISM = 10
NOOP = Path(__file__).parent / "noop"


def run_ours(shape: Shape, folder: Path) -> None:
    """Run a graph of no-op operations: planned, journaled, driven, reported."""
    names, needs = shape
    document = {
        "name": "benchmark",
        "operations": [{"id": name, "kind": "noop"} for name in names],
        "dependencies": needs,
        "configuration": {"parallelism": PARALLELISM},
    }
    with App.open(folder, extension_paths=[NOOP]) as app:
        report = app.run(document, workflow_id="benchmark")
    assert report.counts == {"succeeded": len(names)}, report


def timed(function: Callable[[Path], None]) -> float:
    """Return the seconds that a run takes in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        gc.collect()
        start = time.perf_counter()
        function(Path(folder))
        return time.perf_counter() - start


def ratios(rounds: int) -> None:
    """Print each shape's time as a multiple of the floor's, measured in turns."""
    print(f"{'graph':<22} {'floor us/op':>12} {'ours us/op':>12} {'ours/floor':>11}   (median of {rounds} pairs)")
    for name, make in SHAPES.items():
        shape = make()
        size = len(shape[0])
        pairs = []
        for _ in range(rounds):
            floor = timed(partial(run_floor, *shape, PARALLELISM))
            ours = timed(partial(run_ours, shape))
            pairs.append((floor, ours))
        ratio = statistics.median(ours / floor for floor, ours in pairs)
        floor_us, ours_us = (statistics.median(column) / size * 1e6 for column in zip(*pairs, strict=True))
        print(f"{name:<22} {floor_us:>12.1f} {ours_us:>12.1f} {ratio:>11.2f}", flush=True)


def growth() -> None:
    """Print the cost of an operation in time and memory, from 1,000 to 100,000 of them, each in a fresh process."""
    print(f"{'operations':>10} {'us/op':>8} {'vs 1,000':>9} {'KiB/op':>7}")
    base = 0.0
    for size in (1_000, 10_000, 100_000):
        answer = subprocess.run(
            [sys.executable, "-m", "benchmarks.runs", str(size)], check=True, capture_output=True, text=True
        )
        seconds, kib = map(float, answer.stdout.split())
        cost = seconds / size * 1e6
        base = base or cost
        print(f"{size:>10,} {cost:>8.1f} {cost / base:>9.2f} {kib / size:>7.2f}", flush=True)


def _one(size: int) -> None:
    """Print what one run costs in this process: seconds, and KiB that the peak of memory rose by."""
    timed(lambda folder: run_ours(flat(10), folder))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = timed(lambda folder: run_ours(flat(size), folder))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(seconds, after - before)


if __name__ == "__main__":
    _one(int(sys.argv[1]))
