"""Migration: an older journal becomes one of this version, whole, once, and with a copy of what it was."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from provisioning.contract import OperationState, RunState
from provisioning.errors import JournalError, JournalFull, JournalLocked, JournalReadOnly, JournalTooNew, RunFenced
from provisioning.store import open_journal, queries
from provisioning.store.connection import connect_writer
from provisioning.store.migration import copies
from provisioning.store.migrations import MIGRATIONS
from provisioning.store.schema import VERSION
from tests.store.older import GOLDEN, WRITTEN, content, older_journal, schema
from tests.store.scene import Clock, another_process, driven, new_run
from tests.users import ordinary_user

ROOT = Path(__file__).parents[2]
LEASE = ("lease_holder", "lease_since", "lease_expires_at", "lease_fence")


def _version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return version


def _sql(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement, values)


def test_every_version_has_its_migration_and_a_journal_of_its_own() -> None:
    """A new version comes with the way to it, and with a journal that the version before really wrote."""
    assert list(MIGRATIONS) == list(range(1, VERSION))
    assert sorted(path.name for path in GOLDEN.iterdir()) == [f"v{version}.sql" for version in MIGRATIONS]


@pytest.mark.parametrize("version", MIGRATIONS)
def test_migrated_is_as_if_made_new(version: int, path: Path, tmp_path: Path) -> None:
    """From each older version: the tables are those of a new journal, and every row is there as it was."""
    older_journal(path, version)
    before = content(path, without=("events", *LEASE))
    with open_journal(path), open_journal(tmp_path / "new.db"):
        pass

    assert _version(path) == VERSION
    assert schema(tmp_path / "new.db") == schema(path)
    assert before == content(path, without=("events", *LEASE))
    assert {table: len(rows) for table, rows in before.items()} == WRITTEN[version]


def test_what_the_first_migration_adds(path: Path) -> None:
    """Each run counts the events that it has, and goes on counting."""
    with open_journal(older_journal(path)) as journal:
        assert {run.workflow_id: run.events for run in journal.list_runs()} == {
            "wf-good": 14,
            "wf-web": 5,
            "wf-undone": 11,
            "wf-partial": 7,
            "wf-killed": 4,
        }
        for run in journal.list_runs():
            assert run.events == len(journal.list_events(run.workflow_id))
        assert journal.get_run("wf-undone").state is RunState.ROLLED_BACK
        states = [record.state for record in journal.list_operations("wf-killed")]
        assert states == [OperationState.SUCCEEDED, OperationState.STARTED]


def test_copy_of_what_was_is_kept(path: Path) -> None:
    """Beside the journal, named by version and time, with the journal's own mode, and a journal by itself."""
    older_journal(path).chmod(0o600)
    before = content(path)
    with open_journal(path, clock=Clock(2_000_000_000.0)):
        pass

    (copy,) = copies(path)
    assert copy == path.with_name("journal.db.v1-20330518T033320Z.bak")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert (_version(copy), content(copy)) == (1, before)
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name, copy.name]


def test_two_copies_are_kept(path: Path) -> None:
    """A journal that is put back again and again does not fill the disk with copies; those of others stay."""
    other = path.with_name("other.db.v1-19700101T000000Z.bak")
    path.parent.mkdir()
    other.touch()
    for hour in range(4):
        path.unlink(missing_ok=True)
        with open_journal(older_journal(path), clock=Clock(2_000_000_000.0 + hour * 3600)):
            os.utime(copies(path)[-1], (hour, hour))

    assert [copy.name[-20:-4] for copy in copies(path)] == ["20330518T053320Z", "20330518T063320Z"]
    assert other.exists()


def test_one_migrates_and_the_others_wait(path: Path) -> None:
    """Processes that come together find one migrated journal, and one copy beside it."""
    older_journal(path)
    code = (
        "from pathlib import Path\nfrom provisioning.store import open_journal\n"
        f"print(open_journal(Path({str(path)!r})).get_run('wf-web').events)"
    )
    line = [sys.executable, "-c", code]
    version = "import sqlite3; print(sqlite3.connect(path).execute('PRAGMA user_version').fetchone()[0])"
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        waiting = [subprocess.Popen(line, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        with another_process(path, version) as (_, seen):
            assert seen == "1"
        holder.execute("COMMIT")
    answers = [process.communicate(timeout=60)[0] for process in waiting]

    assert answers == ["5\n"] * 3
    assert len(copies(path)) == 1


_KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from provisioning.store import open_journal

class Mortal(sqlite3.Connection):
    left = int(sys.argv[2])
    def _step(self):
        Mortal.left -= 1
        if Mortal.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    def execute(self, *words):
        self._step()
        return super().execute(*words)
    def backup(self, target, **options):
        return super().backup(target, pages=2, progress=lambda *_: self._step(), **options)

connect = sqlite3.connect
sqlite3.connect = lambda *words, **options: connect(*words, **{**options, "factory": Mortal})
open_journal(Path(sys.argv[1])).close()
"""


def test_killed_at_any_step(tmp_path: Path) -> None:
    """Whatever statement the process dies before, the next one finds the old journal or the new one, and goes on."""
    kills = 0
    while True:
        path = older_journal(tmp_path / str(kills) / "journal.db")
        before = content(path, without=("events", *LEASE))
        died = subprocess.run([sys.executable, "-c", _KILLED, str(path), str(kills + 1)], timeout=60, check=False)
        assert _version(path) in (1, VERSION)
        assert before == content(path, without=("events", *LEASE))
        for copy in copies(path):
            assert _version(copy) == 1
        with open_journal(path) as journal:
            assert journal.get_run("wf-good").events == 14
        assert not path.with_name("journal.db.copying").exists()
        if died.returncode == 0:
            break
        assert died.returncode == -signal.SIGKILL
        kills += 1

    assert kills > 20


def test_no_room_for_the_copy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the copy cannot be made, nothing is migrated."""
    older_journal(path)

    class Full(sqlite3.Connection):
        def backup(self, *_: object, **__: object) -> None:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

    connect = sqlite3.connect
    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", lambda *words, **options: connect(*words, **{**options, "factory": Full}))
        with pytest.raises(JournalFull):
            open_journal(path)

    assert (_version(path), copies(path)) == (1, [])


def test_journal_whose_run_is_driven_waits(path: Path) -> None:
    """Nobody is overtaken: while a living process drives a run, its journal stays as it is."""
    older_journal(path)
    with another_process(path, "print(this_holder())") as (_, holder):
        _sql(path, "UPDATE runs SET lease_holder = ?, lease_expires_at = 1e12 WHERE workflow_id = 'wf-killed'", holder)
        with pytest.raises(JournalLocked) as caught:
            open_journal(path)

    expected = (
        f"run wf-killed of journal {path} is being driven: it cannot be brought to the format of this version meanwhile"
    )
    assert expected == caught.value.message
    hint = "Try again when the run has ended; `provisioning workflow cancel wf-killed` stops it."
    assert (hint, _version(path), copies(path)) == (caught.value.hint, 1, [])
    with open_journal(path):
        assert _version(path) == VERSION


def test_lease_that_has_ended_is_taken_away(path: Path) -> None:
    """A driver of the older version that wakes up after its lease cannot write to the new tables."""
    with open_journal(older_journal(path)) as journal:
        run = journal.get_run("wf-killed")
        writer = journal.acquire("wf-killed", "me")

    assert run.lease is None
    assert writer.fence == 3


def test_older_journal_that_may_not_be_written(public: Path) -> None:
    """It cannot be read either, and the error says who can help."""
    path = older_journal(public / "journal.db")
    path.chmod(0o444)
    public.chmod(0o555)
    with ordinary_user(), pytest.raises(JournalReadOnly) as caught:
        open_journal(path)

    expected = f"journal {path} has format 1, and cannot be brought to format 2: it may not be written"
    assert expected == caught.value.message
    hint = (
        "Let somebody who may write it run any command on it once, `provisioning workflow list` for one; or copy it "
        "to where you may write."
    )
    assert hint == caught.value.hint


def test_program_that_was_open_during_a_migration(path: Path) -> None:
    """One that opened the journal before a later version migrated it begins nothing new in it."""
    with open_journal(path) as journal:
        journal.create_run(new_run())
        _sql(path, f"PRAGMA user_version = {VERSION + 1}")
        for begin in (lambda: journal.create_run(new_run("wf-2")), lambda: journal.acquire("wf-1", "me")):
            with pytest.raises(JournalTooNew):
                begin()


def test_driver_of_before_is_fenced_off(path: Path) -> None:
    """A writer whose lease a migration took away gets no batch through."""
    with open_journal(path) as journal:
        writer = driven(journal)
        _sql(path, "UPDATE runs SET lease_expires_at = 0")
        with closing(connect_writer(path, synchronous="OFF", busy_timeout=1)) as connection:
            connection.execute(queries.TAKE_LEASES_AWAY)
        with pytest.raises(RunFenced):
            writer.renew()


def test_format_that_nobody_wrote(path: Path) -> None:
    """A journal that says it has format 0 was not made by this project."""
    with open_journal(path):
        pass
    _sql(path, "PRAGMA user_version = 0")

    with pytest.raises(JournalError) as caught:
        open_journal(path)

    assert caught.value.message == f"{path} is a SQLite database, and not a journal of provisioning"
