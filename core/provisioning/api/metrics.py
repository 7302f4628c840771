"""The figures of a server in the text format of Prometheus, counted when they are asked for."""

from collections.abc import Iterator, Mapping
from typing import Any

from provisioning._version import __version__
from provisioning.api.driving import Driving
from provisioning.api.feed import Feed
from provisioning.app import App

__all__ = ["exposition"]


def exposition(app: App, driving: Driving, feed: Feed) -> str:
    """Return all figures: https://prometheus.io/docs/instrumenting/exposition_formats/."""
    driven, waiting = driving.counts
    lines = [
        *_figure("info", "gauge", "The version that runs.", {f'{{version="{__version__}"}}': 1}),
        *_figure(
            "runs",
            "gauge",
            "Runs in the journal by state.",
            {f'{{state="{state}"}}': count for state, count in app.journal.count_runs().items()},
        ),
        *_figure("runs_driven", "gauge", "Runs that this server drives now.", {"": driven}),
        *_figure("runs_waiting", "gauge", "Runs that wait for their turn here.", {"": waiting}),
        *_figure("followers", "gauge", "Streams of events that wait for more.", {"": feed.followers}),
        *_figure("events_total", "counter", "Events in the journal so far.", {"": app.journal.last_sequence()}),
        *(_of_the_fleet(app.workers.status()) if app.workers else ()),
    ]
    return "".join(lines)


def _of_the_fleet(status: Mapping[str, Any]) -> Iterator[str]:
    """Yield the figures of workers and of what waits for them, by pool."""
    pools = sorted({pool for worker in status["workers"] for pool in worker["pools"]})
    served = {pool: [worker for worker in status["workers"] if pool in worker["pools"]] for pool in pools}
    yield from _figure(
        "workers", "gauge", "Workers that serve a pool.", {_of(pool): len(served[pool]) for pool in pools}
    )
    yield from _figure(
        "workers_capacity",
        "gauge",
        "Operations that the workers of a pool carry out at once.",
        {_of(pool): sum(worker["concurrency"] for worker in served[pool]) for pool in pools},
    )
    meanings = (
        ("waiting", "orders_waiting", "Orders that wait for a worker.", sum),
        ("running", "orders_running", "Orders that a worker carries out.", sum),
        ("oldest", "orders_oldest_seconds", "How long the oldest order has waited.", max),
    )
    queued = sorted({queue["pool"] for queue in status["queues"]})
    for key, name, meaning, together in meanings:
        values = {
            _of(pool): together(queue[key] for queue in status["queues"] if queue["pool"] == pool) for pool in queued
        }
        yield from _figure(name, "gauge", meaning, values or {_of("default"): 0})
    driven = sum(lease["driven_by"] is not None for lease in status["leases"])
    yield from _figure("leases", "gauge", "Active runs that somebody drives.", {"": driven})


def _of(pool: str) -> str:
    return f'{{pool="{pool}"}}'


def _figure(name: str, kind: str, meaning: str, values: Mapping[str, float]) -> Iterator[str]:
    yield f"# HELP provisioning_{name} {meaning}\n"
    yield f"# TYPE provisioning_{name} {kind}\n"
    for labels, value in values.items():
        yield f"provisioning_{name}{labels} {value}\n"
