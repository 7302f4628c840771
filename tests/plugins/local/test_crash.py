"""Whatever is killed, nothing leaks, nothing doubles, and nothing that is not ours is touched."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from provisioning.errors import ServiceInternalError
from provisioning_local.identity import id_from_token
from provisioning_local.lock import try_lock
from provisioning_local.process import identify

CREATE_AND_DIE = """
import os, signal, sys, threading
from pathlib import Path
from provisioning.contract import OperationContext, ServerSpec
from provisioning_local.identity import id_from_token
from provisioning_local.provider import LocalProvider

directory, moment = sys.argv[1:]
home = Path(directory) / id_from_token("token-1")
moments = {
    "directory": home.exists,
    "lock": (home / "lock").exists,
    "draft": lambda: (home / "record.json.new").exists() or (home / "record.json").exists(),
    "record": (home / "record.json").exists,
    "spawn": (home / "server.log").exists,
    "life": lambda: (home / "life").stat().st_size > 0,
    "command": (home / "work").exists,
    "running": lambda: '"running"' in (home / "record.json").read_text(),
    "reply": threading.Event().wait,
}

def has_come():
    try:
        return moments[moment]()
    except FileNotFoundError:
        return False

def die():
    while not has_come():
        pass
    os.kill(os.getpid(), signal.SIGKILL)

if moment != "reply":
    threading.Thread(target=die, daemon=True).start()
provider = LocalProvider("here", {"directory": directory})
provider.create_server(ServerSpec("web"), "token-1", {}, OperationContext())
if moment != "reply":
    threading.Event().wait()
os.kill(os.getpid(), signal.SIGKILL)
"""

MOMENTS = ["directory", "lock", "draft", "record", "spawn", "life", "command", "running", "reply"]


def create_and_die(cloud, moment):
    """Create a server in a process that is killed at this moment."""
    command = [sys.executable, "-c", CREATE_AND_DIE, str(cloud.directory), moment]
    creator = subprocess.run(command, check=False, timeout=60)
    assert creator.returncode == -signal.SIGKILL


def kill_supervisor(cloud, eventually):
    """Kill the supervisor of the test's server, and return its command, which lives on."""
    life = cloud.life()
    os.kill(life.supervisor.pid, signal.SIGKILL)
    eventually(lambda: not cloud.life().is_held)
    return life.child


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_creator_that_is_killed_and_tries_again(cloud, moment, fetch, eventually):
    """Whenever the creator is killed, creating again with the same token gives one running server."""
    create_and_die(cloud, moment)
    assert len(cloud.servers()) <= 1
    server = cloud.create()
    server = cloud.wait_for(server.id, "running")
    assert fetch(server.raw["url"])["name"] == "web"
    eventually(lambda: len(cloud.processes()) == 2)  # a second supervisor may just be going


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_creator_that_is_killed_and_adopted(cloud, moment, eventually):
    """Whenever the creator is killed, there is nothing, or a server that is found and comes to run."""
    create_and_die(cloud, moment)
    found = cloud.find()
    if found is None:
        assert cloud.servers() == []
        assert cloud.processes() == []
    else:
        assert found.client_token == "token-1"
        cloud.wait_for(found.id, "running")
        eventually(lambda: len(cloud.processes()) == 2)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_creator_that_is_killed_and_undone(cloud, moment):
    """Whenever the creator is killed, deleting leaves nothing, not even a process that comes late."""
    create_and_die(cloud, moment)
    cloud.delete(id_from_token("token-1"))
    assert cloud.find() is None
    assert list(cloud.directory.iterdir()) == []


def test_a_supervisor_that_is_killed(cloud, eventually):
    """A server whose supervisor is gone is in error, and deleting it ends its command."""
    server = cloud.create()
    child = kill_supervisor(cloud, eventually)
    assert identify(child.pid) == child
    orphan = cloud.get(server.id)
    assert (orphan.state, orphan.raw["error"]) == ("error", "its supervisor is gone")
    assert "pid" not in orphan.raw
    cloud.delete(server.id)
    assert identify(child.pid) is None


def test_a_supervisor_that_is_killed_and_started_again(cloud, eventually, fetch):
    """Starting a server whose supervisor is gone replaces its command, at the same address."""
    server = cloud.create()
    child = kill_supervisor(cloud, eventually)
    cloud.start(server.id)
    revived = cloud.get(server.id)
    assert (revived.state, revived.raw["url"]) == ("running", server.raw["url"])
    assert identify(child.pid) is None
    assert fetch(revived.raw["url"])["id"] == server.id
    assert len(cloud.processes()) == 2


def test_a_supervisor_that_is_killed_and_stopped(cloud, eventually):
    """Stopping a server whose supervisor is gone ends its command and says stopped."""
    server = cloud.create()
    kill_supervisor(cloud, eventually)
    cloud.stop(server.id)
    assert cloud.get(server.id).state == "stopped"
    assert cloud.processes() == []


def test_a_supervisor_that_hangs(cloud):
    """A supervisor that does not answer is killed with its command."""
    cloud.provider = cloud.make_provider(stop_timeout=0)
    server = cloud.create()
    os.kill(cloud.life().supervisor.pid, signal.SIGSTOP)
    cloud.stop(server.id)
    assert cloud.get(server.id).state == "stopped"
    assert cloud.processes() == []


def started_later(child):
    """Start a process at another time than a dead one, as the machine counts time: in hundredths of a second."""
    while True:
        stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
        if identify(stranger.pid).started != child.started:
            return stranger
        stranger.kill()
        stranger.wait()


def test_a_number_that_came_back(cloud, eventually):
    """A process that has the number of a dead command is left alone: its start was at another time."""
    server = cloud.create()
    child = kill_supervisor(cloud, eventually)
    os.kill(child.pid, signal.SIGKILL)
    eventually(lambda: identify(child.pid) is None)
    with started_later(child) as stranger:
        names = {"supervisor": [stranger.pid, "1@then"], "child": [stranger.pid, child.started]}
        cloud.home().life.write_text(json.dumps(names))
        cloud.stop(server.id)
        cloud.delete(server.id)
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 9}', "\0\0"])
def test_a_record_that_cannot_be_read(cloud, text):
    """A server that lives is listed even if its record cannot be read, and can be deleted."""
    cloud.create("other")
    server = cloud.create()
    cloud.home().record.write_text(text)
    listed = {other.id: str(other.state) for other in cloud.servers()}
    assert listed == {server.id: "error", id_from_token("other"): "running"}
    with pytest.raises(ServiceInternalError) as refusal:
        cloud.create()
    assert refusal.value.message == (
        f"server {server.id} of provider here cannot be used: {cloud.get(server.id).raw['error']}"
    )
    assert refusal.value.hint == "delete it, or put its record back"
    cloud.delete(server.id)
    assert [other.client_token for other in cloud.servers()] == ["other"]
    assert len(cloud.processes()) == 2


def test_a_record_that_is_lost(cloud):
    """A server that lives is listed even if its record is gone, and can be deleted."""
    server = cloud.create()
    cloud.home().record.unlink()
    [listed] = cloud.servers()
    assert (listed.id, listed.state, listed.raw["error"]) == (server.id, "error", "its record is missing")
    cloud.delete(server.id)
    assert cloud.processes() == []


def test_what_is_wrong_with_a_record_is_said(cloud):
    """The reason why a record cannot be read stands in `raw.error`."""
    cloud.create()
    home = cloud.home()
    whole = json.loads(home.record.read_text())
    errors = []
    for change in ({"port": "x", "labels": 1}, {"format": 2}, {"state": "odd"}):
        home.record.write_text(json.dumps(whole | change))
        errors.append(cloud.servers()[0].raw["error"])
    assert errors == [
        "its record is without a usable value of labels, port",
        "its record is of format 2, and this version reads format 1",
        "its record is with the unknown state 'odd'",
    ]


def test_a_dead_server_with_a_broken_record_is_made_anew(cloud, eventually):
    """Creating with the token of a server whose record is broken, and which is dead, makes it anew."""
    cloud.create()
    child = kill_supervisor(cloud, eventually)
    cloud.home().record.write_text("{")
    server = cloud.create()
    assert server.state == "running"
    assert identify(child.pid) is None
    assert len(cloud.processes()) == 2


def test_a_directory_without_a_record_is_no_server(cloud):
    """What a creator left that was killed at once is no server, and the next create completes it."""
    cloud.home().path.mkdir(parents=True)
    assert cloud.servers() == []
    assert cloud.find() is None
    assert cloud.create().state == "running"


def test_a_directory_that_was_taken_away(cloud, eventually, tmp_path):
    """A server whose directory is removed by hand ends by itself, for nobody could end it any more."""
    cloud.create()
    life = cloud.life()
    shutil.rmtree(cloud.home().path)
    eventually(lambda: identify(life.supervisor.pid) is None)
    assert cloud.processes() == []


def test_a_supervisor_that_cannot_begin(cloud):
    """When the supervisor cannot keep its record, the create fails with its last words and the server stays pending."""
    home = cloud.home()
    home.path.mkdir(parents=True)
    home.life.mkdir()
    with pytest.raises(ServiceInternalError) as refusal:
        cloud.create()
    assert refusal.value.message == f"provider here cannot use {home.life}: Is a directory"
    home.life.rmdir()


def test_one_lock_has_one_holder(tmp_path):
    """A lock is held once, and free again after its block."""
    path = tmp_path / "lock"
    with try_lock(path) as lock:
        assert lock.is_current
        assert try_lock(path) is None
    with try_lock(path) as lock:
        path.unlink()
        assert not lock.is_current
