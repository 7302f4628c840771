"""A journal in a folder of the test's own, and the clock that it reads."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.store import SqliteJournal, open_journal
from tests.store.scene import Clock


@pytest.fixture
def clock() -> Clock:
    """Return the time by which leases end and events are stamped."""
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the journal is to be; neither it nor its folder is there yet."""
    return tmp_path / ".provisioning" / "journal.db"


@pytest.fixture
def journal(path: Path, clock: Clock) -> Iterator[SqliteJournal]:
    """Yield a new journal that hardly waits for others, and close it."""
    with open_journal(path, clock=clock, busy_timeout=0.01) as journal:
        yield journal


@pytest.fixture
def public() -> Iterator[Path]:
    """Yield a folder whose permissions may be taken away; it has them again afterwards, so that it can be removed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield folder
        for each in (folder, *folder.iterdir()):
            each.chmod(0o755)
