"""Records on disk, settings, and the documents that describe the extension."""

import json
import tomllib
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pluggy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from provisioning import _version
from provisioning.contract import PROJECT, ProviderHooks, ServerSpec
from provisioning_local.catalog import images
from provisioning_local.identity import id_from_token
from provisioning_local.process import identify, marked_processes
from provisioning_local.provider import LocalProvider
from provisioning_local.record import BrokenRecord, read_record, write_record
from provisioning_local.request import Request
from provisioning_local.settings import Settings

PACKAGE = files("provisioning_local")
SCHEMA = json.loads((PACKAGE / "config.schema.json").read_text())
MANIFEST = tomllib.loads((PACKAGE / "extension.toml").read_text())
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder for records."""
    return tmp_path_factory.mktemp("records")


@given(
    labels=st.dictionaries(st.text(), st.text()),
    user_data=st.text(st.characters(codec=None)) | st.none(),
    token=st.text(min_size=1),
)
def test_a_record_comes_back_as_it_was(folder, labels, user_data, token):
    """Labels, user data and tokens of any text survive the disk."""
    request = Request(ServerSpec("web", user_data=user_data), token, labels, "here")
    record = request.as_record(id_from_token(token), Settings.from_config({}), NOW)
    write_record(folder / "record.json", record)
    assert read_record(folder / "record.json") == record
    request.check_same(record["id"], record["asked"], record["labels"])


@given(text=st.text())
def test_an_id_is_a_plain_name(text):
    """Whatever the token, the id is a plain name and always the same."""
    assert id_from_token(text) == id_from_token(text)
    assert id_from_token(text).removeprefix("srv-").isalnum()


@given(junk=st.binary() | st.recursive(st.none() | st.text(), st.lists).map(lambda value: json.dumps(value).encode()))
def test_what_is_no_record_is_told(folder, junk):
    """Anything else in a record's place raises one error, which gives the reason."""
    (folder / "junk.json").write_bytes(junk)
    with pytest.raises(BrokenRecord, match=r"."):
        read_record(folder / "junk.json")


def test_the_schema_is_a_schema():
    """The configuration's schema is valid, and describes every key, with its default where it has one."""
    Draft202012Validator.check_schema(SCHEMA)
    assert sorted(SCHEMA["properties"]) == sorted(Settings.__slots__)
    for name, value in SCHEMA["properties"].items():
        assert value["description"], name
    settings = Settings.from_config({})
    for name in sorted(set(SCHEMA["properties"]) - {"default_image", "directory"}):
        assert SCHEMA["properties"][name]["default"] == getattr(settings, name)


@pytest.mark.parametrize(
    ("config", "is_valid"),
    [
        ({}, True),
        ({"directory": "~/servers", "images": {"db": ["postgres", "-D", "x"]}, "stop_timeout": 0}, True),
        ({"images": {"db": {"command": ["postgres"], "env": {"A": "b"}}}}, True),
        ({"driver": "docker", "docker_socket": "unix:///run/docker.sock", "network_mode": "host"}, True),
        ({"driver": "auto", "docker_socket": "/run/docker.sock", "default_image": "nginx", "pull": True}, True),
        ({"driver": "podman"}, False),
        ({"docker_socket": "tcp://localhost:2375"}, False),
        ({"docker_socket": "docker.sock"}, False),
        ({"default_image": ""}, False),
        ({"pull": "always"}, False),
        ({"images": {"db": []}}, False),
        ({"images": {"db": "postgres"}}, False),
        ({"images": {"db": {"env": {}}}}, False),
        ({"start_timeout": 0}, False),
        ({"folder": "x"}, False),
    ],
)
def test_the_schema_knows_good_from_bad(config, is_valid):
    """The schema accepts what the provider understands, and nothing else."""
    assert Draft202012Validator(SCHEMA).is_valid(config) is is_valid


def test_the_manifest_fits():
    """The manifest has the distribution's version, and names a class that fits the hooks and its capabilities."""
    assert MANIFEST["extension"]["version"] == _version.__version__
    assert MANIFEST["entry_points"]["provider"] == f"{LocalProvider.__module__}:{LocalProvider.__name__}"
    assert set(MANIFEST["provider"]["capabilities"]) == {"catalog", "networks", "reboot", "start_stop", "volumes"}
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(ProviderHooks)
    plugin = LocalProvider("here", {})
    manager.register(plugin)
    manager.check_pending()
    hooks = {name for name in vars(ProviderHooks) if not name.startswith("_")}
    assert hooks - {"attach_volume", "detach_volume"} == {caller.name for caller in manager.get_hookcallers(plugin)}


def test_where_servers_live(monkeypatch, tmp_path):
    """A directory is the user's, or relative to the workspace; without one it is the user's state directory."""
    home = tmp_path.resolve()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)

    def root(instance, **config):
        return Settings.from_config(config).root(instance, "/workspace")

    assert root("a", directory="~/servers") == home / "servers"
    assert root("a", directory="servers") == Path("/workspace/servers")
    assert root("a").is_relative_to(home)
    assert root("a").parts[-3:] == ("provisioning", "local", "a")
    assert root("a/../b").name == "a%2F..%2Fb"
    assert root("..").name == "%2E%2E"


def test_a_circle_of_links_is_no_accident(tmp_path):
    """A directory that is a circle of links is answered like any that cannot be used."""
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    from provisioning.contract import OperationContext

    status = LocalProvider("here", {"directory": str(tmp_path / "a" / "c")}).check_connection(OperationContext())
    assert not status.reachable
    assert status.message.endswith("Too many levels of symbolic links")


def test_an_unusable_image_is_shown_as_such():
    """An image that the schema would have refused is listed with what is wrong with it."""
    [_, image] = images({"db": "postgres -D x"})
    assert image.description == (
        "unusable: it needs a command: a list of a program and its arguments, all of them text"
    )


def test_a_process_is_known_by_number_and_start():
    """A process is told apart by its number and its start, and one that is not there is nothing."""
    import os

    me = identify(os.getpid())
    assert me.pid == os.getpid()
    assert me == identify(os.getpid())
    assert identify(2**22 + 1) is None
    assert marked_processes("NO_SUCH_NAME=1") == []
