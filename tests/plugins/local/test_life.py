"""Stopping, starting and rebooting, and commands as images."""

import sys

import pytest

from provisioning.errors import InvalidRequest, ResourceConflict
from provisioning_local.record import read_record

DETACHING = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    print("detached", flush=True)
    time.sleep(600)
time.sleep(600)
"""
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
SERVING = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"text": "%s"}' % open(os.environ["USER_DATA_FILE"], "rb").read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
"""


def test_stop_and_start_keep_what_it_is(cloud, fetch):
    """A server that was stopped and started has its id, its port and its user data still."""
    before = cloud.create(user_data="hello")
    cloud.stop(before.id)
    assert cloud.get(before.id).state == "stopped"
    assert cloud.processes() == []
    assert "pid" not in cloud.get(before.id).raw
    cloud.start(before.id)
    after = cloud.get(before.id)
    assert (after.state, after.raw["url"]) == ("running", before.raw["url"])
    assert after.raw["pid"] != before.raw["pid"]
    assert fetch(after.raw["url"])["user_data"] == "hello"


def test_reboot_keeps_what_it_is(cloud, fetch):
    """A server that was rebooted is another process with the same id, port and user data."""
    before = cloud.create(user_data="hello")
    cloud.reboot(before.id)
    after = cloud.wait_for(before.id, "running")
    assert after.raw["url"] == before.raw["url"]
    assert after.raw["pid"] != before.raw["pid"]
    assert fetch(after.raw["url"])["user_data"] == "hello"
    assert read_record(cloud.home().record)["boots"] == 2
    assert len(cloud.processes()) == 2


def test_doing_it_twice_is_doing_it_once(cloud):
    """Starting what runs and stopping what is stopped are successes that change nothing."""
    server = cloud.create()
    cloud.start(server.id)
    assert cloud.get(server.id) == server
    cloud.stop(server.id)
    stopped = cloud.get(server.id)
    cloud.stop(server.id)
    assert cloud.get(server.id) == stopped
    assert cloud.create() == stopped


def test_only_what_runs_can_be_rebooted(cloud):
    """Rebooting a stopped server is refused."""
    server = cloud.create()
    cloud.stop(server.id)
    with pytest.raises(ResourceConflict) as refusal:
        cloud.reboot(server.id)
    assert refusal.value.message == (
        f"server {server.id} of provider here is stopped, and only a running server can be rebooted"
    )
    assert not refusal.value.retryable


def test_a_port_that_was_taken_meanwhile(cloud, fetch):
    """A server whose port was taken while it was stopped comes back on a new one."""
    import socket

    before = cloud.create()
    cloud.stop(before.id)
    with socket.create_server(("127.0.0.1", before.raw["port"])):
        cloud.start(before.id)
        after = cloud.get(before.id)
        assert after.raw["port"] != before.raw["port"]
        assert fetch(after.raw["url"])["id"] == before.id


def test_any_command_is_an_image(cloud, fetch, eventually):
    """A command is told its port and its user data by its environment, and serves for itself."""
    server = cloud.create(user_data="hi", extra={"command": [sys.executable, "-c", SERVING]})
    assert (server.state, server.image) == ("running", "command")

    def answer():
        try:
            return fetch(server.raw["url"])
        except OSError:
            return None

    assert eventually(answer) == {"text": "hi"}


def test_images_of_the_configuration(cloud, eventually):
    """An image of the configuration is a name for a command, with variables of its own."""
    script = "import os, time; print(os.environ['COLOUR'], flush=True); time.sleep(600)"
    images = {"painter": {"command": [sys.executable, "-c", script], "env": {"COLOUR": "blue"}}, "idle": ["sleep", "9"]}
    cloud.provider = cloud.make_provider(images=images)
    server = cloud.create(image="painter")
    assert server.image == "painter"
    eventually(lambda: cloud.log() == "blue\n")
    assert [image.name for image in cloud.provider.list_images(cloud.context)] == ["http", "painter", "idle"]
    assert cloud.provider.list_images(cloud.context)[2].description == "sleep 9"


def test_the_default_image_can_be_replaced(cloud):
    """An image named `http` in the configuration is what a server without an image runs."""
    cloud.provider = cloud.make_provider(images={"http": ["sleep", "600"]})
    assert [image.description for image in cloud.provider.list_images(cloud.context)] == ["sleep 600"]
    cloud.create()
    assert read_record(cloud.home().record)["command"][1:] == ["600"]


def test_a_program_that_does_not_exist(cloud):
    """A command that cannot be found is refused before anything is made."""
    with pytest.raises(InvalidRequest) as refusal:
        cloud.command("no-such-program-here")
    assert refusal.value.message == (
        "server 'web' cannot be created by provider here: there is no program 'no-such-program-here' that can be run"
    )


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        ({"command": []}, "extra needs a command: a list of a program and its arguments, all of them text"),
        ({"command": "sleep 1"}, "extra needs a command: a list of a program and its arguments, all of them text"),
        ({"command": ["a\0b"]}, "extra needs a command: a list of a program and its arguments, all of them text"),
        ({"command": ["env"], "env": {"A=B": "c"}}, "extra needs an env of names and texts"),
        ({"flavour": "x"}, "extra has the unknown key 'flavour'"),
    ],
)
def test_an_unusable_command(cloud, extra, problem):
    """A command that could not be run as it stands is refused, and the reason given."""
    with pytest.raises(InvalidRequest) as refusal:
        cloud.create(extra=extra)
    assert refusal.value.message == f"server 'web' cannot be created by provider here: {problem}"


def test_an_image_and_a_command(cloud):
    """A server runs one thing."""
    with pytest.raises(InvalidRequest) as refusal:
        cloud.create(image="http", extra={"command": ["env"]})
    assert refusal.value.message == (
        "server 'web' cannot be created by provider here: "
        "it names the image 'http' and a command, and can run only one of them"
    )


def test_a_program_that_cannot_be_run(cloud, tmp_path):
    """A program that the system refuses to run leaves a server in error that says so."""
    program = tmp_path / "program"
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o700)
    server = cloud.command(str(program))
    assert server.state == "error"
    assert server.raw["error"] == f"cannot run {program}: No such file or directory"


def test_a_command_that_ends_by_itself(cloud):
    """A command that ends takes its server to error, with its exit status; starting revives it."""
    server = cloud.command(sys.executable, "-c", "raise SystemExit(3)")
    failed = cloud.wait_for(server.id, "error")
    assert failed.raw["exit_status"] == 3
    assert failed.raw["error"] == "the server's command ended with exit status 3"
    cloud.start(server.id)
    cloud.wait_for(server.id, "error")
    assert read_record(cloud.home().record)["boots"] == 2


def test_a_command_that_is_killed(cloud, eventually):
    """A command that a signal ends takes its server to error, with the signal's name."""
    import os
    import signal

    server = cloud.create()
    os.kill(server.raw["pid"], signal.SIGKILL)
    failed = cloud.wait_for(server.id, "error")
    assert failed.raw["exit_status"] == -9
    assert failed.raw["error"] == "the server's command was ended by SIGKILL"
    cloud.stop(server.id)
    assert cloud.get(server.id).state == "stopped" or cloud.get(server.id).raw["exit_status"] == -9
    cloud.start(server.id)
    assert cloud.get(server.id).state == "running"
    assert "error" not in cloud.get(server.id).raw


def test_a_command_that_will_not_end(cloud, eventually):
    """A command that ignores SIGTERM is killed after the stop timeout."""
    cloud.provider = cloud.make_provider(stop_timeout=0.1)
    server = cloud.command(sys.executable, "-c", STUBBORN)
    eventually(lambda: cloud.log() == "up\n")
    cloud.stop(server.id)
    assert cloud.get(server.id).state == "stopped"
    assert cloud.processes() == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux shows the environment of a process")
def test_a_command_that_detaches_itself(cloud, eventually):
    """What a command has started in a session of its own ends with the server too."""
    server = cloud.command(sys.executable, "-c", DETACHING)
    eventually(lambda: "detached" in cloud.log())
    assert len(cloud.processes()) == 3
    cloud.delete(server.id)
    assert cloud.processes() == []


def test_the_catalog(cloud):
    """Sizes and zones are few and nominal."""
    assert [size.name for size in cloud.provider.list_sizes()] == ["small", "medium", "large"]
    assert [zone.name for zone in cloud.provider.list_zones()] == ["local-a", "local-b"]
    assert [image.name for image in cloud.provider.list_images(cloud.context)] == ["http"]
