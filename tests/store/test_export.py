"""Export: everything that a journal holds, line by line, at one moment."""

import tracemalloc
from pathlib import Path

import pytest

from provisioning.contract import Batch, EventKind, NewEvent, OperationState
from provisioning.errors import JournalCorrupt, RunNotFound
from provisioning.store import SqliteJournal, export_journal, open_journal
from tests.store.older import older_journal
from tests.store.scene import driven, one_step, started


@pytest.fixture
def place(path: Path) -> str:
    """Return where the journal is to be: this is of the journal in a file."""
    return str(path)


def test_every_run_with_what_belongs_to_it(path: Path) -> None:
    """The journal first, then run by run its operations and its events, and the counts at last."""
    with open_journal(older_journal(path)) as journal:
        lines = list(export_journal(path))
        types = [line["type"] for line in lines]

        assert types[:6] == ["journal", "run", "operation", "operation", "operation", "operation"]
        assert lines[0] == {
            "type": "journal",
            "format": 1,
            "schema_version": 2,
            "installation_id": journal.installation_id,
            "last_sequence": 41,
        }
        assert lines[-1] == {"type": "end", "runs": 5, "operations": 12, "events": 41}
        assert [line["workflow_id"] for line in lines if line["type"] == "run"] == [
            *("wf-good", "wf-web", "wf-undone", "wf-partial", "wf-killed")
        ]
        events = [{"type": "event", **event.as_dict()} for event in journal.list_events()]
        assert events == [line for line in lines if line["type"] == "event"]


def test_one_run(path: Path) -> None:
    """Only what belongs to the run that is named; one that is not there is an error."""
    with open_journal(older_journal(path)):
        pass
    lines = list(export_journal(path, "wf-web"))
    run, operation = lines[1:3]

    assert lines[-1] == {"type": "end", "runs": 1, "operations": 1, "events": 5}
    assert (run["workflow_id"], run["state"], run["document"]["name"]) == ("wf-web", "succeeded", "web")
    assert operation["resources"] == [
        {"type": "server", "id": "srv-d3514efa27e0453b", "provider": "local", "name": "web-1"}
    ]
    assert operation["compensation"]["summary"] == "delete server web-1"
    with pytest.raises(RunNotFound):
        list(export_journal(path, "wf-none"))


def test_run_under_way(journal: SqliteJournal, path: Path) -> None:
    """What is written after the first line was read is not in the export; who drives the run is."""
    writer = driven(journal)
    writer.commit(one_step(1))
    lines = export_journal(path)
    first = next(lines)
    writer.commit(one_step(2))
    rest = list(lines)

    assert (first["last_sequence"], rest[-1]["operations"]) == (1, 1)
    assert (rest[0]["lease"]["fence"], rest[0]["error"], rest[0]["cancel"]) == (1, None, None)


def test_damage_ends_it(path: Path) -> None:
    """What cannot be read is an error, and never left out."""
    with open_journal(path) as journal:
        driven(journal).commit(one_step(1))
        journal._group.write(lambda connection: connection.execute("UPDATE operations SET state = 'odd'"))
        with pytest.raises(JournalCorrupt):
            list(export_journal(path))


def test_constant_memory(path: Path) -> None:
    """Ten times as many operations and events need no more memory."""
    with open_journal(path, synchronous="OFF") as journal:
        writer = driven(journal)

        def peak(start: int, end: int) -> int:
            batch = Batch([started(place) for place in range(start, end)])
            batch.events = [
                NewEvent(EventKind.OPERATION_STARTED, record.operation_id, {"text": "x" * 200})
                for record in batch.operations
            ]
            for record in batch.operations:
                record.state, record.result = OperationState.SUCCEEDED, {"text": "y" * 200}
            writer.commit(batch)
            del batch
            tracemalloc.start()
            count = sum(1 for _ in export_journal(path))
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert count == 3 + 2 * (end - 1)
            return most

        small, large = peak(1, 500), peak(500, 5000)

    assert large < 2 * small
