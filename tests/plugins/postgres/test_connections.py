"""Connections: lost at any moment, nothing is lost, nothing is done twice, and nobody waits for ever."""

import threading
import time
from typing import Any

import psycopg
import pytest

from provisioning.contract import Batch, EventKind, NewEvent
from provisioning.errors import ConfigurationError, JournalError, RunFenced
from provisioning_postgres.journal import PostgresJournal, open_journal
from tests.postgres import Server
from tests.store.scene import driven, new_run, one_step


def test_a_server_that_is_restarted_is_waited_for(own_server: Server) -> None:
    """A commit, a read and the follower's wait all go on when the server is there again."""
    with open_journal(own_server.new_url()) as journal:
        writer = driven(journal)
        writer.commit(one_step(1))
        followed: list[bool] = []
        follower = threading.Thread(target=lambda: followed.append(journal.wait_for_events(1, 60)))
        follower.start()
        own_server.kill()
        restart = threading.Thread(target=own_server.start)
        restart.start()
        writer.commit(one_step(2))
        restart.join()
        follower.join()

        assert followed == [True]
        assert [record.position for record in journal.list_operations("wf-1")] == [1, 2]
        assert [event.operation_id for event in journal.list_events()] == ["op-1", "op-2"]


def test_every_connection_is_cut(journal: PostgresJournal, server: Server) -> None:
    """Idle connections that the server has ended are not given to anybody."""
    writer = driven(journal)
    for position in range(1, 6):
        server.cut_off()
        writer.commit(one_step(position))

    assert len(list(journal.list_operations("wf-1"))) == 5


def test_a_commit_whose_answer_was_lost_is_made_once(journal: PostgresJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of a commit says that it was made: the same batch again changes nothing, and gets the same answer."""
    writer = driven(journal)
    run = journal.connections.run
    lost: list[int] = []

    def run_and_lose(work: Any) -> Any:
        def twice(connection: psycopg.Connection) -> Any:
            answer = work(connection)
            if not lost:
                lost.append(1)
                connection.close()
                raise psycopg.OperationalError("server closed the connection unexpectedly")
            return answer

        return run(twice)

    monkeypatch.setattr(journal.connections, "run", run_and_lose)
    sequence = writer.commit(one_step(1))

    assert lost == [1]
    assert sequence == 1
    assert [event.sequence for event in journal.list_events()] == [1]
    assert journal.get_run("wf-1").events == 1
    assert writer.commit(one_step(2)) == 2


def test_a_writer_that_was_fenced_while_the_server_was_away(journal: PostgresJournal) -> None:
    """Whoever lost the lease meanwhile is told so, and writes nothing."""
    old = driven(journal)
    journal.connections.run(lambda connection: connection.execute("UPDATE runs SET lease_expires_at = 0").rowcount)
    with open_journal(_url_of(journal)) as other:
        other.connections.run(
            lambda connection: connection.execute("UPDATE runs SET lease_holder = 'z', lease_fence = 2").rowcount
        )
    with pytest.raises(RunFenced):
        old.commit(one_step(1))
    assert journal.list_events() == []


def _url_of(journal: PostgresJournal) -> str:
    location = journal.connections.location
    return f"{location.conninfo}?schema={location.schema}"


def test_patience_ends(own_server: Server) -> None:
    """A server that does not come back is an error that says so, after as long as was asked; nothing is half done."""
    with open_journal(own_server.new_url("&patience=0.2")) as journal:
        writer = driven(journal)
        own_server.stop()
        begun = time.monotonic()
        with pytest.raises(JournalError, match="the server of journal postgresql://postgres@") as caught:
            writer.commit(one_step(1))
        assert time.monotonic() - begun < 30
        assert caught.value.retryable
        assert "resume the run" in str(caught.value.hint)
        own_server.start()
        assert journal.list_events() == []
        assert writer.commit(one_step(1)) > 0


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ("schema=Bad-Name", "its schema 'Bad-Name' is not a name"),
        ("patience=-1", "its patience -1.0 is not a number of seconds"),
        ("patience=soon", "could not convert string to float"),
    ],
)
def test_a_url_that_cannot_be_used(parameters: str, told: str) -> None:
    """It is refused before anything is connected to."""
    with pytest.raises(ConfigurationError, match=told):
        open_journal(f"postgresql://me:secret@127.0.0.1:1/db?{parameters}")


def test_no_password_is_in_an_error() -> None:
    """Neither in what it says nor in its details."""
    with pytest.raises(JournalError) as caught:
        open_journal("postgresql://me:secret@127.0.0.1:1/db?patience=0")
    assert "secret" not in str(caught.value.info().as_dict())
    assert "postgresql://me@127.0.0.1:1/db" in caught.value.message


def test_a_database_that_is_not_there(server: Server) -> None:
    """It is said at once, and not waited for."""
    with pytest.raises(JournalError, match='database "nowhere" does not exist'):
        open_journal(server.url.removesuffix("postgres") + "nowhere")


def test_text_that_the_server_cannot_keep(journal: PostgresJournal) -> None:
    """A zero character in an id is an error of this one commit, and the next one works."""
    writer = driven(journal)
    with pytest.raises(JournalError, match="cannot keep"):
        writer.commit(Batch(events=[NewEvent(EventKind.OPERATION_STARTED, "op\x00")]))
    assert writer.commit(one_step(1)) > 0


def test_closing_ends_what_waits_for_the_server(own_server: Server) -> None:
    """Whoever waits for a server that is away is let go when the journal is closed."""
    journal = open_journal(own_server.new_url())
    journal.create_run(new_run())
    own_server.stop()
    failed: list[BaseException] = []

    def read() -> None:
        try:
            journal.get_run("wf-1")
        except JournalError as error:
            failed.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    journal.close()
    reader.join()
    assert len(failed) == 1
