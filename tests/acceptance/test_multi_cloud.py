"""One workflow over three clouds, killed in the middle: it goes on, fails at its end, and leaves nothing anywhere.

The containers are real. EC2 is a moto server behind a proxy that honours client tokens, as EC2 does; UpCloud is the
kit's fake of its API. What is left is read from the clouds themselves.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import docker
import pytest

from provisioning.testing.fakes import FakeUpCloud
from tests.acceptance.conftest import EXAMPLES, KEPT, Person
from tests.docker_engine import IMAGE
from tests.plugins.aws.front import Ec2, ec2_cloud

EXAMPLE = str(EXAMPLES / "multi-cloud.toml")
CONFIGURATION = """
[providers.local]
driver = "docker"
docker_socket = "{socket}"
default_image = "{image}"
listing_lag = 1
stop_timeout = 0

[providers.aws]
region = "eu-west-1"
endpoint_url = "{ec2}"
default_image = "ami-087fc0fcee2c7570a"
listing_lag = 1

[providers.upcloud]
api_endpoint = "{upcloud}"
listing_lag = 1
"""


@dataclass
class Clouds:
    """Three clouds, and one run in them."""

    socket: str
    ec2: Ec2
    upcloud: FakeUpCloud
    run: str

    def containers(self) -> list[str]:
        """Return the containers of the run, whatever their state."""
        label = {"label": f"provisioning-workflow={self.run}"}
        with closing(docker.APIClient(f"unix://{self.socket}", version="auto")) as client:
            return [one["Id"] for one in client.containers(all=True, filters=label)]

    def instances(self, *states: str) -> list[str]:
        """Return the tokens of the instances of EC2 that were ever made, or of those in some states."""
        client: Any = boto3.client("ec2", region_name="eu-west-1", endpoint_url=self.ec2.url)
        listed = client.describe_instances()["Reservations"]
        found = [one for reservation in listed for one in reservation["Instances"]]
        return [one.get("ClientToken", "") for one in found if not states or one["State"]["Name"] in states]

    def volumes(self) -> list[str]:
        """Return the volumes of EC2."""
        client: Any = boto3.client("ec2", region_name="eu-west-1", endpoint_url=self.ec2.url)
        return [one["VolumeId"] for one in client.describe_volumes()["Volumes"]]


@pytest.fixture
def clouds(docker_socket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clouds]:
    """Three clouds of which this run has all but the engine to itself."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with ec2_cloud() as ec2, FakeUpCloud("robot", "secret", pace=0.1) as upcloud:
        found = Clouds(docker_socket, ec2, upcloud, f"deploy-{uuid4().hex}")
        yield found
        with closing(docker.APIClient(f"unix://{docker_socket}", version="auto")) as client:
            for container in found.containers():
                client.remove_container(container, force=True)


CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
    "UPCLOUD_USERNAME": "robot",
    "UPCLOUD_PASSWORD": "secret",
    "NO_PROXY": "127.0.0.1",
}


@pytest.fixture
def operator(tmp_path: Path, clouds: Clouds) -> Iterator[Person]:
    """Somebody whose workspace has the three of them."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    environ = {**kept, **CREDENTIALS, "HOME": str(tmp_path / "home"), "PYTHONPATH": os.pathsep.join(sys.path)}
    text = CONFIGURATION.format(socket=clouds.socket, image=IMAGE, ec2=clouds.ec2.url, upcloud=clouds.upcloud.endpoint)
    (tmp_path / "config.user.toml").write_text(text, encoding="utf-8")
    someone = Person(tmp_path, environ)
    yield someone
    clouds.ec2.faults.release.set()
    for process in someone.running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def words(clouds: Clouds, smoke_test: str) -> tuple[str, ...]:
    return ("workflow", "run", EXAMPLE, "--workflow-id", clouds.run, "--set", f'inputs.smoke_test=["{smoke_test}"]')


def assert_nothing_is_left(clouds: Clouds) -> None:
    assert clouds.containers() == []
    assert clouds.instances("pending", "running", "stopping", "stopped", "shutting-down") == []
    assert clouds.volumes() == []
    assert (list(clouds.upcloud.servers), dict(clouds.upcloud.storages)) == ([], {})


def test_three_clouds_in_one_graph(operator: Person, clouds: Clouds) -> None:
    """They come up together, each server is listed beside the others, and a rollback undoes all of them."""
    answer = operator.run(*words(clouds, "true"))
    assert answer.code == 0, answer.err
    servers = operator.servers()
    mine = [one for one in servers if one["labels"].get("provisioning-workflow") == clouds.run]
    assert sorted((one["provider"], one["name"]) for one in mine) == [
        ("aws", "web-a"),
        ("aws", "web-b"),
        ("local", "db-1"),
        ("upcloud", "edge-1"),
    ]
    answer = operator.run("workflow", "rollback", clouds.run, "--yes")
    assert answer.code == 0, answer.err
    assert_nothing_is_left(clouds)


@pytest.mark.parametrize(
    ("action", "before"),
    [("RunInstances", 0), ("RunInstances", 1), ("TerminateInstances", 0), ("TerminateInstances", 1)],
    ids=["creating the first", "creating the second", "undoing the first", "undoing the second"],
)
def test_killed_in_the_middle_and_failing_at_the_end_nothing_is_left_in_any_of_them(
    action: str, before: int, operator: Person, clouds: Clouds
) -> None:
    """SIGKILL while EC2 has acted and its reply is under way; told to go on, the run fails at its end and is undone."""
    faults = clouds.ec2.faults
    faults.skipped[action], faults.held[action] = before, 1
    process = operator.start(*words(clouds, "false"))
    assert faults.holding.wait(60), process.communicate()
    assert len(clouds.containers()) == 1
    assert len(clouds.upcloud.servers) == 1
    assert len(clouds.instances()) >= 1
    process.send_signal(signal.SIGKILL)
    process.communicate()
    faults.release.set()

    answer = operator.run("workflow", "resume", clouds.run)

    assert answer.code == 4, answer.err
    assert_nothing_is_left(clouds)
    status = operator.run("workflow", "status", clouds.run, "--output", "json").data
    assert status["run"]["state"] == "rolled_back"
    tokens = clouds.instances()
    assert len(tokens) == len(set(tokens)) == 2
    assert clouds.upcloud.requests.count("POST /server") == 1
    again = operator.run(
        "workflow", "run", EXAMPLE, "--workflow-id", clouds.run, "--set", 'inputs.smoke_test=["false"]'
    )
    assert again.code == 4
    assert len(clouds.instances()) == 2
