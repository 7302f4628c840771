"""Which driver an instance uses: what its settings say, or what was there when it was first used."""

import socket
from collections.abc import Iterator
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

from provisioning.contract import OperationContext
from provisioning.errors import InvalidRequest, ServiceInternalError
from provisioning_local.choice import chosen_driver
from provisioning_local.provider import LocalProvider
from provisioning_local.settings import Settings


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Path]:
    """Return a socket at which something listens."""
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        yield path


def settings(directory: Path, **config: str) -> Settings:
    """Return the settings of an instance that keeps its servers here."""
    return Settings.from_config({"directory": str(directory), **config})


def choose(directory: Path, **config: str) -> str:
    """Return the driver of an instance."""
    return chosen_driver(settings(directory, **config), "here", ".")


def test_it_is_processes_unless_told_otherwise(tmp_path):
    """Whether a Docker engine runs changes nothing for whoever did not ask for one."""
    assert choose(tmp_path / "cloud") == "process"
    assert choose(tmp_path / "cloud", driver="docker") == "docker"
    assert not (tmp_path / "cloud").exists()


def test_auto_takes_what_is_there(tmp_path, engine):
    """`auto` means containers where there is a socket of an engine, and processes where there is none."""
    assert choose(tmp_path / "a", driver="auto", docker_socket=f"unix://{engine}") == "docker"
    assert choose(tmp_path / "b", driver="auto", docker_socket=str(tmp_path / "none")) == "process"


def test_auto_decides_once(tmp_path, engine):
    """An engine that comes or goes later hides no server: the first use has decided."""
    cloud = tmp_path / "cloud"
    assert choose(cloud, driver="auto", docker_socket=str(tmp_path / "none")) == "process"
    assert choose(cloud, driver="auto", docker_socket=str(engine)) == "process"
    other = tmp_path / "other"
    assert choose(other, driver="auto", docker_socket=str(engine)) == "docker"
    engine.unlink()
    assert choose(other, driver="auto", docker_socket=str(engine)) == "docker"


def test_all_first_users_decide_alike(tmp_path, engine):
    """Many that use an instance for the first time at once, and see different things, get one answer."""
    sockets = [str(engine), str(tmp_path / "none")] * 20
    with ThreadPool(8) as pool:
        answers = pool.map(lambda path: choose(tmp_path / "cloud", driver="auto", docker_socket=path), sockets)
    assert len(set(answers)) == 1
    assert [path.name for path in (tmp_path / "cloud").iterdir()] == ["driver"]


def test_auto_without_a_place_to_keep_the_choice(tmp_path):
    """A directory that cannot be used is refused in clear words, and is an answer to a check."""
    (tmp_path / "file").touch()
    with pytest.raises(InvalidRequest) as refusal:
        choose(tmp_path / "file", driver="auto")
    assert refusal.value.message == f"provider here cannot use {tmp_path / 'file'}: File exists"
    provider = LocalProvider("here", {"driver": "auto", "directory": str(tmp_path / "file")})
    status = provider.check_connection(OperationContext())
    assert (status.reachable, status.message) == (False, refusal.value.message)


def test_a_choice_that_cannot_be_read(tmp_path):
    """A note that names no driver is not guessed at."""
    note = tmp_path / "driver"
    note.write_text("podman")
    with pytest.raises(ServiceInternalError) as failure:
        choose(tmp_path, driver="auto")
    assert failure.value.message == f"provider here cannot tell its driver: {note} says 'podman'"
    assert failure.value.hint == "set `driver` of this provider, or remove the file"
    assert not failure.value.retryable


def test_servers_of_an_auto_instance_are_processes_where_there_is_no_engine(tmp_path):
    """The choice is used: an instance without an engine offers the image of processes."""
    config = {"driver": "auto", "directory": str(tmp_path / "cloud"), "docker_socket": str(tmp_path / "none")}
    provider = LocalProvider("here", config)
    assert [image.name for image in provider.list_images(OperationContext())] == ["http"]
