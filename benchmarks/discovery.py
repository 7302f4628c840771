"""What finding extensions costs: with an empty index and with a filled one, beside parsing their manifests.

The floor does what nobody can do without: for folders it lists them, for packages it asks the standard library for the
entry points, and then it reads and parses each manifest. It checks nothing. The files are in the system's cache.
"""

import gc
import importlib.metadata
import shutil
import statistics
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.shelf import put_folders, put_packages
from provisioning.extensions import ManifestIndex, Registry

__all__ = ["discovery"]

_SIZES = (10, 100, 1_000)
_GROUP = "provisioning.extensions"


def _floor_folders(place: Path) -> int:
    return sum(1 for folder in sorted(place.iterdir()) if _parsed(folder))


def _floor_packages(site: Path) -> int:
    found = (
        entry.value
        for distribution in importlib.metadata.distributions(path=[str(site)])
        for entry in distribution.entry_points.select(group=_GROUP)
    )
    return sum(1 for package in found if _parsed(site / package))


def _parsed(folder: Path) -> object:
    return tomllib.loads((folder / "extension.toml").read_text(encoding="utf-8"))


def _ours_folders(place: Path, index: ManifestIndex) -> int:
    return len(Registry.discover(project=place, search_path=[], index=index).records)


def _ours_packages(site: Path, index: ManifestIndex) -> int:
    return len(Registry.discover(search_path=[str(site)], index=index).records)


def discovery(rounds: int) -> None:
    """Print what 10, 100 and 1,000 extensions cost, cold and warm, as multiples of the floor measured in turns."""
    print(
        f"{'extensions':<16} {'floor ms':>9} {'cold ms':>9} {'warm ms':>9} {'cold/floor':>11} {'warm/floor':>11}"
        f" {'warm/cold':>10}   (median of {rounds} rounds)"
    )
    for size in _SIZES:
        with _shelf() as place:
            put_folders(place, size)
            _print(
                f"{size:,} folders", rounds, lambda: _floor_folders(place), lambda index: _ours_folders(place, index)
            )
        with _shelf() as site:
            put_packages(site, size)
            _print(
                f"{size:,} packages", rounds, lambda: _floor_packages(site), lambda index: _ours_packages(site, index)
            )


@contextmanager
def _shelf() -> Iterator[Path]:
    """Make a folder from which packages can be imported."""
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        yield Path(folder)
        sys.path.remove(folder)


def _print(title: str, rounds: int, floor: Callable[[], int], ours: Callable[[ManifestIndex], int]) -> None:
    turns = [_turn(floor, ours) for _ in range(rounds)]
    columns = [statistics.median(column) * 1e3 for column in zip(*turns, strict=True)]
    ratios = [(cold / floor, warm / floor, warm / cold) for floor, cold, warm in turns]
    medians = [statistics.median(column) for column in zip(*ratios, strict=True)]
    print(
        f"{title:<16} {columns[0]:>9.1f} {columns[1]:>9.1f} {columns[2]:>9.1f} {medians[0]:>11.2f} {medians[1]:>11.2f}"
        f" {medians[2]:>10.2f}",
        flush=True,
    )


def _turn(floor: Callable[[], int], ours: Callable[[ManifestIndex], int]) -> tuple[float, float, float]:
    """Measure the floor, a discovery that fills an index, and one that finds it filled."""
    cache = Path(tempfile.mkdtemp())
    try:
        count, bare = _timed(floor)
        found, cold = _timed(lambda: ours(ManifestIndex(cache, clock=_later)))
        known, warm = _timed(lambda: ours(ManifestIndex(cache, clock=_later)))
    finally:
        shutil.rmtree(cache)
    assert count == found == known
    return bare, cold, warm


def _timed(function: Callable[[], int]) -> tuple[int, float]:
    gc.collect()
    start = time.perf_counter()
    answer = function()
    return answer, time.perf_counter() - start


def _later() -> int:
    """Tell a time at which the manifests, which have just been written, have settled."""
    return time.time_ns() + 60 * 10**9
