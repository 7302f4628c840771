"""An application in a workspace of the test's own, with servers that are gone afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.app import App


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def app(workspace: Path, tmp_path: Path) -> Iterator[App]:
    overrides = {"providers.local.directory": str(tmp_path / "cloud"), "providers.local.stop_timeout": 1}
    environ = {"HOME": str(tmp_path)}
    with App.open(workspace, overrides=overrides, environ=environ) as opened:
        yield opened
        for server in list(opened.servers()):
            opened.provider("local").delete_server(server.id)
        assert list(opened.servers()) == []
