"""What starting costs: `--version` and `--help` beside a bare `import click`, and a listing beside one of nothing."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.shelf import put_packages

__all__ = ["listing", "startup"]

INSTALLED = 100


def _seconds(*words: str, **environ: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True, env={**os.environ, **environ})
    return time.perf_counter() - start


def startup(rounds: int) -> None:
    """Print each command's time as a multiple of the floor's, measured in turns."""
    print(f"{'command':<28} {'floor ms':>9} {'ours ms':>9} {'ours/floor':>11}   (median of {rounds} pairs)")
    for option in ("--version", "--help"):
        pairs = [(_seconds("-c", "import click"), _seconds("-m", "provisioning", option)) for _ in range(rounds)]
        _print(f"provisioning {option}", pairs)


def listing(rounds: int) -> None:
    """Print what `extension list` costs with extensions installed, as a multiple of what it costs without, in turns.

    Cold, the index has to be filled first; warm, it has been filled by a listing before.
    """
    print(f"{'extension list':<28} {'none ms':>9} {'ours ms':>9} {'ours/none':>11}   (median of {rounds} pairs)")
    with tempfile.TemporaryDirectory() as folder:
        site, workspace, cache = (Path(folder) / name for name in ("site", "workspace", "cache"))
        workspace.mkdir()
        put_packages(site, INSTALLED)
        line = ("-m", "provisioning", "extension", "list", "--workspace", str(workspace))
        without = {"XDG_CACHE_HOME": str(cache)}
        installed = {**without, "PYTHONPATH": str(site)}
        time.sleep(2.5)  # a manifest that has just been written is not kept
        rows = [_listings(line, without, installed, cache) for _ in range(rounds)]
    for place, title in enumerate(("cold", "warm"), start=1):
        _print(f"{INSTALLED} installed, {title}", [(row[0], row[place]) for row in rows])


def _listings(
    line: Sequence[str], without: Mapping[str, str], installed: Mapping[str, str], cache: Path
) -> tuple[float, float, float]:
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir()
    cold = _seconds(*line, **installed)
    return _seconds(*line, **without), cold, _seconds(*line, **installed)


def _print(title: str, pairs: Sequence[tuple[float, float]]) -> None:
    ratio = statistics.median(ours / floor for floor, ours in pairs)
    floor, ours = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
    print(f"{title:<28} {floor:>9.1f} {ours:>9.1f} {ratio:>11.2f}", flush=True)
