"""The main job with containers: the same example on a Docker engine; run, undone, killed."""

import json
import os
import signal
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import docker
import pytest

from tests.acceptance.conftest import EXAMPLES, KEPT, Person
from tests.acceptance.test_three_tier import kill_at, names
from tests.docker_engine import IMAGE

THREE_TIER = str(EXAMPLES / "three-tier.toml")


class Run:
    """One run of the example by somebody who shares the engine with others."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.id = f"deploy-{uuid4().hex}"
        self.words = ("workflow", "run", THREE_TIER, "--workflow-id", self.id, "--output", "json")

    def servers(self) -> list[dict[str, object]]:
        """Return the servers of this run, as `server list` shows them."""
        label = f"provisioning-workflow={self.id}"
        answer = self.person.run("server", "list", "--label", label, "--output", "json")
        assert answer.code == 0, answer.err
        servers: list[dict[str, object]] = answer.data
        return servers

    def roll_back(self) -> None:
        """Undo the run, and see that nothing of it is left."""
        answer = self.person.run("workflow", "rollback", self.id, "--yes")
        assert answer.code == 0, answer.err
        assert self.servers() == []


@pytest.fixture
def run(tmp_path: Path, docker_socket: str) -> Iterator[Run]:
    """A person in an empty workspace, whose servers are containers."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith("COVERAGE_")}
    environ = {
        **kept,
        "HOME": str(tmp_path / "home"),
        "PROVISIONING__PROVIDERS__LOCAL__DRIVER": "docker",
        "PROVISIONING__PROVIDERS__LOCAL__DOCKER_SOCKET": docker_socket,
        "PROVISIONING__PROVIDERS__LOCAL__DEFAULT_IMAGE": IMAGE,
        "PROVISIONING__PROVIDERS__LOCAL__LISTING_LAG": "2",
        "PROVISIONING__PROVIDERS__LOCAL__STOP_TIMEOUT": "0",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    someone = Person(tmp_path, environ)
    run = Run(someone)
    yield run
    for process in someone.running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    for server in run.servers():
        someone.run("server", "delete", str(server["id"]), "--yes")
    assert run.servers() == []


def test_the_three_tiers_come_up_as_containers(run: Run) -> None:
    """The example, unchanged: the web servers answer with the address of the database; undone, nothing is left."""
    answer = run.person.run(*run.words)
    assert answer.code == 0, answer.err
    servers = run.servers()
    assert names(servers) == ["db-1", "web-a", "web-b"]
    database = next(server for server in servers if server["name"] == "db-1")
    for url in answer.data["result"]["metadata"]["outputs"]["web"]:
        with urllib.request.urlopen(url) as page:
            assert page.read().decode() == f"DB={database['raw']['url']}"  # type: ignore[index]
    run.roll_back()


@pytest.mark.parametrize("operation", ["db", "web.a"])
def test_killed_in_the_middle_and_rolled_back_nothing_is_left(run: Run, operation: str) -> None:
    """SIGKILL between a call and its result; the rollback finds the container that the engine had been told to make."""
    process = run.person.start(*run.words)
    kill_at(process, "OperationStarted", operation)
    process.communicate()
    run.roll_back()


def test_killed_in_the_middle_and_resumed_there_is_one_container_of_each(run: Run) -> None:
    """SIGKILL between a call and its result; a resume adopts what was made, and nothing is there twice."""
    process = run.person.start(*run.words)
    kill_at(process, "OperationStarted", "web.a")
    process.communicate()
    answer = run.person.run("workflow", "resume", run.id)
    assert answer.code == 0, answer.err
    assert names(run.servers()) == ["db-1", "web-a", "web-b"]


def test_a_failure_leaves_no_network_and_no_volume(run: Run, tmp_path: Path, docker_socket: str) -> None:
    """A network, a volume and a server that uses both: the last operation fails, and the engine has nothing of it."""

    def here(operation: str, kind: str, **parameters: object) -> dict[str, object]:
        return {"id": operation, "kind": kind, "provider": "local", "parameters": parameters}

    uses = {"networks": ["{{operations.net.result.id}}"], "volumes": ["{{operations.disk.result.id}}"]}
    document = {
        "name": "doomed",
        "operations": [
            here("net", "network_create", name="inner"),
            here("disk", "volume_create", name="data", size_gib=1),
            here("web", "server_create", name="web", **uses),
            {"id": "end", "kind": "command", "parameters": {"command": ["false", "{{operations.web.result.id}}"]}},
        ],
    }
    file = tmp_path / "doomed.json"
    file.write_text(json.dumps(document))
    answer = run.person.run("workflow", "run", str(file), "--workflow-id", run.id, "--output", "json")
    assert answer.code == 4, answer.err
    label = {"label": [f"provisioning-workflow={run.id}"]}
    with closing(docker.APIClient(f"unix://{docker_socket}", version="auto")) as client:
        left = client.containers(all=True, filters=label), client.networks(filters=label)
        assert (*left, client.volumes(filters=label)["Volumes"] or []) == ([], [], [])
    told = run.person.run("workflow", "logs", run.id)
    for words in ("net", "disk", "web"):
        assert f"{words} compensated" in told.out or f"{words} undone" in told.out, told.out
