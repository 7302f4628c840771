"""What of a run is still to be taken up, in the order in which it may begin."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from provisioning.contract import OperationRecord, OperationState
from provisioning.graph import Frontier
from provisioning.workflow.limits import Limits
from provisioning.workflow.plan import Plan

__all__ = ["Backlog"]

_ENDED = (OperationState.SUCCEEDED, OperationState.SKIPPED)


class Backlog:
    """Hands out operations whose needs are done, as far as the limits go.

    `begun` are the records that an earlier process left. `position` is the highest that any of them has, and
    `succeeded` how many of them have succeeded.
    """

    def __init__(self, plan: Plan, limits: Limits, begun: Iterable[OperationRecord] = ()) -> None:
        self._plan = plan
        self._limits = limits
        self.position = self.succeeded = 0
        self._begun: dict[str, OperationRecord] = {}
        self._blocked: dict[str, int] = {}
        self._frontier = Frontier(plan.graph, self._ended(begun))

    def _ended(self, begun: Iterable[OperationRecord]) -> list[str]:
        ended = []
        for record in begun:
            if record.position <= len(self._plan.nodes):
                self.position = max(self.position, record.position)
            if record.state in _ENDED:
                ended.append(record.operation_id)
                self.succeeded += record.state is OperationState.SUCCEEDED
            elif record.state is OperationState.BLOCKED:
                self._blocked[record.operation_id] = record.position
            else:
                self._begun[record.operation_id] = record
        return ended

    @property
    def remaining(self) -> int:
        """How many operations have neither ended nor been blocked; those under way count."""
        return self._frontier.remaining

    @property
    def has_more(self) -> bool:
        """Whether something could be taken up, now or when its provider has room."""
        return self._frontier.has_ready or self._limits.in_line > 0

    def taken(self, is_full: Callable[[], bool]) -> Iterator[tuple[str, OperationRecord | None]]:
        """Yield operations to take up, with the record of those that had begun, until `is_full`.

        What waited for its provider comes first. Each is counted in the limits when it is yielded.
        """
        for operation_id in self._limits.next_in_line():
            yield operation_id, self._begun.pop(operation_id, None)
        while self._frontier.has_ready and self._limits.free > 0 and not is_full():
            for operation_id in self._frontier.take(self._limits.free):
                if self._limits.enter(operation_id, self._provider_of(operation_id)):
                    yield operation_id, self._begun.pop(operation_id, None)

    def _provider_of(self, operation_id: str) -> str | None:
        record = self._begun.get(operation_id)
        return self._plan.nodes[operation_id].locations[0].provider if record is None else record.provider

    def moves(self, record: OperationRecord, provider: str | None) -> bool:
        """Let an operation go from its provider to another one; False when it has to wait in line there first."""
        self._limits.leave(record.provider)
        record.provider = provider
        if self._limits.enter(record.operation_id, provider):
            return True
        self._begun[record.operation_id] = record
        return False

    def done(self, operation_id: str) -> None:
        """Note that an operation has succeeded, or is skipped: what needs it may begin."""
        self._frontier.done(operation_id)

    def block(self, operation_id: str) -> list[str]:
        """Note that an operation has failed; return those that can never begin because of it."""
        return self._frontier.block(operation_id)

    def old_position(self, operation_id: str) -> int:
        """Return the position that an operation got when it was blocked; 0 when it was not."""
        return self._blocked.pop(operation_id, 0)

    @cached_property
    def places_of_blocked(self) -> Mapping[str, int]:
        """The positions of blocked operations, which they keep when they run after all.

        They stand behind all others, of which each takes the next position when it is first written, and in an order
        in which they can run: what they need may begin after they were blocked, and is to be undone after them.
        """
        return {name: place for place, name in enumerate(self._plan.graph.order(), start=len(self._plan.nodes) + 1)}
