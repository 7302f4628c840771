"""What starting costs: the command's `--version` and `--help` beside a bare `import click`."""

import statistics
import subprocess
import sys
import time

__all__ = ["startup"]


def _seconds(*words: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return time.perf_counter() - start


def startup(rounds: int) -> None:
    """Print each command's time as a multiple of the floor's, measured in turns."""
    print(f"{'command':<28} {'floor ms':>9} {'ours ms':>9} {'ours/floor':>11}   (median of {rounds} pairs)")
    for option in ("--version", "--help"):
        pairs = [(_seconds("-c", "import click"), _seconds("-m", "provisioning", option)) for _ in range(rounds)]
        ratio = statistics.median(ours / floor for floor, ours in pairs)
        floor, ours = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
        print(f"{'provisioning ' + option:<28} {floor:>9.1f} {ours:>9.1f} {ratio:>11.2f}", flush=True)
