"""Creating, finding, listing and deleting servers that are real processes."""

import json
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from provisioning.contract import OperationContext, ServerSpec
from provisioning.errors import InvalidRequest, NotFound, OperationTimedOut, RunInterrupted, ServiceInternalError
from provisioning_local.disk import translated
from provisioning_local.identity import id_from_token
from provisioning_local.lock import try_lock
from provisioning_local.provider import LocalProvider
from tests.users import ordinary_user

CREATE = """
import sys
from provisioning.contract import OperationContext, ServerSpec
from provisioning_local.provider import LocalProvider
provider = LocalProvider("here", {"directory": sys.argv[1], "stop_timeout": 2})
server = provider.create_server(ServerSpec("web"), sys.argv[2], {}, OperationContext())
print(server.id, server.raw["pid"])
"""


def test_it_answers_over_http(cloud, fetch):
    """A server of the default image tells its name, its id and its user data as soon as it is created."""
    server = cloud.create(name="db-1", user_data='naïve "quotes"\nand lines\t✓')
    assert server.state == "running"
    expected = {"id": server.id, "name": "db-1", "user_data": 'naïve "quotes"\nand lines\t✓'}
    assert expected == fetch(server.raw["url"])
    assert fetch(server.raw["url"] + "/health") == {"status": "ok"}


def test_it_is_reported_whole(cloud):
    """A created server carries everything that was asked for and everything that one needs to use it."""
    server = cloud.create("t", {"team": "a"}, name="db", size="large", zone="local-b")
    home = cloud.home("t")
    assert (server.id, server.name, server.provider) == (id_from_token("t"), "db", "here")
    assert (server.size, server.zone, server.image) == ("large", "local-b", "http")
    assert (server.public_ips, server.private_ips) == ((), ("127.0.0.1",))
    assert (server.labels, server.client_token) == ({"team": "a"}, "t")
    assert datetime.fromisoformat(server.created_at).utcoffset().total_seconds() == 0
    port = server.raw["port"]
    assert server.raw == {
        "directory": str(home.path),
        "log": str(home.log),
        "port": port,
        "url": f"http://127.0.0.1:{port}",
        "pid": cloud.life("t").child.pid,
    }
    assert server == cloud.get(server.id) == cloud.find("t") == cloud.servers()[0]


def test_the_same_token_is_the_same_server(cloud):
    """Asking twice with one token makes one server."""
    assert cloud.create() == cloud.create()
    assert len(cloud.processes()) == 2


def test_a_token_is_for_one_request(cloud):
    """A token that comes with another request is refused, and what differs is named."""
    server = cloud.create(size="small")
    with pytest.raises(InvalidRequest) as refusal:
        cloud.create(labels={"a": "b"}, size="large", user_data="x")
    assert refusal.value.message == (
        f"provider here made server {server.id} with this client token for another request: "
        "size, user_data, labels differ"
    )
    assert refusal.value.hint == "use a new client token for a new server"


def test_two_provisioners_make_one_server(cloud):
    """Four processes that create with one token at once get one server, which is one process."""
    command = [sys.executable, "-c", CREATE, str(cloud.directory), "shared"]
    creators = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = {creator.communicate(timeout=60)[0] for creator in creators}
    assert [creator.returncode for creator in creators] == [0, 0, 0, 0]
    assert answers == {f"{id_from_token('shared')} {cloud.life('shared').child.pid}\n"}
    assert len(cloud.processes()) == 2


def test_threads_make_one_server(cloud):
    """Eight threads that create with one token at once get one server."""
    with ThreadPoolExecutor(8) as threads:
        servers = list(threads.map(lambda _: cloud.create(), range(8)))
    assert {server.raw["pid"] for server in servers} == {cloud.life().child.pid}
    assert len(cloud.processes()) == 2


def test_it_outlives_its_creator_and_holds_none_of_its_pipes(cloud, fetch):
    """A program that creates a server ends for whoever reads its output, and the server stays."""
    command = [sys.executable, "-c", CREATE, str(cloud.directory), "token-1"]
    creator = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    server = cloud.find()
    assert creator.stdout == f"{server.id} {server.raw['pid']}\n"
    assert creator.stderr == ""
    assert fetch(server.raw["url"])["name"] == "web"


def test_it_leaves_no_child_to_its_creator(cloud):
    """A program that lives long gets no children, and so no zombies, from the servers that it creates."""
    script = CREATE + "import os\ntry: os.waitpid(-1, os.WNOHANG)\nexcept ChildProcessError: print('no children')\n"
    command = [sys.executable, "-c", script, str(cloud.directory), "token-1"]
    creator = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert creator.stdout.splitlines()[1] == "no children"


def test_a_server_learns_no_secret_of_its_creator(cloud, monkeypatch, eventually):
    """Of the creator's environment a server gets what programs need, and nothing else."""
    monkeypatch.setenv("CLOUD_PASSWORD", "hunter2")
    monkeypatch.setenv("LC_TIME", "C")
    server = cloud.command("env")
    eventually(lambda: cloud.get(server.id).state == "error")
    names = {line.partition("=")[0] for line in cloud.log().splitlines()}
    assert "CLOUD_PASSWORD" not in names
    assert {"PATH", "LC_TIME", "HOST", "PORT", "SERVER_NAME", "SERVER_ID", "USER_DATA_FILE"} <= names


def test_its_files_are_its_owners_alone(cloud):
    """Nobody else may read a server's record, user data or log."""
    server = cloud.create(user_data="secret")
    home = cloud.home()
    modes = {path: path.stat().st_mode & 0o077 for path in [home.path, *home.path.iterdir()]}
    assert set(modes.values()) == {0}
    assert home.user_data in modes
    assert "secret" not in json.dumps(server.as_dict())


def test_a_bad_request_names_everything_that_is_wrong(cloud):
    """All problems of one request come at once, with what there is instead, and nothing is left behind."""
    with pytest.raises(InvalidRequest) as refusal:
        cloud.create(
            name="a\n", size="huge", zone="mars", image="nt", key_pairs=("k",), networks=("n",), labels={"a": 1}
        )
    assert refusal.value.details["problems"] == [
        "its name must be 1 to 255 printable characters",
        "labels are names and values, all of them text",
        "there is no size 'huge', only small, medium, large",
        "there is no zone 'mars', only local-a, local-b",
        "there are no key pairs here",
        "there are no networks here, only the loopback interface",
        "there is no image 'nt', only http",
    ]
    assert refusal.value.message == "server 'a\\n' cannot be created by provider here: " + "; ".join(
        refusal.value.details["problems"]
    )
    assert not cloud.home().path.exists()


def test_an_empty_token_is_refused(cloud):
    """A client token must be something."""
    with pytest.raises(InvalidRequest) as refusal:
        cloud.create("")
    assert refusal.value.message == "server 'web' cannot be created by provider here: the client token is empty"


def test_extra_must_be_json(cloud):
    """What cannot be written down cannot be asked for."""
    with pytest.raises(InvalidRequest) as refusal:
        cloud.create(extra={"command": {1, 2}})
    assert refusal.value.message == (
        "server 'web' cannot be created by provider here: "
        "it is not made of JSON values (Object of type set is not JSON serializable)"
    )


def test_a_server_that_is_not_there(cloud):
    """What was never made is not found, and deleting it is a success."""
    for name in ("srv-0123456789abcdef", "../elsewhere", ""):
        for call in (cloud.get, cloud.start, cloud.stop, cloud.reboot):
            with pytest.raises(NotFound) as refusal:
                call(name)
            assert refusal.value.message == f"provider here has no server {name}"
        cloud.delete(name)
    assert cloud.find() is None
    assert cloud.servers() == []


def test_deleting_twice(cloud):
    """A deleted server is gone with its processes, its port and its files; deleting it again is a success."""
    server = cloud.create()
    cloud.delete(server.id)
    assert cloud.processes() == []
    assert list(cloud.directory.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.raw["port"]), timeout=5)
    cloud.delete(server.id)
    assert cloud.find() is None


def test_a_token_can_be_used_again_after_a_delete(cloud):
    """After a delete the same token makes a new server."""
    before = cloud.create()
    cloud.delete(before.id)
    after = cloud.create()
    assert (after.id, after.state) == (before.id, "running")
    assert after.created_at > before.created_at


def test_deleting_while_it_is_created(cloud):
    """Create and delete at once end in a running server or in none, and never in half of one."""
    for number in range(5):
        token = f"token-{number}"
        creator = threading.Thread(target=cloud.create, args=(token,))
        creator.start()
        cloud.delete(id_from_token(token))
        creator.join()
        server = cloud.find(token)
        assert server is None or server.state in {"running", "error"}
        if server is not None:
            cloud.delete(server.id)
        assert cloud.find(token) is None
    assert cloud.processes() == []


def test_a_half_removed_server_is_no_server(cloud):
    """A delete that was cut in half is finished by the next one, and lists nothing meanwhile."""
    server = cloud.create()
    cloud.stop(server.id)
    home = cloud.home()
    home.path.rename(home.path.with_name(f".trash-{server.id}-1"))
    assert cloud.servers() == []
    cloud.delete(server.id)
    assert list(cloud.directory.iterdir()) == []


def test_a_call_ends_with_its_deadline(cloud):
    """A delete that has to wait for somebody else gives up at its deadline."""
    server = cloud.create()
    context = OperationContext(operation_id="op", deadline=0.0)
    with try_lock(cloud.home().lock), pytest.raises(OperationTimedOut) as refusal:
        cloud.provider.delete_server(server.id, context)
    assert refusal.value.message == "operation op ran out of time"


def test_a_call_ends_when_it_is_cancelled(cloud):
    """A delete that has to wait for somebody else gives up when it is cancelled."""
    server = cloud.create()
    context = OperationContext(operation_id="op")
    context.cancellation.cancel()
    with try_lock(cloud.home().lock), pytest.raises(RunInterrupted) as refusal:
        cloud.provider.delete_server(server.id, context)
    assert refusal.value.message == "operation op was cancelled"


def test_creating_without_time_still_tells_the_id(cloud):
    """A create whose time is up answers with a server that is on its way, and that the next look brings to running."""
    context = OperationContext(deadline=0.0)
    server = cloud.provider.create_server(ServerSpec("web"), "token-1", {}, context)
    assert server.id == id_from_token("token-1")
    assert server.state in {"pending", "starting", "running"}
    cloud.wait_for(server.id, "running")
    assert len(cloud.processes()) == 2


def test_a_directory_that_cannot_be_used(tmp_path):
    """A folder that cannot be made is told in clear words by every call, and by the check without raising."""
    file = tmp_path.resolve() / "file"
    file.touch()
    provider = LocalProvider("here", {"directory": str(file)})
    message = f"provider here cannot use {file}: File exists"
    with pytest.raises(InvalidRequest) as refusal:
        LocalProvider("here", {"directory": f"{file}/below"}).create_server(
            ServerSpec("web"), "t", {}, OperationContext()
        )
    assert refusal.value.hint == "set `directory` of this provider to a directory that you may write"
    status = provider.check_connection(OperationContext())
    assert (status.reachable, status.message) == (False, message)
    with pytest.raises(InvalidRequest) as refusal:
        list(provider.list_servers(None, OperationContext()))
    assert refusal.value.message == f"provider here cannot use {file}: Not a directory"


def test_a_directory_that_may_not_be_written(tmp_path):
    """A folder without permission is told in clear words."""
    tmp_path.chmod(0o500)
    with ordinary_user():
        status = LocalProvider("here", {"directory": f"{tmp_path}/below"}).check_connection(OperationContext())
    assert status.message == f"provider here cannot use {tmp_path}/below: Permission denied"


def test_a_full_disk():
    """A full disk is the cloud's own failure, and says what helps."""
    with pytest.raises(ServiceInternalError) as refusal, translated("here", Path("/servers")):
        raise OSError(28, "No space left on device")
    assert refusal.value.message == "provider here cannot use /servers: No space left on device"
    assert refusal.value.hint == "free some space there, and try again"


def test_checking_the_connection(cloud):
    """A folder that can be written is a cloud that can be reached; it is made on the way."""
    status = cloud.provider.check_connection(cloud.context)
    assert (status.reachable, status.message) == (True, f"servers live in {cloud.directory}")
    assert status.latency >= 0
    assert list(cloud.directory.iterdir()) == []
