"""Which extension comes before which: by what they say under `after` and `requires`, else by name."""

from collections.abc import Iterable, Sequence

from packaging.requirements import Requirement

from provisioning.extensions.record import ExtensionRecord
from provisioning.graph import Graph

__all__ = ["in_order", "order_graph"]


def order_graph(records: Iterable[ExtensionRecord]) -> Graph:
    """Return the graph of those that can be used, each needing what it comes after; what is not there is left out."""
    ready = _ready(records)
    edges = {name: [before for before in _before(record) if before in ready] for name, record in ready.items()}
    return Graph(sorted(ready), edges)


def in_order(records: Iterable[ExtensionRecord]) -> Sequence[ExtensionRecord]:
    """Return those that can be used, each after what it comes after."""
    ready = _ready(records)
    return [ready[name] for name in order_graph(ready.values()).order()]


def _ready(records: Iterable[ExtensionRecord]) -> dict[str, ExtensionRecord]:
    return {record.name: record for record in records if record.is_ready}


def _before(record: ExtensionRecord) -> Sequence[str]:
    manifest = record.manifest
    return [*manifest.extension.after, *(Requirement(one).name for one in manifest.compatibility.requires)]
