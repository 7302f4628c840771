"""Opening: a journal is made once, whoever comes first; what is no journal is refused and left as it was."""

import sqlite3
import threading
from pathlib import Path

import pytest

from provisioning.errors import (
    ConfigurationError,
    JournalCorrupt,
    JournalError,
    JournalReadOnly,
    JournalTooNew,
)
from provisioning.store import SqliteJournal, open_journal
from provisioning.store.connection import prepare
from tests.store.scene import another_process, driven, new_run, one_step
from tests.users import ordinary_user

DAMAGE_HINT = (
    "Put a backup of the file in its place, or move it away (with its -wal and -shm files) to begin an empty "
    "journal; what earlier runs created stays, and carries their labels."
)


@pytest.fixture
def place(path: Path) -> str:
    """Return where the journal is to be: this is of the journal in a file."""
    return str(path)


def _sql(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def _filled(path: Path) -> None:
    """Make a journal of many pages, at rest."""
    with open_journal(path, synchronous="OFF") as journal:
        writer = driven(journal)
        for position in range(300):
            writer.commit(one_step(position))


def test_new_journal_hides_from_version_control(path: Path) -> None:
    """A folder made for the journal ignores itself; one that was there is left alone."""
    with open_journal(path):
        assert (path.parent / ".gitignore").read_text() == "*\n"

    (path.parent / ".gitignore").unlink()
    with open_journal(path):
        assert not (path.parent / ".gitignore").exists()


def test_journal_is_durable_by_default(journal: SqliteJournal) -> None:
    """A commit is flushed to the disk before it returns: write-ahead log, synchronous FULL."""
    writer = journal._group._connection
    assert writer is not None
    pragmas = {name: writer.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}

    assert pragmas == {"journal_mode": "wal", "synchronous": 2}


def test_installation_has_an_id(path: Path, tmp_path: Path) -> None:
    """The id is made with the journal, of 16 hexadecimal digits, and stays."""
    with open_journal(path) as one, open_journal(path) as two, open_journal(tmp_path / "other.db") as other:
        assert one.installation_id == two.installation_id
        assert one.installation_id != other.installation_id
        assert len(bytes.fromhex(one.installation_id)) == 8


def test_many_open_a_new_journal_at_once(tmp_path: Path) -> None:
    """Whoever comes first makes the journal, and all the others find it made."""
    for number in range(10):
        path = tmp_path / str(number) / "journal.db"
        found: list[str] = []
        gate = threading.Barrier(6)

        def come(path: Path = path, gate: threading.Barrier = gate, found: list[str] = found) -> None:
            gate.wait()
            with open_journal(path) as journal:
                found.append(journal.installation_id)

        threads = [threading.Thread(target=come) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(found) == 6
        assert len(set(found)) == 1


def test_processes_open_a_new_journal_at_once(path: Path) -> None:
    """Processes that begin together share one journal."""
    code = "print(open_journal(path).installation_id)"
    with another_process(path, code) as (_, one), another_process(path, code) as (_, two):
        assert len(one) == 16
        assert one == two


def test_empty_file_becomes_a_journal(tmp_path: Path) -> None:
    """A file without content, left by whoever was killed while making it, is made a journal."""
    path = tmp_path / "journal.db"
    path.touch()

    with open_journal(path) as journal:
        assert journal.create_run(new_run())


def test_absent_journal_is_not_made_for_reading(path: Path) -> None:
    """Who only reads makes nothing: neither file nor folder."""
    with pytest.raises(JournalError) as caught:
        open_journal(path, create=False)

    assert caught.value.message == f"there is no journal at {path}"
    assert caught.value.hint == "Nothing was run here yet: the first run makes it."
    assert not path.parent.exists()


def test_relative_path_outlives_a_change_of_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal stays where it was when the process moves to another folder."""
    monkeypatch.chdir(tmp_path)
    with open_journal(Path("journal.db")) as journal:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir("elsewhere")
        with journal._readers.read(), journal._readers.read() as second:
            assert second.execute("SELECT count(*) FROM runs").fetchone() == (0,)


@pytest.mark.parametrize("name", ["jour nal?.db", "100%25.db", "a#b.db", "\udcff.db"])
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    """What means something in a URI means nothing in a file's name."""
    with open_journal(tmp_path / name):
        assert (tmp_path / name).exists()


def test_text_is_no_journal(tmp_path: Path) -> None:
    """A file of something else is refused and stays as it is."""
    path = tmp_path / "journal.db"
    path.write_text("once upon a time\n" * 500)

    with pytest.raises(JournalCorrupt) as caught:
        open_journal(path)

    assert caught.value.message == f"journal {path} is damaged, or is no journal: file is not a database"
    assert caught.value.hint == DAMAGE_HINT
    assert path.read_text() == "once upon a time\n" * 500


def test_database_of_something_else_is_no_journal(tmp_path: Path) -> None:
    """A SQLite file that is not ours is refused before anything in it changes, its journal mode included."""
    path = tmp_path / "journal.db"
    _sql(path, "CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()

    with pytest.raises(JournalCorrupt) as caught:
        open_journal(path)

    assert caught.value.message == f"{path} is a SQLite database, and not a journal of provisioning"
    assert caught.value.hint == "Name another file for the journal, or move this one away."
    assert before == path.read_bytes()


def test_truncated_journal(path: Path) -> None:
    """A journal that lost its end is refused."""
    _filled(path)
    path.write_bytes(path.read_bytes()[: 4096 * 3])

    with pytest.raises(JournalCorrupt) as caught:
        open_journal(path)

    assert caught.value.message == f"journal {path} is damaged, or is no journal: database disk image is malformed"


@pytest.mark.parametrize("place", [0, 5, 16, 17, 21])
def test_flipped_byte_in_the_header(path: Path, place: int) -> None:
    """A journal whose header is damaged is refused."""
    _filled(path)
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)

    with pytest.raises(JournalCorrupt):
        open_journal(path)


def test_overwritten_page_is_seen_when_it_is_read(path: Path) -> None:
    """Damage inside the file is an error where it is met, never a wrong answer."""
    _filled(path)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x5a" * (len(content) - 4096)
    path.write_bytes(content)

    with pytest.raises(JournalCorrupt) as caught:
        open_journal(path)

    assert caught.value.message == f"journal {path} is damaged, or is no journal: database disk image is malformed"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE runs SET state = 'sleeping'", "run wf-1: 'sleeping' is not a valid RunState"),
        ("UPDATE runs SET cancel = 'perhaps'", "a request to cancel: 'perhaps' is not a valid CancelMode"),
        ("UPDATE runs SET error = '{}'", "run wf-1: 'code'"),
    ],
)
def test_unknown_words_in_a_run(path: Path, statement: str, message: str) -> None:
    """A run that holds what nobody writes there is damage, and named."""
    with open_journal(path) as journal:
        driven(journal)
        _sql(path, statement)
        with pytest.raises(JournalCorrupt) as caught:
            journal.get_run("wf-1")

    assert caught.value.message == f"journal {path} is damaged, or is no journal: {message}"


def test_unknown_words_elsewhere(path: Path) -> None:
    """Operations, events, documents and requests to cancel are checked as they are read, too."""
    with open_journal(path) as journal:
        writer = driven(journal)
        writer.commit(one_step(1))
        _sql(
            path,
            "UPDATE operations SET state = 'asleep'",
            "UPDATE events SET data = '{'",
            "UPDATE documents SET document = x'00'",
            "UPDATE runs SET cancel = 'perhaps'",
        )
        questions = (
            lambda: journal.get_operation("wf-1", "op-1"),
            lambda: journal.count_operations("wf-1"),
            lambda: journal.list_events("wf-1"),
            lambda: journal.get_document("wf-1"),
            writer.renew,
        )
        for ask in questions:
            with pytest.raises(JournalCorrupt):
                ask()


def test_journal_without_its_id(path: Path) -> None:
    """A journal that lost the installation's id is refused: the labels of its runs could not be made again."""
    with open_journal(path):
        _sql(path, "DELETE FROM meta WHERE key = 'installation_id'")

    with pytest.raises(JournalCorrupt) as caught:
        open_journal(path)

    assert caught.value.message == f"journal {path} is damaged, or is no journal: its installation_id is missing"


def test_newer_journal(path: Path) -> None:
    """A journal of a later version is not touched by this one."""
    with open_journal(path):
        pass
    _sql(path, "PRAGMA user_version = 7")

    with pytest.raises(JournalTooNew) as caught:
        open_journal(path)

    expected = f"journal {path} has format 7, and this version of provisioning knows formats up to 2"
    assert expected == caught.value.message
    assert caught.value.hint == "Use the newer version of provisioning that wrote it."


def test_folder_in_place_of_the_file(tmp_path: Path) -> None:
    """A folder cannot be a journal."""
    with pytest.raises(JournalError) as caught:
        open_journal(tmp_path)

    assert caught.value.message == f"journal {tmp_path} cannot be opened: unable to open database file"


def test_file_in_place_of_the_folder(tmp_path: Path) -> None:
    """A file cannot hold a journal."""
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "journal.db"

    with pytest.raises(JournalError) as caught:
        open_journal(path)

    assert caught.value.message == f"journal {path} cannot be opened: File exists"
    assert caught.value.hint == "Check that its folder can be a folder, and that the file is a file."


def test_unknown_promise(path: Path) -> None:
    """How durable a commit is must be one of SQLite's words."""
    with pytest.raises(ConfigurationError) as caught:
        open_journal(path, synchronous="mostly")

    assert caught.value.message == "the journal cannot be synchronous = 'mostly'"
    assert caught.value.hint == "Use one of EXTRA, FULL, NORMAL, OFF."


def test_file_system_without_a_log(tmp_path: Path) -> None:
    """Where SQLite cannot keep a write-ahead log, as on a network share, the journal is refused."""
    path = tmp_path / "journal.db"
    connection = sqlite3.connect(f"file:{path}?vfs=unix-dotfile", uri=True, isolation_level=None)
    with pytest.raises(JournalError) as caught:
        prepare(connection, path, "0" * 16, busy_timeout=0.0)
    connection.close()

    assert caught.value.message == f"the file system of journal {path} has no write-ahead log: SQLite chose 'delete'"
    assert caught.value.hint == "Keep the journal on a local disk, not on a network share."


def test_closed_journal_answers_nothing(path: Path) -> None:
    """Whatever is asked of a closed journal is an error of ours."""
    journal = open_journal(path)
    writer = driven(journal)
    journal.close()
    journal.close()

    for ask in (lambda: journal.get_run("wf-1"), lambda: journal.create_run(new_run("wf-2")), writer.release):
        with pytest.raises(JournalError) as caught:
            ask()
        assert caught.value.message == f"journal {path} is closed"
    assert not journal.wait_for_events(0, timeout=60)


class TestReadOnly:
    """A journal that may not be written is read, and says why when it is to be written."""

    def test_folder_that_may_not_be_written(self, public: Path) -> None:
        """No journal can be made where nothing may be made."""
        public.chmod(0o555)
        path = public / "journal.db"
        with ordinary_user(), pytest.raises(JournalReadOnly) as caught:
            open_journal(path)

        assert caught.value.message == f"journal {path} cannot be written: its folder may not be written"
        hint = "Give your user write permission for the file and its folder, or keep the journal elsewhere."
        assert hint == caught.value.hint

    def test_folder_that_cannot_be_made(self, public: Path) -> None:
        """No folder for the journal can be made where nothing may be made."""
        public.chmod(0o555)
        path = public / "new" / "journal.db"
        with ordinary_user(), pytest.raises(JournalReadOnly) as caught:
            open_journal(path)

        assert caught.value.message == f"journal {path} cannot be written: Permission denied"

    @pytest.mark.parametrize("mode", [0o555, 0o777])
    def test_journal_at_rest(self, public: Path, mode: int) -> None:
        """A journal that nobody writes is read where it may not be written; its runs cannot be driven there."""
        path = public / ".provisioning" / "journal.db"
        _filled(path)
        path.chmod(0o444)
        path.parent.chmod(mode)
        with ordinary_user(), open_journal(path) as journal:
            assert len(list(journal.list_operations("wf-1"))) == 300
            assert len(journal.list_events()) == 300
            with pytest.raises(JournalReadOnly) as caught:
                journal.create_run(new_run("wf-2"))

        assert caught.value.message == f"journal {path} cannot be written: it was opened for reading only"

    def test_journal_in_use(self, public: Path) -> None:
        """A journal that somebody else writes is followed from where it may not be written, commit by commit."""
        path = public / ".provisioning" / "journal.db"
        with open_journal(path) as theirs:
            writer = driven(theirs)
            for each in path.parent.iterdir():
                each.chmod(0o444)
            path.parent.chmod(0o555)
            with ordinary_user(), open_journal(path, poll_interval=0.001) as ours:
                assert ours.list_events() == []
                writer.commit(one_step(1))
                assert ours.wait_for_events(0, timeout=60)
                assert theirs.list_events() == ours.list_events()

    def test_journal_at_rest_comes_to_life(self, public: Path) -> None:
        """A reader that opened a journal at rest sees what is written afterwards."""
        path = public / ".provisioning" / "journal.db"
        _filled(path)
        path.chmod(0o444)
        path.parent.chmod(0o555)
        with ordinary_user():
            ours = open_journal(path)
            assert ours.list_events(after=300) == []
        path.parent.chmod(0o755)
        path.chmod(0o644)
        with open_journal(path) as theirs:
            driven(theirs, "wf-2").commit(one_step(1))
            path.parent.chmod(0o555)
            with ordinary_user(), ours:
                assert [event.sequence for event in ours.list_events(after=300)] == [301]
        path.parent.chmod(0o755)
