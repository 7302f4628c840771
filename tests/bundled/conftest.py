"""A workspace with the bundled extensions at hand, and a receiver of webhooks that is a real HTTP server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioning.app import App
from provisioning.extensions.bundled import bundled_folder
from tests.bundled.receiver import Receiver

Open = Callable[..., App]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def opened(workspace: Path, tmp_path: Path) -> Iterator[Open]:
    """Open the workspace with one bundled extension enabled, and options for it; its servers are gone afterwards."""
    local = {"directory": str(tmp_path / "cloud"), "stop_timeout": 1}

    def open_app(name: str, options: dict[str, Any], **environ: str) -> App:
        overrides = {
            "extensions": {"enabled": [name], "options": {name: options}},
            "providers": {"local": local},
        }
        home = bundled_folder()
        assert home is not None
        return App.open(
            workspace, overrides=overrides, extension_paths=[home], environ={"HOME": str(tmp_path), **environ}
        )

    yield open_app
    with App.open(workspace, overrides={"providers": {"local": local}}, environ={"HOME": str(tmp_path)}) as app:
        for server in list(app.servers()):
            app.provider("local").delete_server(server.id)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Receiver() as server:
        yield server
