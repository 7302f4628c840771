"""A storm: random graphs, a cloud in a random mood, processes that die anywhere, and a promise that holds."""

import shutil
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from provisioning.contract import EventKind, OperationState, ProviderLimits, RunState
from provisioning.errors import JournalError, RunConflict
from provisioning.testing.cloud import Manners, Mishap
from provisioning.testing.faults import Point, Trap, points
from tests.acceptance.kill.invariants import LABEL, check_end, check_journal, check_results, records
from tests.acceptance.kill.test_points import CALLS, FAULTS, at_cloud
from tests.acceptance.kill.world import ID, Process, World
from tests.workflow.scripted import Killed

MOODS = st.fixed_dictionaries(
    {
        Mishap.REQUEST_LOST: st.sampled_from([0.0, 0.1]),
        Mishap.THROTTLED: st.sampled_from([0.0, 0.1]),
        Mishap.BROKEN: st.sampled_from([0.0, 0.05]),
        Mishap.BROKEN_AFTERWARDS: st.sampled_from([0.0, 0.1]),
        Mishap.REPLY_LOST: st.sampled_from([0.0, 0.15]),
        Mishap.NO_CAPACITY: st.sampled_from([0.0, 0.05]),
        Mishap.STILLBORN: st.sampled_from([0.0, 0.05]),
        Mishap.DELIVERED_TWICE: st.sampled_from([0.0, 0.1]),
    }
)
UNDOING = (OperationState.COMPENSATING, OperationState.COMPENSATED, OperationState.COMPENSATION_FAILED)
ENDS = (EventKind.OPERATION_SUCCEEDED, EventKind.OPERATION_FAILED, EventKind.OPERATION_SKIPPED)
OLD = "as it was\n"


@st.composite
def manners(draw: st.DrawFn) -> Manners:
    """A cloud in some mood. One that knows no tokens cannot bear that a request is delivered twice, so it is not."""
    honours_tokens = draw(st.booleans())
    rates = draw(MOODS)
    if not honours_tokens:
        del rates[Mishap.DELIVERED_TWICE]
    return Manners(
        appears_after=draw(st.sampled_from([0.0, 5.0])),
        readable_after=draw(st.sampled_from([0.0, 0.3])),
        boot_time=draw(st.sampled_from([0.0, 0.5])),
        delete_time=draw(st.sampled_from([0.0, 0.5])),
        honours_tokens=honours_tokens,
        seed=draw(st.integers(0, 10_000)),
        rates=rates,
    )


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Workflows of up to six operations, in which later ones need earlier ones."""
    operations: list[dict[str, Any]] = []
    needs: dict[str, list[str]] = {}
    for index in range(draw(st.integers(1, 6))):
        name, before = f"o{index}", [each["id"] for each in operations]
        servers = [each["id"] for each in operations if each["kind"] == "server_create"]
        kinds = ["server_create", "server_create", "file_write", *(["server_stop"] if servers else [])]
        operations.append(_operation(name, draw(st.sampled_from(kinds)), draw, servers))
        if before:
            needs[name] = sorted(draw(st.sets(st.sampled_from(before), max_size=2)))
    configuration = {
        "parallelism": draw(st.integers(1, 3)),
        "on_failure": draw(st.sampled_from(["rollback", "stop", "continue"])),
    }
    return {"name": "storm", "operations": operations, "dependencies": needs, "configuration": configuration}


def _operation(name: str, kind: str, draw: st.DrawFn, servers: list[str]) -> dict[str, Any]:
    if kind == "server_create":
        return at_cloud(name, kind, name=name)
    if kind == "server_stop":
        return at_cloud(name, kind, server_id=f"{{{{operations.{draw(st.sampled_from(servers))}.result.id}}}}")
    return {"id": name, "kind": kind, "parameters": {"path": f"{name}.txt", "content": "new"}}


class Storm(RuleBasedStateMachine):
    """One run, driven by one process after the other."""

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        self.world: World | None = None
        self.results: dict[str, Mapping[str, Any]] = {}

    @initialize(document=documents(), mood=manners(), most=st.sampled_from([None, 1, 2]))
    def submit(self, document: dict[str, Any], mood: Manners, most: int | None) -> None:
        """Make a world, with files that are there already."""
        for operation in document["operations"][::2]:
            if operation["kind"] == "file_write":
                path = self.folder / operation["parameters"]["path"]
                path.write_text(OLD)
                path.chmod(0o640)
        self.before = self.files()
        self.moods = {mishap for mishap, rate in mood.rates.items() if rate}
        limits = ProviderLimits(timeout=5.0, max_parallel=most, listing_lag=mood.appears_after)
        self.world = World(self.folder, document, mood, limits)
        with self.world.process() as process:
            process.submit()
            self.graph = process.plan().graph

    @rule(
        verb=st.sampled_from(["resume", "resume", "resume", "rollback"]),
        point=st.sampled_from(points()),
        nth=st.integers(1, 8),
        fault=st.sampled_from([*FAULTS, "hang", "lose_reply"]),
    )
    def drive(self, verb: str, point: Point, nth: int, fault: str) -> None:
        """Let a process go on or back, which comes to harm somewhere, if it gets there."""
        if fault in ("hang", "lose_reply") and point.place not in CALLS:
            return
        assert self.world is not None
        process = self.world.process()
        process.trap = Trap(point, getattr(process, fault), nth=nth)
        with suppress(Killed, JournalError, RunConflict), process:
            getattr(process, verb)()

    @rule(seconds=st.sampled_from([1.0, 10.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        assert self.world is not None
        self.world.clock.now += seconds

    @precondition(lambda self: self.world is not None)
    @invariant()
    def the_promise_holds(self) -> None:
        """No operation has two servers, no result is lost, and the journal is sound, whoever has just died."""
        assert self.world is not None
        check_journal(self.world)
        standing = [server for server in self.world.cloud.servers() if not server.state.is_gone]
        owners = Counter(server.labels[LABEL] for server in standing)
        assert [name for name, number in owners.items() if number > 1] == []
        for name, record in records(self.world).items():
            if name in self.results and record.state not in UNDOING:
                assert (record.state, record.result) == (OperationState.SUCCEEDED, self.results[name])
            if record.state is OperationState.SUCCEEDED:
                self.results[name] = record.result or {}

    def teardown(self) -> None:
        """Mend the cloud, and go on to one end and then to the other: nothing is missing, then nothing is left."""
        try:
            if self.world is not None:
                self.finish(self.world)
        finally:
            shutil.rmtree(self.folder)

    def finish(self, world: World) -> None:
        world.cloud.manners = replace(world.cloud.manners, rates={})
        state = self.until(world, RunState.SUCCEEDED, Process.resume)
        self.the_promise_holds()
        check_end(world, state)
        if state is RunState.SUCCEEDED:
            check_results(world)
            assert self.until(world, RunState.ROLLED_BACK, Process.rollback) is RunState.ROLLED_BACK
            check_end(world, RunState.ROLLED_BACK)
        assert self.files() == self.before
        self.check_order(world)
        self.check_limits(world)

    def until(self, world: World, wanted: RunState, verb: Callable[[Process], RunState]) -> RunState:
        """Go on until the run is where it is to be, or rolled back: each try brings it further."""
        for _ in range(4):
            with world.process() as process:
                state = process.journal.get_run(ID).state
                if state is RunState.ROLLED_BACK or state is wanted:
                    return state
                state = process.rollback(*self.moot(world)) if state is RunState.ROLLBACK_FAILED else verb(process)
                if state in (RunState.ROLLED_BACK, wanted):
                    return state
        raise AssertionError(f"four processes, and the run is {state}: {records(world)}")

    def moot(self, world: World) -> list[str]:
        """Return what nobody can undo any more: to start a server again that has been deleted meanwhile."""
        failed = [record for record in records(world).values() if record.state is OperationState.COMPENSATION_FAILED]
        return [each.operation_id for each in failed if each.kind == "server_stop" and each.error.code == "NotFound"]

    def files(self) -> dict[str, tuple[str, int]]:
        """Return the files that a workflow writes, with their permissions."""
        return {path.name: (path.read_text(), stat.S_IMODE(path.stat().st_mode)) for path in self.folder.glob("*.txt")}

    def check_order(self, world: World) -> None:
        """Nothing begins before what it needs is done, and nothing is deleted under something that needs it."""
        done: set[str] = set()
        stuck: set[str] = set()
        with world.journal() as journal:
            for event in journal.list_events(ID, limit=100_000):
                match event.kind:
                    case EventKind.OPERATION_STARTED:
                        assert set(self.graph.needs(str(event.operation_id))) <= done, event
                    case EventKind.OPERATION_SUCCEEDED | EventKind.OPERATION_SKIPPED:
                        done.add(str(event.operation_id))
                    case EventKind.COMPENSATION_FAILED:
                        stuck.add(str(event.operation_id))
        owners = {server.id: server.labels[LABEL] for server in world.cloud.made()}
        alive: set[str] = set()
        for request in world.cloud.requests():
            if not request.acted or request.server_id is None:
                continue
            owner = owners[request.server_id]
            if request.call == "create_server":
                alive.add(owner)
            elif request.call == "delete_server":
                alive.discard(owner)
                assert alive.isdisjoint(set(self.graph.descendants(owner)) - stuck), request

    def check_limits(self, world: World) -> None:
        """Of the operations that one process begins, no more are under way at once than the document allows.

        A cloud that throttles is left out: what waits for it steps aside, and need not say so.
        """
        if Mishap.THROTTLED in self.moods:
            return
        most = world.document["configuration"]["parallelism"]
        under_way: set[str] = set()
        with world.journal() as journal:
            for event in journal.list_events(ID, limit=100_000):
                if event.kind in (EventKind.WORKFLOW_STARTED, EventKind.WORKFLOW_RESUMED, EventKind.ROLLBACK_STARTED):
                    under_way.clear()
                elif event.kind == EventKind.OPERATION_STARTED:
                    under_way.add(str(event.operation_id))
                    assert len(under_way) <= most, event
                elif event.kind in ENDS:
                    under_way.discard(str(event.operation_id))


TestStorm = Storm.TestCase
TestStorm.__doc__ = "Whatever comes together, a run can be ended and undone, with one server of each and then none."
TestStorm.settings = settings(
    max_examples=40, stateful_step_count=6, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
