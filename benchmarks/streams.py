"""What a flood of output costs: a command of ten million lines, journaled as it comes, in time and memory."""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from provisioning.app import App

__all__ = ["streams"]


def streams() -> None:
    """Print what each flood costs, in a process of its own, beside the same lines into a file."""
    print(f"{'lines':>10} {'into a file s':>14} {'journaled s':>12} {'peak MiB':>9} {'over the first':>15}")
    first = 0.0
    for size in (1_000, 1_000_000, 10_000_000):
        start = time.perf_counter()
        with tempfile.TemporaryFile() as file:
            subprocess.run(_command(size), check=True, stdout=file)
        floor = time.perf_counter() - start
        words = [sys.executable, "-m", "benchmarks.streams", str(size)]
        answer = subprocess.run(words, check=True, capture_output=True, text=True)
        seconds, peak = map(float, answer.stdout.split())
        first = first or peak
        print(f"{size:>10,} {floor:>14.2f} {seconds:>12.2f} {peak:>9.1f} {peak - first:>14.1f}M", flush=True)


def _command(size: int) -> list[str]:
    return ["sh", "-c", f"yes a line of output | head -n {size}"]


def _one(size: int) -> None:
    """Print the seconds that one run takes in this process, and its peak of memory in MiB."""
    parameters = {"command": _command(size), "log_lines": size}
    document = {"name": "flood", "operations": [{"id": "flood", "kind": "command", "parameters": parameters}]}
    with tempfile.TemporaryDirectory() as folder, App.open(Path(folder)) as app:
        start = time.perf_counter()
        report = app.run(document, workflow_id="flood")
        assert report.counts == {"succeeded": 1}, report
        told = sum(event.data["text"].count("\n") + 1 for event in app.events("flood") if "text" in event.data)
        assert told == size, told
        print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    _one(int(sys.argv[1]))
