"""The tables: made once, migrated under a lock, never taken for what they are not."""

import threading

import psycopg
import pytest

from provisioning.errors import JournalCorrupt, JournalLocked, JournalTooNew
from provisioning_postgres.journal import PostgresJournal, open_journal
from provisioning_postgres.schema import prepare
from tests.postgres import Server
from tests.store.scene import driven, one_step

STEP = "ALTER TABLE runs ADD COLUMN colour text"


def _migrate(journal: PostgresJournal) -> None:
    location = journal.connections.location
    with journal.connections.lent() as connection:
        prepare(
            connection, location.schema, location.name, "x", journal.connections.now(), version=2, migrations={1: STEP}
        )


def test_many_make_it_once(url: str) -> None:
    """Any number of processes that come at once have one journal."""
    ids: list[str] = []

    def make() -> None:
        with open_journal(url) as journal:
            ids.append(journal.installation_id)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1


def test_an_older_journal_is_migrated(journal: PostgresJournal) -> None:
    """In one transaction, with everything that is in it; whoever held a lease that is over is fenced off."""
    writer = driven(journal)
    writer.commit(one_step(1))
    writer.release()
    _migrate(journal)

    with journal.connections.lent() as connection:
        assert connection.execute("SELECT workflow_id, colour FROM runs").fetchall() == [("wf-1", None)]
        assert connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchall() == [("2",)]


def test_a_migration_waits_for_no_driver(journal: PostgresJournal) -> None:
    """While a run is driven it is refused, and nothing has changed."""
    driven(journal)
    with pytest.raises(JournalLocked, match=r"run wf-1 of journal .* is being driven"):
        _migrate(journal)
    with journal.connections.lent() as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchall() == [("1",)]


def test_a_migration_that_fails_changes_nothing(journal: PostgresJournal) -> None:
    """The transaction is given up as a whole."""
    with journal.connections.lent() as connection:
        location = journal.connections.location
        with pytest.raises(psycopg.errors.SyntaxError):
            prepare(connection, location.schema, location.name, "x", 0, version=3, migrations={1: STEP, 2: "NONSENSE"})
        columns = "SELECT count(*) FROM information_schema.columns WHERE table_schema = %s AND column_name = 'colour'"
        assert connection.execute(columns.encode(), (location.schema,)).fetchone() == (0,)


def test_a_later_version_is_refused(journal: PostgresJournal, url: str) -> None:
    """By whoever opens it, and by whoever had it open before it was migrated."""
    _migrate(journal)
    with pytest.raises(JournalTooNew, match="has format 2, and this version of provisioning knows formats up to 1"):
        open_journal(url)
    with pytest.raises(JournalTooNew):
        driven(journal)


def test_somebody_elses_tables(server: Server) -> None:
    """A schema that holds something else is refused, and left as it is."""
    url = server.new_url()
    schema = url.partition("schema=")[2]
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
        connection.execute(f"CREATE TABLE {schema}.theirs (x int)".encode())
    with pytest.raises(JournalCorrupt, match=f"the schema {schema} of .* holds tables that are not those of a journal"):
        open_journal(url)
