"""web-cluster: a template without any code, run for real on this machine and on a cloud of the test's own."""

import json
import tomllib
import urllib.request
from pathlib import Path
from textwrap import dedent

import pytest

from provisioning.app import App
from provisioning.contract import RunState
from provisioning.extensions import ExtensionType, Registry, Selection, Status
from tests.bundled.activated import folder, record
from tests.bundled.receiver import Receiver

NAME = "web-cluster"
CLOUD = """
from provisioning import ConnectionStatus, NotFound, Server, ServerState, hookimpl

SERVERS = {}


class Cloud:
    def __init__(self, name, config):
        self.name = name

    @hookimpl
    def check_connection(self):
        return ConnectionStatus(reachable=True)

    @hookimpl
    def list_servers(self):
        return list(SERVERS.values())

    @hookimpl
    def get_server(self, server_id):
        if server_id not in SERVERS:
            raise NotFound(server_id)
        return SERVERS[server_id]

    @hookimpl
    def create_server(self, spec, client_token, labels):
        more = {"public_ips": ("127.0.0.1",), "labels": labels, "client_token": client_token}
        return SERVERS.setdefault(client_token, Server(client_token, spec.name, ServerState.RUNNING, **more))

    @hookimpl
    def find_server(self, client_token):
        return SERVERS.get(client_token)

    @hookimpl
    def delete_server(self, server_id):
        SERVERS.pop(server_id, None)
"""
MANIFEST = """
[extension]
name = "paper"
version = "1.0"
type = "provider"
[compatibility]
provisioning = ">=1.0,<2"
hook_api = "1"
[entry_points]
provider = "cloud:Cloud"
"""


def test_it_is_a_manifest_and_a_document() -> None:
    """No code at all, off until it is enabled, and whole then."""
    assert sorted(path.name for path in folder(NAME).iterdir()) == ["README.md", "extension.toml", "web-cluster.toml"]
    assert Registry.discover(explicit=[folder(NAME)]).get(NAME).status is Status.DISABLED
    found = record(NAME)
    assert (found.type, found.problems, found.templates) == (ExtensionType.WORKFLOW, [], (NAME,))
    assert Registry.discover(explicit=[folder(NAME)], selection=Selection(enabled=[NAME])).templates() == [NAME]


def test_every_input_is_documented() -> None:
    """In its README and in the page of the bundled extensions, with its default."""
    inputs = tomllib.loads((folder(NAME) / "web-cluster.toml").read_text())["inputs"]
    page = (Path(__file__).parents[2] / "docs" / "bundled.md").read_text()
    section = page.split(f"\n## {NAME}\n")[1].split("\n## ")[0]
    rows = [f"| `{name}` | `{json.dumps(default)}` |" for name, default in inputs.items()]
    assert [row for row in rows if row not in section] == []
    readme = (folder(NAME) / "README.md").read_text()
    assert readme.startswith(f"# {NAME}\n")
    assert [name for name in inputs if f"`{name}`" not in readme] == []


def test_it_runs_on_this_machine_and_is_undone(opened, workspace: Path) -> None:
    """As many web servers as are wanted, told of the databases, each of them asked."""
    with opened(NAME, {}) as app:
        report = app.run(NAME, inputs={"count": 3, "databases": 1, "name": "shop"}, workflow_id="wf")
        assert report.state is RunState.SUCCEEDED, report.failures
        servers = {server.name: server for server in app.servers()}
        assert sorted(servers) == ["shop-1", "shop-2", "shop-3", "shop-db-1"]
        assert report.outputs == {
            "web": [servers[f"shop-{number}"].id for number in (1, 2, 3)],
            "public_ips": [[], [], []],
            "databases": [servers["shop-db-1"].id],
        }
        with urllib.request.urlopen(servers["shop-2"].raw["url"]) as reply:
            told = json.load(reply)["user_data"]
        assert told.startswith("#!/bin/sh\nexport DATABASES='[[\"127.0.0.1\"]]'\npython3 -m http.server")
        assert app.rollback("wf").wait().state is RunState.ROLLED_BACK
        assert list(app.servers()) == []


def test_its_defaults_are_two_web_servers_and_no_database(opened) -> None:
    """On the local provider; nothing is changed by looking."""
    with opened(NAME, {}) as app:
        ids = [entry.id for entry in app.plan(NAME).operations if entry.kind == "server_create"]
        assert ids == ["web.1", "web.2"]


@pytest.mark.parametrize("port_is_right", [True, False])
def test_it_runs_on_a_cloud_whose_servers_have_addresses(
    workspace: Path, tmp_path: Path, receiver: Receiver, port_is_right: bool
) -> None:
    """The check asks a port of each server's public address, and nothing answers for it."""
    place = workspace / "extensions" / "paper"
    place.mkdir(parents=True)
    (place / "extension.toml").write_text(MANIFEST)
    (place / "cloud.py").write_text(dedent(CLOUD))
    port = int(receiver.origin.rpartition(":")[2])
    overrides = {"extensions": {"enabled": [NAME]}, "providers": {"mine": {"type": "paper"}}}
    inputs = {"provider": "mine", "port": port if port_is_right else 0, "path": "/up"}
    with App.open(workspace, overrides=overrides, environ={"HOME": str(tmp_path)}) as app:
        report = app.run(NAME, inputs=inputs, workflow_id="wf")
        if port_is_right:
            assert report.outputs["public_ips"] == [["127.0.0.1"], ["127.0.0.1"]], report.failures
            assert len(list(app.servers("mine"))) == 2
            assert [asked.path for asked in receiver.received] == ["/up", "/up"]
            app.rollback("wf").wait()
        else:
            assert report.state is RunState.ROLLED_BACK
            assert "has no url" in report.failures[0][1].message
        assert list(app.servers("mine")) == []
