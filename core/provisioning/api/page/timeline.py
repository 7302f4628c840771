"""Who ran when: operations as bars on a common axis, one a row, or so many a row as fit when there are many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from provisioning.contract import OperationRecord

__all__ = ["Bar", "Timeline", "draw_timeline"]

WIDTH = 1000
"""How wide the whole time is; bars are drawn in these units."""

_MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class Bar:
    """One operation: where its bar begins and how wide it is, in thousandths of the whole; times in seconds."""

    operation_id: str
    state: str
    begin: float
    width: float
    started: float
    duration: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Rows of bars; `span` is the whole time in seconds, `parallel` how many operations ran at once, at most."""

    rows: Sequence[Sequence[Bar]]
    span: float
    parallel: int
    is_named: bool


def draw_timeline(records: Iterable[OperationRecord], now: float) -> Timeline:
    """Return the timeline of operations; one that has not ended lasts until `now` (seconds since the epoch)."""
    times = sorted(
        (
            (record.started_at, max(record.started_at, now if record.ended_at is None else record.ended_at), record)
            for record in records
            if record.started_at is not None
        ),
        key=lambda one: (one[0], one[2].position),
    )
    if not times:
        return Timeline((), 0.0, 0, is_named=True)
    begin = times[0][0]
    span = max(max(end for _, end, _ in times) - begin, 0.001)
    lanes = _lanes([(start, end) for start, end, _ in times])
    is_named = len(times) <= _MOST_ROWS
    rows: dict[int, list[Bar]] = {}
    for number, (start, end, record) in enumerate(times):
        left = (start - begin) / span * WIDTH
        bar = Bar(
            operation_id=record.operation_id,
            state=str(record.state),
            begin=round(left, 1),
            width=round(max((end - start) / span * WIDTH, 2.0), 1),
            started=start - begin,
            duration=end - start,
        )
        rows.setdefault(number if is_named else lanes[number], []).append(bar)
    return Timeline([rows[number] for number in sorted(rows)], span, max(lanes) + 1, is_named=is_named)


def _lanes(times: Sequence[tuple[float, float]]) -> list[int]:
    """Return for each stretch of time, the earliest first, the lowest lane in which nothing else goes on."""
    busy: list[tuple[float, int]] = []
    free: list[int] = []
    found = []
    for start, end in times:
        while busy and busy[0][0] <= start:
            heappush(free, heappop(busy)[1])
        lane = heappop(free) if free else len(busy)
        heappush(busy, (end, lane))
        found.append(lane)
    return found
