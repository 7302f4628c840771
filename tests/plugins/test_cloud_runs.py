"""Whole runs at the fakes of clouds: the application, the engine and a provider with its SDK."""

import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from provisioning.contract import RunState
from provisioning.testing import IsolatedWorkspace, ProviderSetup
from provisioning.testing.conformance.subject import Subject
from provisioning.testing.fakes import FakeApi, FakeHetzner, FakeUpCloud

PAGE = Path(__file__).parents[2] / "docs" / "clouds.md"
FOLDERS = Path(__file__).parents[2] / "plugins"
PACE = 0.1


@contextmanager
def upcloud() -> Iterator[tuple[FakeApi, dict[str, Any]]]:
    with FakeUpCloud("robot", "secret", pace=PACE) as fake:
        yield fake, {"api_endpoint": fake.endpoint, "username": "robot", "password": "secret"}


@contextmanager
def hetzner() -> Iterator[tuple[FakeApi, dict[str, Any]]]:
    with FakeHetzner("t0ken", pace=PACE) as fake:
        yield fake, {"api_endpoint": fake.endpoint, "token": "t0ken"}


CLOUDS = pytest.mark.parametrize(("name", "cloud"), [("upcloud", upcloud), ("hetzner", hetzner)])


def document(name: str, *more: dict[str, Any]) -> dict[str, Any]:
    create = {"id": "web", "kind": "server_create", "provider": name, "parameters": {"name": "web"}}
    return {"name": "run", "operations": [create, *more], "dependencies": {one["id"]: ["web"] for one in more}}


@pytest.fixture
def workspace(isolated_workspace: IsolatedWorkspace, monkeypatch: pytest.MonkeyPatch) -> IsolatedWorkspace:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return isolated_workspace


@CLOUDS
def test_a_failed_run_leaves_nothing(name: str, cloud, workspace: IsolatedWorkspace) -> None:
    """What comes after the server fails; the server is stopped where it must be, and deleted, with its storages."""
    with cloud() as (fake, options):
        workspace.configure({"providers": {name: options}})
        fail = {"id": "fail", "kind": "command", "parameters": {"command": ["false"]}}
        with workspace.open() as app:
            report = app.run(document(name, fail))
        assert report.state is RunState.ROLLED_BACK
        assert list(fake.servers) == []
        assert not getattr(fake, "storages", None)


@CLOUDS
def test_a_lost_reply_is_adopted(name: str, cloud, workspace: IsolatedWorkspace) -> None:
    """The run succeeds with the one server that was made when the reply was lost."""
    with cloud() as (fake, options):
        fake.lose("POST /servers?$")
        workspace.configure({"providers": {name: options}})
        with workspace.open() as app:
            report = app.run(document(name))
        assert report.state is RunState.SUCCEEDED
        assert len(fake.servers) == 1
        assert [line for line in fake.requests if line.startswith("POST")] == [
            {"upcloud": "POST /server", "hetzner": "POST /servers"}[name]
        ]


@CLOUDS
def test_what_the_page_configures_can_be_configured(name: str, cloud) -> None:
    """Every option that it shows, those that are commented out too."""
    text = PAGE.read_text(encoding="utf-8")
    [block] = re.findall(rf"```toml\n(\[providers\.{name}\]\n.*?)```", text, re.DOTALL)
    shown = tomllib.loads(block.replace("\n# ", "\n"))["providers"][name]
    subject = Subject(ProviderSetup(name))
    subject.make(shown)
    schema = json.loads((FOLDERS / f"provisioning_{name}" / "config.schema.json").read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(schema["properties"])
    defaults = {key: one["default"] for key, one in schema["properties"].items() if "default" in one}
    assert {key: shown[key] for key in defaults} == defaults
