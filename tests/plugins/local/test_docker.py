"""Servers that are containers, on a real Docker engine."""

import http.server
import json
import socketserver
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from provisioning.contract import OperationContext, ServerSpec, ServerState
from provisioning.errors import (
    AccessDenied,
    AlreadyExists,
    Ambiguous,
    ExtensionBroken,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    ResourceConflict,
    ServiceInternalError,
)
from provisioning_local.container import Marks
from provisioning_local.identity import id_from_token
from provisioning_local.provider import LocalProvider
from provisioning_local.request import Request
from tests.docker_engine import IMAGE, Containers
from tests.users import ordinary_user

CREATE = """
import json, sys
from provisioning.contract import OperationContext, ServerSpec
from provisioning.errors import ResourceConflict
from provisioning_local.provider import LocalProvider
config, token, labels = map(json.loads, sys.argv[1:])
provider = LocalProvider("here", config)
while True:
    try:
        server = provider.create_server(ServerSpec("web"), token, labels, OperationContext())
        break
    except ResourceConflict as busy:  # the engine of workflows tries again, too
        assert busy.retryable
print(server.raw["container"])
"""
DIE = """
import docker, os
docker.APIClient.{method} = lambda *_, **__: os._exit(9)
"""


@pytest.fixture
def containers(docker_socket: str, eventually: Callable[[Callable[[], Any]], Any]) -> Iterator[Containers]:
    """Return a cloud that is empty for this test; afterwards all is deleted."""
    containers = Containers(docker_socket, eventually)
    yield containers
    containers.close()
    assert containers.servers() == []


def create_elsewhere(containers: Containers, before: str = "") -> "subprocess.Popen[str]":
    """Create the server of `token-1` in a process of its own."""
    config = {"driver": "docker", "docker_socket": containers.socket, "default_image": IMAGE}
    arguments = [json.dumps(argument) for argument in (config, containers.token(), containers.mark)]
    command = [sys.executable, "-c", before + CREATE, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_it_serves_what_it_was_given(containers):
    """A server finds its user data in the file that USER_DATA_FILE names, and is reached at `raw.url`."""
    server = containers.create(user_data='naïve "quotes"\nand lines\t✓')
    with urllib.request.urlopen(containers.url(server)) as answer:
        assert answer.read().decode() == 'naïve "quotes"\nand lines\t✓'


def test_it_is_reported_whole(containers):
    """A created server carries everything that was asked for and everything that one needs to use it."""
    server = containers.create("t", {"team": "a"}, name="db", size="medium", zone="local-b")
    seen = containers.seen(server)
    assert (server.id, server.name, server.provider) == (id_from_token(containers.token("t")), "db", "here")
    assert (server.size, server.zone, server.image) == ("medium", "local-b", IMAGE)
    assert (server.public_ips, server.private_ips) == ((), (seen["NetworkSettings"]["IPAddress"],))
    assert (server.labels, server.client_token) == ({**containers.mark, "team": "a"}, containers.token("t"))
    assert datetime.fromisoformat(server.created_at).utcoffset().total_seconds() == 0
    port = int(seen["NetworkSettings"]["Ports"]["8080/tcp"][0]["HostPort"])
    assert server.raw == {
        "container": seen["Id"],
        "ports": {"8080/tcp": port},
        "port": port,
        "url": f"http://127.0.0.1:{port}",
    }
    assert server == containers.get(server.id) == containers.find("t") == containers.servers()[0]


def test_labels_are_the_containers_too(containers):
    """People find a server with the tools of Docker: by its id, its token and its labels."""
    seen = containers.seen(containers.create(labels={"team": "a"}))
    assert seen["Name"] == f"/{id_from_token(containers.token())}"
    labels = seen["Config"]["Labels"]
    assert (labels["team"], labels["provisioning.client-token"]) == ("a", containers.token())


def test_labels_of_an_image_are_not_the_servers(containers):
    """A server has the labels that it was given, and none that came with its image."""
    server = containers.create()
    assert containers.seen(server)["Config"]["Labels"]["maker"] == "nobody"
    assert server.labels == containers.mark


def test_a_size_limits(containers):
    """The engine gives a container the processors and the memory of its size, as far as the machine has them."""
    seen = containers.seen(containers.create(size="large"))["HostConfig"]
    assert seen["CpuQuota"] / seen["CpuPeriod"] == 4
    assert seen["Memory"] == 8192 * 2**20


def test_command_environment_and_ports(containers):
    """`extra` says what runs, with which variables, and at which ports of this machine it is reached."""
    extra = {"command": ["env"], "env": {"COLOUR": "blue", "SERVER_ID": "mine"}, "ports": {"53/udp": 0, "80": 0}}
    server = containers.create(extra=extra)
    ended = containers.wait_for(server.id, ServerState.STOPPED)
    lines = containers.log(server).splitlines()
    assert {"COLOUR=blue", f"SERVER_ID={server.id}", "SERVER_NAME=web"} <= set(lines)
    assert "USER_DATA_FILE=/var/lib/provisioning/user-data" in lines
    assert ended.raw == {"container": server.raw["container"], "ports": {}, "exit_status": 0}
    bindings = containers.seen(server)["HostConfig"]["PortBindings"]
    assert bindings == {port: [{"HostIp": "127.0.0.1", "HostPort": ""}] for port in ("8080/tcp", "53/udp", "80/tcp")}


def test_network_mode(containers):
    """`network_mode` says where containers stand; on the network of this machine, their ports are its own."""
    alone = containers.create("alone", provider=containers.make_provider(network_mode="none"))
    assert (alone.private_ips, alone.raw["ports"]) == ((), {})
    extra = {"command": ["sleep", "1000"]}
    host = containers.create("host", provider=containers.make_provider(network_mode="host"), extra=extra)
    assert (host.private_ips, host.raw["url"]) == (("127.0.0.1",), "http://127.0.0.1:8080")


def test_two_provisioners_make_one_container(containers):
    """Four processes that create with one token at once get one server, which is one container."""
    creators = [create_elsewhere(containers) for _ in range(4)]
    answers = {creator.communicate(timeout=120)[0] for creator in creators}
    assert [creator.returncode for creator in creators] == [0, 0, 0, 0]
    (server,) = containers.servers()
    assert answers == {server.raw["container"] + "\n"}


@pytest.mark.parametrize("method", ["put_archive", "start"])
@pytest.mark.parametrize("look", ["find", "get", "create"])
def test_killed_between_create_and_start(containers, method, look):
    """Whoever looks next finds the server and starts it, with what it was given, however far its creator got."""
    creator = create_elsewhere(containers, DIE.format(method=method))
    creator.communicate(timeout=120)
    assert creator.returncode == 9
    (pending,) = containers.servers()
    assert pending.state is ServerState.PENDING
    found = {"find": containers.find, "get": lambda: containers.get(pending.id), "create": containers.create}[look]()
    assert (found.id, found.state) == (pending.id, ServerState.RUNNING)
    assert found.raw["container"] == pending.raw["container"]
    containers.url(found)


def test_killed_between_create_and_start_and_stopped(containers):
    """A server that nobody has started is stopped for good: looking at it does not start it."""
    create_elsewhere(containers, DIE.format(method="start")).communicate(timeout=120)
    (pending,) = containers.servers()
    containers.provider.stop_server(pending.id, containers.context)
    assert containers.get(pending.id).state is ServerState.STOPPED


def test_a_server_that_died(containers):
    """A command that fails leaves a server in error, which says why, can be started again, and deleted."""
    server = containers.create(extra={"command": ["sh", "-c", "exit 3"]})
    dead = containers.wait_for(server.id, ServerState.ERROR)
    assert dead.raw["exit_status"] == 3
    assert dead.raw["error"] == "the server's command ended with exit status 3"
    containers.provider.start_server(server.id, containers.context)
    assert containers.wait_for(server.id, ServerState.ERROR).raw == dead.raw
    containers.delete(server.id)
    with pytest.raises(NotFound):
        containers.get(server.id)


def test_a_container_that_somebody_killed(containers):
    """A container that was killed from outside is a stopped server."""
    server = containers.create()
    containers.ask(lambda client: client.kill(server.raw["container"]))
    assert containers.wait_for(server.id, ServerState.STOPPED).raw["exit_status"] == 137


def test_a_command_that_cannot_be_run(containers):
    """A server whose command is not in its image is there, in error, and says what the engine said."""
    server = containers.create(extra={"command": ["no-such-program"]})
    assert server.state is ServerState.ERROR
    assert 'exec: "no-such-program": executable file not found in $PATH' in server.raw["error"]
    assert server == containers.find() == containers.create(extra={"command": ["no-such-program"]})


def test_a_paused_container_is_unknown(containers):
    """A state that the contract does not know is `unknown`."""
    server = containers.create()
    containers.ask(lambda client: client.pause(server.raw["container"]))
    assert containers.get(server.id).state is ServerState.UNKNOWN


def test_only_a_running_server_reboots(containers):
    """Rebooting a stopped server is refused, and says what helps."""
    server = containers.create()
    containers.provider.stop_server(server.id, containers.context)
    with pytest.raises(ResourceConflict) as refusal:
        containers.provider.reboot_server(server.id, containers.context)
    assert refusal.value.message == (
        f"server {server.id} of provider here is stopped, and only a running server can be rebooted"
    )
    assert (refusal.value.retryable, refusal.value.hint) == (False, "start it instead")


def test_a_token_is_for_one_request(containers):
    """A token that comes with another request is refused, and what differs is named."""
    server = containers.create()
    with pytest.raises(InvalidRequest) as refusal:
        containers.create(user_data="x", labels={"a": "b"})
    assert refusal.value.message == (
        f"provider here made server {server.id} with this client token for another request: user_data, labels differ"
    )


def test_a_bad_request_names_everything_that_is_wrong(containers):
    """All problems of one request come at once, and no container is made."""
    extra = {"command": "sleep", "env": {"": "x"}, "ports": {"0": 80}, "colour": "blue"}
    with pytest.raises(InvalidRequest) as refusal:
        containers.create(
            provider=containers.make_provider(default_image=None), name="", networks=("n", "m"), size="s", extra=extra
        )
    assert refusal.value.details["problems"] == [
        "its name must be 1 to 255 printable characters",
        "there is no size 's', only small, medium, large",
        "a container joins one network when it is made",
        "it names no image, and the provider has no `default_image`",
        "extra has the unknown key 'colour'",
        "extra.command is a list of a program and its arguments, all of them text",
        "extra.env is a table of names and texts",
        'extra.ports is a table such as { "80" = 8080, "53/udp" = 0 }: its ports, and those of this machine',
    ]
    assert containers.find() is None


def test_a_missing_image(containers):
    """An image that the engine lacks is refused with what to do, and is not pulled unasked."""
    with pytest.raises(InvalidRequest) as refusal:
        containers.create(image="localhost:1/nothing:2")
    assert refusal.value.message == (
        "server 'web' cannot be created by provider here: "
        "there is no image 'localhost:1/nothing:2' in the Docker engine"
    )
    assert refusal.value.hint == "docker pull localhost:1/nothing:2 (or set `pull = true` of this provider)"


def test_an_image_that_cannot_be_pulled(containers):
    """With `pull = true` the engine is told to pull, and what it says to that is told."""
    with pytest.raises(ServiceInternalError) as failure:
        containers.create(provider=containers.make_provider(pull=True), image="localhost:1/nothing:2")
    assert failure.value.message.startswith("provider here: the Docker engine says: Get ")
    assert "connection refused" in failure.value.message


def test_images_are_those_of_the_engine(containers):
    """`list_images` names what the engine has."""
    names = [image.name for image in containers.provider.list_images(containers.context)]
    assert IMAGE in names
    assert sorted(names) == names


def test_a_strangers_container_is_left_alone(containers):
    """A container that only has the name, or only the labels, is no server: nobody lists, finds or deletes it."""
    name = id_from_token(containers.token())
    stranger = containers.ask(lambda client: client.create_container(IMAGE, name=name))["Id"]
    server = containers.create("other")
    labels = containers.seen(server)["Config"]["Labels"]
    copy = containers.ask(lambda client: client.create_container(IMAGE, labels=labels))["Id"]
    try:
        assert [listed.raw["container"] for listed in containers.servers()] == [server.raw["container"]]
        assert containers.find() is None
        containers.delete(name)
        with pytest.raises(NotFound) as missing:
            containers.get(name)
        assert missing.value.message == f"provider here has no server {name}"
        with pytest.raises(AlreadyExists) as refusal:
            containers.create()
        assert refusal.value.message == (
            f"provider here cannot create server {name}: a container of this name is there, and it is not the server"
        )
        assert refusal.value.hint == f"docker rename {name} ANOTHER_NAME"
    finally:
        for key in (stranger, copy):
            containers.ask(lambda client, key=key: client.remove_container(key, force=True))


def test_what_is_no_id_is_no_server(containers):
    """A text that is not written as ids are reaches no container, whatever it is the name or the key of."""
    key = containers.create().raw["container"]
    for name in (key, key[:12], "../elsewhere", ""):
        for call in ("get_server", "start_server", "stop_server", "reboot_server"):
            with pytest.raises(NotFound) as missing:
                getattr(containers.provider, call)(name, containers.context)
            assert missing.value.message == f"provider here has no server {name}"
        containers.delete(name)
    assert containers.find() is not None


def test_a_big_listing(containers):
    """Every one of many servers is listed, once, and one of them before the others are looked at."""
    made = containers.create("first", {"n": "0"})
    seen = containers.seen(made)
    tokens = [containers.token(f"many-{number}") for number in range(120)]

    def make_others(client: Any) -> None:
        marks = json.loads(seen["Config"]["Labels"]["provisioning.request"])
        for token in tokens:
            request = json.dumps({**marks, "client_token": token})
            labels = {**containers.mark, "provisioning.client-token": token, "provisioning.request": request}
            client.create_container(IMAGE, name=id_from_token(token), labels=labels)

    containers.ask(make_others)
    listing = containers.provider.list_servers(containers.mark, containers.context)
    first = next(listing).client_token
    gone = next(token for token in tokens if token != first)
    containers.ask(lambda client: client.remove_container(id_from_token(gone)))
    listed = sorted([first, *(server.client_token for server in listing)])
    assert listed == sorted({made.client_token, *tokens} - {gone})


def test_a_volume_goes_with_its_server(containers):
    """A server that is deleted leaves no nameless volume behind."""
    changes = ["VOLUME /data"]
    base = containers.create()
    name = f"provisioning-test-volume:{containers.mark['test']}"
    repository, tag = name.split(":")
    containers.ask(lambda client: client.commit(base.raw["container"], repository, tag, changes=changes))
    try:
        server = containers.create("with", image=name)
        (volume,) = [mount["Name"] for mount in containers.seen(server)["Mounts"]]
        containers.delete(server.id)
        volumes = containers.ask(lambda client: client.volumes())["Volumes"] or []
        assert volume not in [entry["Name"] for entry in volumes]
    finally:
        containers.ask(lambda client: client.remove_image(name, force=True))


def provider_at(path: Path | str) -> LocalProvider:
    """Return a provider whose engine should be behind this socket."""
    return LocalProvider("here", {"driver": "docker", "docker_socket": str(path)})


def test_an_unreachable_engine(tmp_path):
    """Nobody behind the socket: a network failure that is worth a retry, and an answer to a check."""
    path = tmp_path / "docker.sock"
    with pytest.raises(NetworkFailure) as failure:
        provider_at(path).create_server(ServerSpec("web"), "t", {}, OperationContext())
    message = f"provider here cannot reach the Docker engine at {path}: No such file or directory"
    assert failure.value.message == message
    assert (failure.value.retryable, failure.value.hint) == (True, "start it, or set `docker_socket` of this provider")
    status = provider_at(path).check_connection(OperationContext())
    assert (status.reachable, status.message) == (False, message)


def test_a_socket_that_may_not_be_used(tmp_path):
    """A socket of somebody else is a matter of access, and the hint says how to get it."""
    with serving(tmp_path / "docker.sock", {}) as path:
        path.chmod(0)
        with ordinary_user(), pytest.raises(AccessDenied) as refusal:
            provider_at(path).get_server("srv-0123456789abcdef", OperationContext())
    assert refusal.value.message == f"provider here cannot reach the Docker engine at {path}: Permission denied"
    assert refusal.value.hint == "add yourself to the group that owns the socket (`docker`), or set `docker_socket`"


def test_a_missing_sdk(monkeypatch):
    """Without the SDK a call says what to install; a check says it, too."""
    for name in [name for name in sys.modules if name.startswith("provisioning_local.docker_")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "docker", None)
    with pytest.raises(ExtensionBroken) as broken:
        provider_at("/none").get_server("srv-0123456789abcdef", OperationContext())
    assert broken.value.message == "provider here needs the Docker SDK, and module docker is not installed"
    assert broken.value.hint == "pip install 'provisioning[docker]'"
    status = provider_at("/none").check_connection(OperationContext())
    assert (status.reachable, status.message) == (
        False,
        "provider here needs the Docker SDK, and module docker is not installed (pip install 'provisioning[docker]')",
    )


def test_the_sdk_is_imported_for_containers_only():
    """A provider of processes imports no SDK."""
    script = (
        "import sys; from provisioning.contract import OperationContext;"
        "from provisioning_local.provider import LocalProvider;"
        "LocalProvider('here', {}).list_images(OperationContext());"
        "print([name for name in ('docker', 'requests') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


Pages = dict[tuple[str, str], tuple[int, bytes] | None]


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def get_request(self) -> tuple[Any, Any]:
        connection, _ = super().get_request()
        return connection, ("engine", 0)


@contextmanager
def serving(path: Path, pages: Pages) -> Iterator[Path]:
    """Serve at a socket what an engine says; None for an engine that dies before it answers."""
    version = json.dumps({"ApiVersion": "1.41", "Version": "20.10"}).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            page = self.path.partition("?")[0].removeprefix("/v1.41")
            reply = pages.get((self.command, page), (404, b'{"message": "no such thing"}'))
            if page == "/version":
                reply = (200, version)
            if reply is None:
                self.close_connection = True
                return
            status, body = reply
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with _Server(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield path
        finally:
            server.shutdown()
            thread.join()


IMAGE_PAGE: tuple[int, bytes] = (200, b'{"Config": null}')


def test_a_lost_reply_is_ambiguous(tmp_path):
    """An engine that dies over a request that creates may have done it, and over one that asks it has not."""
    pages: Pages = {
        ("GET", "/images/web:1/json"): IMAGE_PAGE,
        ("POST", "/containers/create"): None,
        ("GET", "/containers/json"): None,
    }
    with serving(tmp_path / "docker.sock", pages) as path:
        with pytest.raises(Ambiguous) as doubt:
            provider_at(path).create_server(ServerSpec("web", image="web:1"), "t", {}, OperationContext())
        with pytest.raises(NetworkFailure) as failure:
            list(provider_at(path).list_servers(None, OperationContext()))
    message = (
        f"provider here got no usable reply of the Docker engine at {path}: "
        "Remote end closed connection without response"
    )
    assert (doubt.value.message, failure.value.message) == (message, message)


def test_a_name_that_is_kept_and_not_shown(tmp_path):
    """While somebody else creates the same server the engine shows nothing yet: busy, and worth a retry."""
    pages: Pages = {
        ("GET", "/images/web:1/json"): IMAGE_PAGE,
        ("POST", "/containers/create"): (409, b'{"message": "Conflict. The container name is already in use"}'),
    }
    with serving(tmp_path / "docker.sock", pages) as path, pytest.raises(ResourceConflict) as busy:
        provider_at(path).create_server(ServerSpec("web", image="web:1"), "t", {}, OperationContext())
    assert busy.value.message == f"server {id_from_token('t')} of provider here is being created by somebody else"
    assert busy.value.retryable


def test_a_server_that_appears_while_its_name_is_looked_at(tmp_path):
    """The third look would show it: who was second to create it says busy, and never that it is a stranger's."""
    marks = Marks.from_request(Request(ServerSpec("web", image="web:1"), "t", {}, "here"))
    running = {"Status": "running", "Error": "", "ExitCode": 0}
    shown = {"Id": "abc", "Name": "/x", "State": running, "Config": {"Labels": marks.as_labels()}}
    looks = iter([(404, b'{"message": "no such thing"}')] * 2)

    class Appearing(Pages):
        def get(self, key: tuple[str, str], default: Any = None) -> Any:
            is_look = key == ("GET", f"/containers/{id_from_token('t')}/json")
            return next(looks, (200, json.dumps(shown).encode())) if is_look else super().get(key, default)

    pages = Appearing(
        {
            ("GET", "/images/web:1/json"): IMAGE_PAGE,
            ("POST", "/containers/create"): (409, b'{"message": "Conflict. The container name is already in use"}'),
        }
    )
    with serving(tmp_path / "docker.sock", pages) as path, pytest.raises(ResourceConflict) as busy:
        provider_at(path).create_server(ServerSpec("web", image="web:1"), "t", {}, OperationContext())
    assert busy.value.retryable


def test_a_server_that_goes_while_it_is_looked_at(tmp_path):
    """A container that somebody removes before it was started is gone, and its name is not free yet."""
    marks = Marks.from_request(Request(ServerSpec("web", image="web:1"), "t", {}, "here"))
    shown = {
        "Id": "abc",
        "Name": f"/{id_from_token('t')}",
        "State": {"Status": "created", "Error": "", "ExitCode": 0},
        "Config": {"Labels": marks.as_labels()},
    }
    pages: Pages = {("GET", f"/containers/{id_from_token('t')}/json"): (200, json.dumps(shown).encode())}
    with serving(tmp_path / "docker.sock", pages) as path:
        provider = provider_at(path)
        assert provider.find_server("t", OperationContext()) is None
        with pytest.raises(NotFound) as missing:
            provider.get_server(id_from_token("t"), OperationContext())
        with pytest.raises(ResourceConflict) as busy:
            provider.create_server(ServerSpec("web", image="web:1"), "t", {}, OperationContext())
    assert missing.value.message == f"provider here has no server {id_from_token('t')}"
    assert busy.value.message == f"server {id_from_token('t')} of provider here is being deleted"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, InvalidRequest), (403, AccessDenied), (404, NotFound), (409, ResourceConflict), (500, ServiceInternalError)],
)
def test_what_the_engine_says_is_told_in_the_fields_words(tmp_path, status, kind):
    """Each refusal of the engine is an error of the contract, with the engine's own reason and nothing else."""
    pages: Pages = {("GET", "/containers/json"): (status, b'{"message": "no room in the inn"}')}
    with serving(tmp_path / "docker.sock", pages) as path, pytest.raises(kind) as refusal:
        list(provider_at(path).list_servers(None, OperationContext()))
    assert type(refusal.value) is kind
    assert refusal.value.message == "provider here: the Docker engine says: no room in the inn"


def test_something_that_is_no_engine(tmp_path):
    """Whoever answers without speaking Docker may have done anything: an error of the contract says so."""
    pages: Pages = {("GET", "/containers/json"): (200, b"<html>")}
    with serving(tmp_path / "docker.sock", pages) as path, pytest.raises(Ambiguous) as failure:
        list(provider_at(path).list_servers(None, OperationContext()))
    assert failure.value.message.startswith(f"provider here got no usable reply of the Docker engine at {path}: ")


def test_no_secret_is_in_an_error(containers):
    """What a server is given stays out of errors and of what is reported, whatever goes wrong."""
    secrets = {"user_data": "hunter2", "extra": {"env": {"PASSWORD": "hunter2"}}}
    told = [repr(containers.create("good", **secrets)), repr(containers.provider)]
    for wrong in ({"image": "UPPER case"}, {"image": "no-such"}, {"size": "huge"}, {"name": ""}):
        with pytest.raises(InvalidRequest) as refusal:
            containers.create("bad", **{**secrets, **wrong})
        told.append(f"{refusal.value!r} {refusal.value.info().as_dict()}")
    with pytest.raises(InvalidRequest) as refusal:
        containers.create("good", **secrets, zone="local-b")
    told.append(f"{refusal.value!r} {refusal.value.info().as_dict()}")
    assert [text for text in told if "hunter2" in text] == []
