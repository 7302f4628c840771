"""The figures of a server in the text format of Prometheus, counted when they are asked for."""

from collections.abc import Iterator

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
    ]
    return "".join(lines)


def _figure(name: str, kind: str, meaning: str, values: dict[str, int]) -> Iterator[str]:
    yield f"# HELP provisioning_{name} {meaning}\n"
    yield f"# TYPE provisioning_{name} {kind}\n"
    for labels, value in values.items():
        yield f"provisioning_{name}{labels} {value}\n"
