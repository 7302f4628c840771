"""A stage for runs: a real journal in a folder of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.store import examine_journal, open_journal
from tests.workflow.scripted import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Whatever becomes of a run on it, its journal must be whole and legal afterwards."""
    journal = open_journal(tmp_path / "journal.db")
    yield Stage(journal, tmp_path)
    journal.close()
    assert examine_journal(tmp_path / "journal.db") == []
