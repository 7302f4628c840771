"""nushell-local: a provider in Nushell is as good as one in Python."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioning.app import App
from provisioning.contract import OperationContext, RunState, ServerSpec, ServerState
from provisioning.errors import NotFound
from provisioning.testing import ProviderConformance, ProviderSetup
from tests.bundled.activated import folder
from tests.bundled.programs import needs

pytestmark = needs("nu", "setsid")

NAME = "nushell-local"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def setup_of(extension: Path, tmp_path: Path) -> ProviderSetup:
    """Return how the provider in a folder is tried, with a cloud of the test's own."""
    (tmp_path / "file").touch()
    return ProviderSetup(
        extension,
        config={"directory": str(tmp_path / "cloud")},
        spec=ServerSpec("web", size="nominal", image="idle", zone="here"),
        unreachable={"directory": str(tmp_path / "file" / "cloud")},
        unknown_id="nu-0123456789abcdef",
        bad_name="-",
        secrets=["hunter22"],
        heeds_context=["get_server", "stop_server", "start_server", "reboot_server", "list_servers"],
    )


class TestNushellLocal(ProviderConformance):
    """It keeps every contract of providers."""

    @pytest.fixture
    def provider_setup(self, tmp_path: Path) -> ProviderSetup:
        return setup_of(folder(NAME), tmp_path)


class TestNushellLocalKeptOpen(ProviderConformance):
    """It keeps them as well when the same program is kept open."""

    @pytest.fixture
    def provider_setup(self, tmp_path: Path) -> ProviderSetup:
        place = tmp_path / NAME
        shutil.copytree(folder(NAME), place)
        text = (place / "extension.toml").read_text()
        (place / "extension.toml").write_text(text.replace('"provider.nu"] }', '"provider.nu"], mode = "serve" }'))
        assert (place / "extension.toml").read_text() != text
        return setup_of(place, tmp_path)


@pytest.fixture
def app(workspace: Path, tmp_path: Path) -> Iterator[App]:
    """A workspace with one instance of it; its servers are gone afterwards."""
    overrides: dict[str, Any] = {
        "extensions": {"enabled": [NAME]},
        "providers": {"nu": {"type": NAME, "directory": str(tmp_path / "cloud")}},
    }
    home = folder(NAME).parent
    with App.open(workspace, overrides=overrides, extension_paths=[home], environ={"HOME": str(tmp_path)}) as app:
        yield app
        for server in list(app.servers("nu")):
            app.provider("nu").delete_server(server.id)


def create(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "server_create", "provider": "nu", "parameters": {"name": name}, **more}


def test_a_workflow_creates_and_undoes_servers(app: App) -> None:
    """As with any other provider."""
    report = app.run({"name": "flow", "operations": [create("a"), create("b")]})
    assert report.state is RunState.SUCCEEDED
    assert sorted((server.name, server.state) for server in app.servers("nu")) == [
        ("a", ServerState.RUNNING),
        ("b", ServerState.RUNNING),
    ]
    assert app.rollback(report.workflow_id).wait().state is RunState.ROLLED_BACK
    assert list(app.servers("nu")) == []


@pytest.fixture
def pid_of(tmp_path: Path) -> Callable[[str], int]:
    """Return what finds the process of a server, by its id."""
    return lambda server_id: int(max((tmp_path / "cloud" / server_id).glob("pid.*")).read_text())


def test_a_server_that_dies_is_shown_as_failed_and_starts_again(app: App, pid_of: Callable[[str], int]) -> None:
    """What was not stopped on purpose has failed."""
    provider, context = app.provider("nu"), OperationContext()
    server = provider.create_server(ServerSpec("a"), "token", {}, context)
    os.killpg(pid_of(server.id), signal.SIGKILL)
    assert _settled(app, server.id) is ServerState.ERROR
    provider.start_server(server.id, context)
    assert provider.get_server(server.id).state is ServerState.RUNNING


def _settled(app: App, server_id: str) -> ServerState:
    """Return the state of a server once it has left `running`."""
    for _ in range(200):
        state = app.provider("nu").get_server(server_id).state
        if state is not ServerState.RUNNING:
            break
    return state


def test_no_process_is_left_of_a_deleted_server(app: App, pid_of: Callable[[str], int], tmp_path: Path) -> None:
    """Nor a directory."""
    provider, context = app.provider("nu"), OperationContext()
    server = provider.create_server(ServerSpec("a"), "token", {}, context)
    pid = pid_of(server.id)
    provider.delete_server(server.id, context)
    with pytest.raises(NotFound, match=f"^there is no server {server.id}$"):
        provider.get_server(server.id, context)
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    assert list((tmp_path / "cloud").iterdir()) == []
