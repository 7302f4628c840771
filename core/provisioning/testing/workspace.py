"""A workspace for one test: an empty folder and a home of its own, in which real runs are made."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from provisioning.app import App
from provisioning.config import DEFAULTS_FILE
from provisioning.config.merge import merged
from provisioning.errors import ProvisioningError

__all__ = ["IsolatedWorkspace"]

_HOMES = {
    "HOME": "",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
}


class IsolatedWorkspace:
    """A workspace that no other test and no setting of the user's reaches; what it names is under `tmp_path`.

    What `configure` and `enable` say stands in its `config.defaults.toml`, so that an application opened here and a
    command run here both see it. In an application no extension of the environment is used but those that were
    enabled and those that come with provisioning.
    """

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "workspace"
        """The workspace: the current folder of the test."""
        self.home = tmp_path / "home"
        """The user's home folder."""
        self._root = tmp_path
        self._settings: Mapping[str, Any] = {}
        self._enabled: list[str] = []
        self._opened = ExitStack()

    def enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make the folders, and make them the current ones."""
        self.folder.mkdir()
        self.home.mkdir()
        for name in [name for name in os.environ if name.startswith("PROVISIONING_")]:
            monkeypatch.delenv(name)
        for name, inside in _HOMES.items():
            monkeypatch.setenv(name, str(self.home / inside))
        monkeypatch.chdir(self.folder)

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Add settings, as tables within tables: `{"providers": {"eu": {"type": "local"}}}`; the newest one holds."""
        self._settings = merged(self._settings, settings)
        (self.folder / DEFAULTS_FILE).write_text(tomlkit.dumps(self._settings), encoding="utf-8")

    def enable(self, extension: str | Path, options: Mapping[str, Any] | None = None) -> None:
        """Use an extension here: a folder extension by its path, an installed or bundled one by its name.

        `options` are its own settings, `[extensions.options.<name>]`. Those of a provider stand with its instances:
        `configure({"providers": {...}})`.
        """
        name = extension.resolve().name if isinstance(extension, Path) else extension
        self._enabled.append(name)
        paths = [*self._said("paths"), *([str(extension)] if isinstance(extension, Path) else [])]
        own = {} if options is None else {"options": {name: dict(options)}}
        self.configure({"extensions": {"enabled": self._enabled, "paths": paths, **own}})

    def _said(self, name: str) -> list[str]:
        found: list[str] = self._settings.get("extensions", {}).get(name, [])
        return found

    def open(self, **options: Any) -> App:
        """Open the application here; it is closed at the end of the test when nobody has closed it before.

        The options are those of `App.open`. Raises as it does.
        """
        only = ["kinds", *self._enabled]  # a name that is always there, as `only` with no name leaves everything
        return self._opened.enter_context(App.open(self.folder, **{"only": only, **options}))

    def close(self) -> None:
        """Close what is open, and delete the servers that are left at the local provider."""
        self._opened.close()
        try:
            self._delete_servers(self.folder)
        except ProvisioningError:  # a test may leave a configuration that cannot be used
            self._delete_servers(self.home)

    def _delete_servers(self, workspace: Path) -> None:
        with App.open(workspace, safe_mode=True) as app:
            for provider in [summary.name for summary in app.providers() if summary.type == "local"]:
                for server in list(app.servers(provider)):
                    if Path(server.raw["directory"]).is_relative_to(self._root.resolve()):
                        app.provider(provider).delete_server(server.id)
