"""The real command, really killed at every named point, with real servers: what is left is what is known."""

import shutil
import signal
import sys
from pathlib import Path

import pytest

from provisioning.contract import Network, RunState, Volume
from provisioning.testing.cloud import EXTENSIONS
from provisioning.testing.faults import Place, Point, Side, points
from tests.acceptance.kill.desk import ID, Desk

FORWARDS = f"""
name = "forwards"
[configuration]
on_failure = "stop"
[[operations]]
id = "db"
kind = "server_create"
provider = "local"
parameters = {{ name = "db" }}
[[operations]]
id = "say"
kind = "command"
parameters = {{ command = ["{sys.executable}", "-c", "print('line')"], on_doubt = "retry" }}
[[operations]]
id = "again"
kind = "server_reboot"
provider = "local"
parameters = {{ server_id = "{{{{operations.db.result.id}}}}" }}
[[operations]]
id = "down"
kind = "server_stop"
provider = "local"
parameters = {{ server_id = "{{{{operations.db.result.id}}}}" }}
[dependencies]
say = ["db"]
again = ["say"]
down = ["again"]
"""
"""Everything that can be done to a server, and a command that says something."""

BACKWARDS = """
name = "backwards"
[[operations]]
id = "db"
kind = "server_create"
provider = "local"
parameters = { name = "db" }
[[operations]]
id = "down"
kind = "server_stop"
provider = "local"
parameters = { server_id = "{{operations.db.result.id}}" }
[[operations]]
id = "fails"
kind = "command"
parameters = { command = ["false"] }
[dependencies]
fails = ["down"]
"""
"""A last step that fails, so that everything is undone."""

SLOW = """
name = "slow"
[[operations]]
id = "db"
kind = "server_create"
provider = "local"
parameters = { name = "db" }
[[operations]]
id = "sleep"
kind = "command"
parameters = { command = ["sleep", "2"], on_doubt = "retry" }
[dependencies]
sleep = ["db"]
"""
"""So slow that the lease is renewed meanwhile."""

P = Place
RUN = ("workflow", "run", "flow.toml", "--workflow-id", ID)
RESUME = ("workflow", "resume", ID)
CANCEL = ("workflow", "cancel", ID)

ASSETS = {P.CREATE_ASSET, P.GET_ASSET, P.FIND_ASSET, P.DELETE_ASSET, P.ATTACH_VOLUME, P.DETACH_VOLUME}
UNDOING = (P.COMPENSATION_INTENT, P.COMPENSATE, P.COMPENSATION_RESULT, P.DELETE_SERVER, P.START_SERVER)
PRELUDES = {
    P.SETTLE: ("create_server.after:1:kill", RESUME),
    P.FIND_SERVER: ("create_server.after:1:kill", RESUME),
    P.CANCEL: ("submit.after:1:kill", CANCEL),
}
"""What has to happen before, so that a point is reached, and the command that reaches it then."""


def document_for(place: Place) -> str:
    return BACKWARDS if place in UNDOING else SLOW if place is P.RENEW else FORWARDS


def strike(desk: Desk, point: Point, fault: str) -> tuple[int, str]:
    """Let a fault happen at a point of a real command; return its exit status and what it said."""
    desk.write(document_for(point.place))
    command = RUN
    if point.place in PRELUDES:
        prelude, command = PRELUDES[point.place]
        assert desk.type(prelude, *RUN)[0] == -signal.SIGKILL
    return desk.type(f"{point}:1:{fault}", *command)


def check(desk: Desk, state: RunState, *names: str) -> None:
    """These servers are there, each once, and known to the journal; and no process of any other."""
    servers = desk.servers()
    assert sorted(server.name for server in servers) == sorted(names)
    with desk.app() as app:
        report = app.status(ID)
        assert report.state is state
        assert sorted(each.id for each in report.resources if each.type == "server") == sorted(s.id for s in servers)
    if not names and Path("/proc/self/cmdline").exists():
        assert desk.processes() == []


def go_on_and_check(desk: Desk, place: Place, ending: str) -> None:
    report = desk.go_on(ending)
    expected = RunState.ROLLED_BACK if ending == "rollback" or place in UNDOING else RunState.SUCCEEDED
    assert report.state is expected, report
    check(desk, expected, *(["db"] if expected is RunState.SUCCEEDED else []))


@pytest.mark.parametrize("point", [point for point in points() if point.place not in ASSETS], ids=str)
def test_killed_at_every_point(desk: Desk, point: Point) -> None:
    """Killed before a step a run is resumed, killed after it, it is undone."""
    code, err = strike(desk, point, "kill")
    assert code == -signal.SIGKILL, err
    is_recorded = point.place not in (P.BEGIN, P.COMMIT)  # the first transaction makes the journal
    go_on_and_check(desk, point.place, "rollback" if point.side is Side.AFTER and is_recorded else "resume")


FURNISHED = """
name = "furnished"
[[operations]]
id = "net"
kind = "network_create"
provider = "made-up"
parameters = { name = "net" }
[[operations]]
id = "data"
kind = "volume_create"
provider = "made-up"
parameters = { name = "data", size_gib = 1 }
[[operations]]
id = "db"
kind = "server_create"
provider = "made-up"
parameters = { name = "db" }
[[operations]]
id = "mount"
kind = "volume_attach"
provider = "made-up"
parameters = { volume_id = "{{operations.data.result.id}}", server_id = "{{operations.db.result.id}}" }
[[operations]]
id = "last"
kind = "command"
parameters = { command = ["LAST"] }
[dependencies]
last = ["net", "mount"]
"""
"""A volume, a network and a server that has the volume; the last step succeeds or fails."""


@pytest.mark.parametrize("point", [point for point in points() if point.place in ASSETS], ids=str)
def test_killed_at_every_point_of_an_asset(desk: Desk, point: Point) -> None:
    """Killed while a volume or a network is made, given, taken or deleted: none is left, and none is there twice."""
    shutil.copytree(EXTENSIONS / "fake", desk.workspace / "extensions" / "fake")
    settings = f'[providers.made-up]\ntype = "fake"\nstate = "{desk.cloud.parent / "made-up.db"}"\n'
    (desk.workspace / "config.user.toml").write_text(settings, encoding="utf-8")
    undoes = point.place in (P.DELETE_ASSET, P.DETACH_VOLUME)
    desk.write(FURNISHED.replace("LAST", "false" if undoes else "true"))
    command = RUN
    if point.place in (P.FIND_ASSET, P.GET_ASSET):
        assert desk.type("create_asset.after:1:kill", *RUN)[0] == -signal.SIGKILL
        command = RESUME
    code, err = desk.type(f"{point}:1:kill", *command)
    assert code == -signal.SIGKILL, err

    report = desk.go_on("resume")

    assert report.state is (RunState.ROLLED_BACK if undoes else RunState.SUCCEEDED), report
    with desk.app() as app:
        cloud = app.provider("made-up")
        found = [(kind.__name__, asset.spec.name) for kind in (Volume, Network) for asset in cloud.list_assets(kind)]
        assert sorted(found) == ([] if undoes else [("Network", "net"), ("Volume", "data")])
        if not undoes:
            assert app.rollback(ID).wait().state is RunState.ROLLED_BACK
        assert [asset for kind in (Volume, Network) for asset in cloud.list_assets(kind)] == []
        assert list(cloud.list_servers()) == []


@pytest.mark.parametrize("place", [P.INTENT, P.CREATE_SERVER, P.CALL, P.RESULT, P.COMMIT, P.RELEASE])
def test_killed_after_a_step_and_resumed(desk: Desk, place: Place) -> None:
    """What was done is done, and is not done again."""
    assert strike(desk, Point(place, Side.AFTER), "kill")[0] == -signal.SIGKILL
    go_on_and_check(desk, place, "resume")


@pytest.mark.parametrize("fault", ["interrupt", "terminate", "interrupt_twice"])
@pytest.mark.parametrize(
    ("place", "ending"), [(P.SUBMIT, "resume"), (P.CREATE_SERVER, "rollback"), (P.INTENT, "resume")]
)
def test_told_to_stop_at_a_point(desk: Desk, place: Place, ending: str, fault: str) -> None:
    """Once: what is in flight is recorded; twice: at once. Either way it says 130, and can be gone on with."""
    code, err = strike(desk, Point(place, Side.AFTER), fault)
    assert code == 130, err
    go_on_and_check(desk, place, ending)


@pytest.mark.parametrize(
    "point",
    [Point(P.INTENT, Side.BEFORE), Point(P.CREATE_SERVER, Side.AFTER), Point(P.RESULT, Side.BEFORE)],
    ids=str,
)
def test_a_disk_that_is_full_from_a_point_on(desk: Desk, point: Point) -> None:
    """No file can grow: the run stops, says so, and goes on when there is room."""
    code, err = strike(desk, point, "fill_disk")
    assert code == 1
    assert "journal.db" in err
    assert "Traceback" not in err
    go_on_and_check(desk, point.place, "resume")


def test_a_lost_reply_is_settled_in_the_same_run(desk: Desk) -> None:
    """The cloud acted and the connection died: the server is found by its token, and the run goes on."""
    code, err = strike(desk, Point(P.CREATE_SERVER, Side.AFTER), "lose_reply")
    assert code == 0, err
    assert "db adopted what an interrupted attempt had made" in err
    check(desk, RunState.SUCCEEDED, "db")


def test_a_call_that_never_ends_is_given_up(desk: Desk) -> None:
    """The provider's own time-out ends the wait, and what the call had made is found."""
    desk.write(FORWARDS)
    code, err = desk.type("create_server.after:1:hang", *RUN, PROVISIONING__PROVIDERS__LOCAL__TIMEOUT="1")
    assert code == 0, err
    check(desk, RunState.SUCCEEDED, "db")
