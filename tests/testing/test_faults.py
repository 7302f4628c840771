"""The points at which a run can be cut are all there are: what the code makes durable has one on either side."""

import ast
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioning.contract import Batch, Journal, NewEvent, OperationRecord, OperationState, Provider, RunState, Step
from provisioning.contract.journal import RunWriter
from provisioning.errors import JournalError
from provisioning.store import open_journal
from provisioning.testing.faults import (
    Fault,
    FaultyJournal,
    FaultyProvider,
    FaultyWriter,
    Place,
    Point,
    Side,
    Trap,
    faulty_connection,
    points,
)
from provisioning.testing.faults.calls import PLACE_OF_CALL, PLACE_OF_STEP
from provisioning.testing.faults.journal import PLACE_OF_STATE, places_of
from tests.store.scene import driven, one_step

CORE = Path(__file__).parents[2] / "core" / "provisioning"

READ_ONLY = {
    Journal: {
        *("installation_id", "get_run", "count_runs", "list_runs", "get_document", "list_operations", "get_operation"),
        *("count_operations", "newest_events", "last_sequence", "wait_for_events", "checkpoint", "close"),
        *("archive", "forget", "take_in", "retire"),
    },
    RunWriter: {"hold"},
    Provider: {
        *("name", "type", "capabilities", "limits", "check_connection", "list_servers", "opens_in"),
        *("list_sizes", "list_images", "list_zones", "list_assets"),
    },
}
"""What changes nothing, or is called by no run; everything else of these interfaces has a point."""

WRITERS = {
    "_group.write": {"_change", "commit", "release", "_renew_after"},
    "self._change": {"create_run", "acquire", "request_cancel", "forget", "take_in", "retire"},
}
"""The methods of the store that write a transaction; each is, or is behind, a method that has a point of its own."""


def members(protocol: type) -> set[str]:
    return {name for name in vars(protocol) if not name.startswith("_")}


def calls(name: str) -> Iterator[tuple[str, str]]:
    """Yield each call of a method or function of this name in the core, by file and by the function it stands in."""
    for path in sorted(CORE.rglob("*.py")):
        if "testing" in path.parts:
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(name):
                    yield str(path.relative_to(CORE)), function.name


def test_every_state_and_every_job_has_a_place() -> None:
    """A new state of operations, a new hook of kinds: there is a point for it, or this fails."""
    assert set(PLACE_OF_STATE) == set(OperationState)
    assert set(PLACE_OF_STEP) == set(Step)


def test_every_call_of_a_provider_has_a_place() -> None:
    """A new call that a run makes of a provider has a point, or is known to change nothing."""
    assert members(Provider) == set(PLACE_OF_CALL) | READ_ONLY[Provider]


@pytest.mark.parametrize(("protocol", "faulty"), [(Journal, FaultyJournal), (RunWriter, FaultyWriter)])
def test_everything_that_writes_to_the_journal_has_a_place(protocol: type, faulty: type) -> None:
    """A new method of the journal is wrapped, or is known to change nothing."""
    wrapped = members(faulty) & members(protocol)
    reads = READ_ONLY[protocol] | ({"list_events"} if protocol is Journal else {"workflow_id", "fence"})
    assert members(protocol) - wrapped <= reads
    assert wrapped & READ_ONLY[protocol] <= {"hold"}


def test_every_transaction_of_the_store_is_one_of_those() -> None:
    """A new commit site in the store shows up here."""
    assert {name: {function for _, function in calls(name)} for name in WRITERS} == WRITERS
    connecting = {file for file, _ in calls("sqlite3.connect")}
    assert connecting == {"store/connection.py", "store/migration.py"}, "the second one makes copies, and no journal"


def test_nothing_else_in_the_core_is_durable() -> None:
    """Beside the journal the core writes settings files, folders and nothing that a run depends on."""
    assert {file for file, _ in calls("os.fsync")} <= {"store/connection.py", "store/migration.py", "config/editing.py"}


def test_a_point_is_read_as_it_is_written() -> None:
    """Its name is what a command line or an environment holds."""
    assert [Point.parse(str(point)) for point in points()] == points()
    assert str(Point(Place.INTENT, Side.AFTER)) == "intent.after"
    with pytest.raises(ValueError, match="'nowhere' is not a valid Place"):
        Point.parse("nowhere.after")


def test_a_trap_springs_once() -> None:
    """The n-th time, and never again; it counts on."""
    struck: list[int] = []
    point = Point(Place.COMMIT, Side.BEFORE)
    trap = Trap(point, lambda: struck.append(trap.reached[point]), nth=2)
    for _ in range(3):
        trap(point)
        trap(Point(Place.COMMIT, Side.AFTER))
    assert (struck, trap.has_sprung, trap.reached[point]) == ([2], True, 3)


def test_what_a_commit_does() -> None:
    """One commit may hold the result of one operation, the intent of the next, and a move of the run."""

    def record(state: OperationState) -> OperationRecord:
        return OperationRecord("a", "command", state, 1)

    batch = Batch([record(OperationState.SUCCEEDED), record(OperationState.STARTED)], state=RunState.RUNNING)
    assert places_of(batch) == [Place.RESULT, Place.INTENT, Place.RUN_STATE]
    assert places_of(Batch(events=[NewEvent("OperationOutput", "a")])) == [Place.EVENT]


def test_the_points_of_one_commit(tmp_path: Path) -> None:
    """The step stands around the transaction that makes it durable."""
    seen: list[str] = []
    with open_journal(
        tmp_path / "journal.db", factory=faulty_connection(lambda point: seen.append(str(point)))
    ) as store:
        writer = FaultyWriter(driven(store), lambda point: seen.append(str(point)))
        seen.clear()
        writer.commit(one_step(1))
    assert seen == [
        *("intent.before", "begin.before", "begin.after", "commit.before", "commit.after", "intent.after"),
    ]


def test_a_commit_that_fails_has_no_point_behind_it(tmp_path: Path) -> None:
    """After a point stands what has happened."""
    seen: list[str] = []
    failing: list[Point] = []

    def reach(point: Point) -> None:
        seen.append(str(point))
        if point in failing:
            raise sqlite3.OperationalError("disk I/O error")

    with open_journal(tmp_path / "journal.db", factory=faulty_connection(reach)) as store:
        writer = driven(store)
        seen.clear()
        failing.append(Point(Place.COMMIT, Side.BEFORE))
        with pytest.raises(JournalError, match="disk I/O error"):
            writer.commit(one_step(1))
        assert seen == ["begin.before", "begin.after", "commit.before"]
        assert list(store.list_operations("wf-1")) == []


def test_a_faulty_provider_is_the_real_one_otherwise() -> None:
    """What is no call is handed through."""

    class Cloud:
        name = "eu"

        def delete_server(self, server_id: str, context: Any = None) -> str:
            return f"deleted {server_id}"

    seen: list[str] = []
    provider = FaultyProvider(Cloud(), lambda point: seen.append(str(point)))  # type: ignore[arg-type]
    assert (provider.name, provider.delete_server("i-1")) == ("eu", "deleted i-1")
    assert seen == ["delete_server.before", "delete_server.after"]


def test_every_fault_strikes() -> None:
    """There is something to be done for each of them."""
    from provisioning.testing.faults.fault import _STRIKES

    assert set(_STRIKES) == set(Fault)
