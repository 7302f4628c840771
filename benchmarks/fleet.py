"""What an operation costs when workers carry it out, beside bare Procrastinate doing the same on the same server."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from procrastinate import App as Queue
from procrastinate import PsycopgConnector
from procrastinate.types import JSONDict

from provisioning.app import App
from provisioning.contract import EventKind
from tests.postgres import Server, running_server

__all__ = ["fleet"]

NOOP = Path(__file__).parent / "noop"
ROOT = Path(__file__).parents[1]
CONCURRENCY = 10
"""How many operations one worker carries out at once."""

WORKERS = (1, 2, 4)


def queue_of(url: str) -> Queue:
    """Return a bare queue with one task, which sleeps."""
    queue = Queue(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4))

    def nap(seconds: float) -> None:
        time.sleep(seconds)

    queue.task(name="nap")(nap)
    return queue


async def _work(url: str) -> None:
    """Be a bare worker, as ours is one: sync tasks in threads, finished jobs deleted."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(CONCURRENCY))
    queue = queue_of(url)
    async with queue.open_async():
        await queue.run_worker_async(concurrency=CONCURRENCY, delete_jobs="always", install_signal_handlers=True)


async def _defer(url: str, count: int, seconds: float) -> None:
    queue = queue_of(url)
    async with queue.open_async():
        wanted: list[JSONDict] = [{"seconds": seconds}] * count
        await queue.tasks["nap"].configure().batch_defer_async(*wanted)


@contextmanager
def processes(commands: Sequence[Sequence[str]], cwd: Path, environ: dict[str, str]) -> Iterator[None]:
    """Keep processes running."""
    running = [
        subprocess.Popen(words, cwd=cwd, env={**os.environ, **environ}, stderr=subprocess.DEVNULL) for words in commands
    ]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def bare(server: Server, workers: int, count: int, seconds: float) -> float:
    """Return the seconds that bare Procrastinate takes for so many jobs, from deferring them until all are gone."""
    schema = server.new_url().partition("schema=")[2]
    url = f"{server.url}?options=-c%20search_path%3D{schema}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
        connection.execute(f"SET search_path TO {schema}".encode())
        connection.execute(_schema())
        command = [sys.executable, "-m", "benchmarks.fleet", "worker", url]
        with processes([command] * workers, ROOT, {}):
            _await(connection, "SELECT count(*) FROM procrastinate_workers", workers)
            asyncio.run(_defer(url, CONCURRENCY * workers, 0.0))
            _await(connection, "SELECT count(*) FROM procrastinate_jobs", 0)
            start = time.perf_counter()
            asyncio.run(_defer(url, count, seconds))
            _await(connection, "SELECT count(*) FROM procrastinate_jobs", 0)
            return time.perf_counter() - start


def _schema() -> bytes:
    from procrastinate.schema import SchemaManager

    return SchemaManager.get_schema().encode()


def _await(connection: "psycopg.Connection[tuple[int]]", query: str, wanted: int) -> None:
    while connection.execute(query.encode()).fetchone() != (wanted,):
        time.sleep(0.005)


@contextmanager
def a_fleet(server: Server, workers: int) -> Iterator[App]:
    """Yield an application whose operations run in so many workers, which are there."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = server.new_url()
        settings = f'[store]\nurl = "{url}"\n[engine]\ntype = "workers"\n[extensions]\npaths = ["{NOOP.parent}"]\n'
        (folder / "config.user.toml").write_text(settings.replace(str(NOOP.parent), str(NOOP)))
        environ = {"HOME": str(folder)}
        app = stack.enter_context(App.open(folder, environ={**os.environ, **environ}))
        command = [sys.executable, "-m", "provisioning", "worker", "--concurrency", str(CONCURRENCY)]
        stack.enter_context(processes([command] * workers, folder, environ))
        while len(app.workers.status()["workers"]) < workers:
            time.sleep(0.05)
        run(app, "warm", CONCURRENCY * workers, 0.0, CONCURRENCY * workers)
        yield app


def run(app: App, name: str, count: int, seconds: float, parallelism: int) -> float:
    """Return the seconds that a run of so many operations takes."""
    operation = {"id": "op", "kind": "nap", "for_each": count, "parameters": {"seconds": seconds}}
    configuration = {"parallelism": parallelism}
    start = time.perf_counter()
    report = app.run({"name": name, "operations": [operation], "configuration": configuration}, workflow_id=name)
    took = time.perf_counter() - start
    assert report.counts == {"succeeded": count}, report
    return took


def delays(app: App) -> list[float]:
    """Return how long each of some operations was on its way from being ready until its call began, in seconds."""
    needs = {f"op-{number}": [f"op-{number - 1}"] for number in range(1, 40)}
    operations = [{"id": f"op-{number}", "kind": "nap"} for number in range(40)]
    app.run({"name": "chain", "operations": operations, "dependencies": needs}, workflow_id="chain")
    ready = {e.operation_id: e.at for e in app.events("chain") if e.kind == EventKind.OPERATION_STARTED}
    return [
        float(record.result["begun"]) - ready[record.operation_id]
        for record in app.operations("chain")
        if record.result is not None
    ]


def fleet() -> None:
    """Print operations a second of 1, 2 and 4 workers, with the cost beside bare Procrastinate's, and the delay."""
    print(f"{'operations':<12} {'workers':>7} {'bare/s':>8} {'ours/s':>8} {'ours/bare':>10} {'vs 1 worker':>12}")
    scaling: dict[str, float] = {}
    for title, each, seconds in (("no-op", 2000, 0.0), ("100 ms", 400, 0.1)):
        for workers in WORKERS:
            count = each * (workers if seconds else 1)
            with running_server(is_durable=True) as server:
                floor = bare(server, workers, count, seconds)
                with a_fleet(server, workers) as app:
                    ours = run(app, "measured", count, seconds, CONCURRENCY * workers * 2)
                    if workers == WORKERS[0] and not seconds:
                        waits = delays(app)
            rate = count / ours
            scaling.setdefault(title, rate)
            print(
                f"{title:<12} {workers:>7} {count / floor:>8.0f} {rate:>8.0f} {ours / floor:>10.2f}"
                f" {rate / scaling[title]:>12.2f}",
                flush=True,
            )
    delay = statistics.median(waits) * 1000
    print(f"from ready to started, with idle workers: {delay:.1f} ms in the median of {len(waits)}")


if __name__ == "__main__":
    assert sys.argv[1] == "worker", json.dumps(sys.argv)
    asyncio.run(_work(sys.argv[2]))
