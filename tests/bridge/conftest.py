"""Programs of tests, and a state directory that is not the user's."""

from pathlib import Path

import pytest

from tests.bridge.workshop import Workshop


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where programs may keep files."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "provisioning" / "extensions" / "box"


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "box")
