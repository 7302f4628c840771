"""What these suites share is judged by assertions too, and those are to say what they saw."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.kill.desk import Desk

pytest.register_assert_rewrite("tests.acceptance.kill.invariants")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A workspace whose servers are all gone afterwards."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    someone = Desk(workspace, tmp_path / "cloud")
    yield someone
    someone.clear()
    assert someone.processes() == []
