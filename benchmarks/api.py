"""What the API holds: 200 submissions a second for 30 s while 1,000 followers watch a run, beside a bare route."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.runs import NOOP

__all__ = ["api"]

RATE, SECONDS, FOLLOWERS = 200, 30, 1000
ONE = {"name": "one", "operations": [{"id": "a", "kind": "noop"}]}
PATH = "/workflows/submit"


def api() -> None:
    """Print what was held by a bare FastAPI route and by the API, and what was lost of it."""
    print(f"{RATE} submissions a second for {SECONDS} s; ours with {FOLLOWERS} followers of one run")
    print(f"{'':<8} {'held/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms each':>12} {'peak MiB':>9} {'lost':>5}")
    with tempfile.TemporaryDirectory() as folder:
        with _server(folder, "-m", "benchmarks.api_floor") as (url, process):
            floor = _load(url, 0, "")
            floor_cpu = _print("floor", floor, process.pid, 0)
        with _server(
            folder, "-m", "provisioning", "serve", "--port", "0", "--rate", "0", "--extension-path", str(NOOP)
        ) as (url, process):
            _ask(url, PATH, _watched())
            found = _load(url, FOLLOWERS, "/workflows/watched/events")
            ended = time.perf_counter()
            lost = _lost(url)
            drained = time.perf_counter() - ended
            cpu = _print("ours", found, process.pid, lost)
            _print_followers(url, found["followed"])
    print(f"CPU ours/floor {cpu / floor_cpu:.1f}, each run driven to its end included")
    print(f"the last run ended {drained:.1f} s after the last submission")


def _watched() -> dict[str, Any]:
    """Return a run that something happens in all the time."""
    names = [f"step-{number}" for number in range(SECONDS + 5)]
    operations = [{"id": name, "kind": "command", "parameters": {"command": ["sleep", "1"]}} for name in names]
    needs = {name: [needed] for needed, name in pairwise(names)}
    return {"workflow_id": "watched", "name": "watched", "operations": operations, "dependencies": needs}


@contextmanager
def _server(folder: str, *words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start a server that says its address on the first line of stderr; its log goes into a file."""
    with (Path(folder) / "log").open("w+", encoding="utf-8") as log:
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        process = subprocess.Popen([sys.executable, *words], cwd=folder, stderr=log, env=environ, text=True)
        try:
            while not (line := (Path(folder) / "log").read_text(encoding="utf-8").partition("\n")[0]):
                time.sleep(0.05)
            yield line.split()[-1], process
        finally:
            process.kill()
            process.wait()


def _load(url: str, followers: int, followed: str) -> dict[str, Any]:
    parts = urlsplit(url)
    bodies = [json.dumps({**ONE, "workflow_id": f"load-{number}"}) for number in range(RATE * SECONDS)]
    orders = {"host": parts.hostname, "port": parts.port, "path": PATH, "bodies": bodies, "rate": RATE}
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps({**orders, "followers": followers, "followed": followed}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    loaded: dict[str, Any] = json.loads(found.stdout)
    return loaded


def _lost(url: str) -> int:
    """Wait until no run is driven any more; return how many of the submissions have not succeeded, or not once."""
    succeeded = 0
    end = time.monotonic() + 300
    while time.monotonic() < end:
        figures = dict(line.rsplit(" ", 1) for line in _text(url, "/metrics").splitlines() if not line.startswith("#"))
        succeeded = int(figures['provisioning_runs{state="succeeded"}'])
        if succeeded == RATE * SECONDS + 1:
            return 0
        time.sleep(0.5)
    return RATE * SECONDS + 1 - succeeded


def _print(name: str, found: Mapping[str, Any], pid: int, lost: int) -> float:
    latencies = sorted(found["latencies"])
    p50, p99 = statistics.median(latencies) * 1e3, latencies[int(len(latencies) * 0.99)] * 1e3
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1e3 / len(latencies)
    peak = int(Path(f"/proc/{pid}/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    held = len(latencies) / found["took"]
    print(
        f"{name:<8} {held:>8.1f} {p50:>8.1f} {p99:>8.1f} {cpu:>12.2f} {peak:>9.1f} {lost + found['refused']:>5}",
        flush=True,
    )
    return cpu


def _print_followers(url: str, followed: list[list[int]]) -> None:
    wanted = [event["sequence"] for event in json.loads(_text(url, "/workflows/watched/logs"))["data"]]
    whole = sum(found == wanted for found in followed)
    print(f"followers that were told each of {len(wanted)} events once, in order: {whole} of {len(followed)}")


def _ask(url: str, path: str, body: Mapping[str, Any]) -> None:
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()


def _text(url: str, path: str) -> str:
    with urllib.request.urlopen(url + path) as answer:
        text: str = answer.read().decode()
        return text
