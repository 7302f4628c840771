"""Every point at which a run can be cut, every fault there is, and both ways to go on afterwards."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from provisioning.contract import ProviderLimits, RunState
from provisioning.errors import JournalError, RunNotFound
from provisioning.testing.cloud import Manners, Mishap, Scripted
from provisioning.testing.faults import Place, Point, Side, Trap
from tests.acceptance.kill.invariants import check_end, check_results
from tests.acceptance.kill.world import ID, Process, World
from tests.workflow.scripted import Killed


def at_cloud(operation: str, kind: str, **parameters: Any) -> dict[str, Any]:
    return {"id": operation, "kind": kind, "provider": "cloud", "parameters": parameters}


DOCUMENT = {
    "name": "every step there is",
    "operations": [
        at_cloud("db", "server_create", name="db"),
        at_cloud("disk", "volume_create", name="data", size_gib=1),
        at_cloud("net", "network_create", name="inner"),
        {"id": "note", "kind": "file_write", "parameters": {"path": "note", "content": "{{operations.db.result.id}}"}},
        at_cloud(
            "web",
            "server_create",
            name="web",
            user_data="{{operations.note.result.sha256}}",
            networks=["{{operations.net.result.id}}"],
        ),
        at_cloud(
            "mount", "volume_attach", volume_id="{{operations.disk.result.id}}", server_id="{{operations.db.result.id}}"
        ),
        at_cloud("down", "server_stop", server_id="{{operations.web.result.id}}"),
        at_cloud("again", "server_reboot", server_id="{{operations.db.result.id}}"),
    ],
    "dependencies": {"again": ["down"]},
}
MANNERS = Manners(
    boot_time=0.1,
    delete_time=0.1,
    retry_after=0.001,  # calls of other operations wait for it by the real clock
    mishaps=(
        Scripted("create_server", 1, Mishap.THROTTLED),
        Scripted("create_server", 3, Mishap.REPLY_LOST),
        Scripted("get_server", 6, Mishap.THROTTLED),
        Scripted("create_asset", 1, Mishap.REPLY_LOST),
    ),
)

P = Place
FORWARDS = (
    *(P.SUBMIT, P.LEASE, P.RUN_STATE, P.PREPARE, P.INTENT, P.CALL, P.PROGRESS, P.RESULT, P.EVENT, P.SETTLE),
    *(P.CREATE_SERVER, P.GET_SERVER, P.FIND_SERVER, P.STOP_SERVER, P.REBOOT_SERVER),
    *(P.CREATE_ASSET, P.GET_ASSET, P.FIND_ASSET, P.ATTACH_VOLUME),
    *(P.TOLD, P.RENEW, P.RELEASE, P.BEGIN, P.COMMIT),
)
BACKWARDS = (
    *(P.LEASE, P.RUN_STATE, P.COMPENSATION_INTENT, P.COMPENSATE, P.COMPENSATION_RESULT),
    *(P.GET_SERVER, P.DELETE_SERVER, P.START_SERVER, P.TOLD, P.RELEASE, P.BEGIN, P.COMMIT),
    *(P.GET_ASSET, P.DELETE_ASSET, P.DETACH_VOLUME),
)
REACHED = {"run": FORWARDS, "rollback": BACKWARDS, "cancel": (P.CANCEL, P.BEGIN, P.COMMIT)}
"""Which steps each scenario goes through."""

CALLS = tuple(place for place in Place if place.endswith(("_server", "_asset", "_volume")))

FAULTS: dict[str, Callable[[Process], None]] = {
    "kill": Process.kill,
    "interrupt": Process.interrupt,
    "interrupt_twice": Process.interrupt_twice,
    "lose_power": Process.lose_power,
    "fill_disk": Process.fill_disk,
}
"""What can happen at every point."""


def torn(third: int) -> Callable[[Process], None]:
    """Return a power failure in the middle of the last commit: some part of what it wrote reached the disk."""
    return lambda process: process.lose_power(lambda synced, written: synced + (written - synced) * third // 3)


FAULTS_OF: dict[Point, dict[str, Callable[[Process], None]]] = {
    Point(P.BEGIN, Side.BEFORE): {"find_it_busy": Process.find_it_busy},
    Point(P.COMMIT, Side.AFTER): {
        "fail_io": Process.fail_io,
        **{f"lose_power_torn_{third}": torn(third) for third in range(3)},
    },
    **{Point(place, Side.BEFORE): {"hang": Process.hang} for place in CALLS},
    **{Point(place, Side.AFTER): {"hang": Process.hang, "lose_reply": Process.lose_reply} for place in CALLS},
}
"""What can happen at some of them, beyond that: a reply that is lost, a call that never ends."""

CASES = [
    (scenario, Point(place, side), fault)
    for scenario, places in REACHED.items()
    for place in places
    for side in Side
    for fault in (*FAULTS, *FAULTS_OF.get(Point(place, side), ()))
]


def ready(folder: Path, scenario: str) -> World:
    """Return a world in which a scenario can begin."""
    world = World(folder, DOCUMENT, MANNERS, ProviderLimits(timeout=5.0))
    if scenario != "run":
        with world.process() as process:
            process.run() if scenario == "rollback" else process.submit()
    return world


def play(world: World, scenario: str, trap: Trap, strike: Callable[[Process], None] | None = None) -> None:
    """Do what a scenario is about in a process, until that is through or dies."""
    process = world.process(trap)
    if strike is not None:
        trap._act = lambda: strike(process)
    with suppress(Killed, JournalError), process:
        getattr(process, scenario)()


@contextmanager
def folder() -> Iterator[Path]:
    """A folder of its own, in memory where there is such a place: what is durable is not what is tested here."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


@cache
def times(scenario: str) -> dict[Point, int]:
    """Return how often a scenario comes to each point when nothing happens there."""
    trap = Trap()
    with folder() as place:
        play(ready(place, scenario), scenario, trap)
    return dict(trap.reached)


def go_on(world: World, ending: str) -> RunState:
    """Let a fresh process go on, or undo what was done, and return how it ends."""
    with world.process() as process:
        try:
            run = process.journal.get_run(ID)
        except RunNotFound:
            return process.run()
        if run.state is RunState.ROLLED_BACK:
            return run.state
        if ending == "rollback":
            return process.rollback()
        state = process.resume()  # a run that was cancelled before its first driver ends with that one
        return process.resume() if state is RunState.INTERRUPTED else state


@pytest.mark.parametrize("scenario", REACHED)
def test_every_point_is_reached(scenario: str) -> None:
    """The table says which steps a scenario goes through, and each of them is really gone through, on both sides."""
    assert set(times(scenario)) == {Point(place, side) for place in REACHED[scenario] for side in Side}


def test_no_point_is_without_a_kill_test() -> None:
    """A new step is in no scenario, and fails here."""
    assert {place for places in REACHED.values() for place in places} == set(Place)


@pytest.mark.parametrize("ending", ["resume", "rollback"])
@pytest.mark.parametrize(("scenario", "point", "fault"), CASES, ids=str)
def test_cut_at_any_point_a_run_ends_as_it_should(scenario: str, point: Point, fault: str, ending: str) -> None:
    """Resumed, every server is there once and known; rolled back, nothing is left.

    The process is killed the first time, the last time and once between; everything else happens once between.
    """
    strike, most = FAULTS.get(fault) or FAULTS_OF[point][fault], times(scenario)[point]
    for nth in dict.fromkeys((1, (most + 1) // 2, most) if fault == "kill" else ((most + 1) // 2,)):
        with folder() as place:
            world = ready(place, scenario)
            trap = Trap(point, nth=nth)
            play(world, scenario, trap, strike)
            assert trap.has_sprung
            state = go_on(world, ending)
            assert state in (RunState.SUCCEEDED, RunState.ROLLED_BACK)
            check_end(world, state)
            if state is RunState.SUCCEEDED:
                check_results(world)
                assert (place / "note").read_text() == "fake-1"
            else:
                assert {path.name for path in place.iterdir()} <= {".provisioning", "journal.db"}
