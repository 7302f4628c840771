"""Durability: what a commit returned for is there, whatever becomes of the process."""

import signal
from pathlib import Path

from provisioning.contract import EventKind
from provisioning.store import open_journal
from tests.store.scene import Open, another_process

COMMIT_AND_SAY_SO = """
writer = driven(open_here())
print(writer.commit(one_step(1)))
"""

DIE_INSIDE = """
import os, signal
journal = open_journal(path)
writer = driven(journal)
writer.commit(one_step(1))
print(1, flush=True)
def change(connection):
    connection.execute("DELETE FROM operations")
    connection.execute("DELETE FROM events")
    os.kill(os.getpid(), signal.SIGKILL)
journal._group.write(change)
"""


def test_commit_that_returned_survives_a_kill(place: str, open_here: Open) -> None:
    """A process that is killed right after its commit leaves the batch whole."""
    with another_process(place, COMMIT_AND_SAY_SO) as (process, position):
        process.send_signal(signal.SIGKILL)
        process.wait()

    assert position == "1"
    journal = open_here()
    assert [record.operation_id for record in journal.list_operations("wf-1")] == ["op-1"]
    assert [event.kind for event in journal.list_events("wf-1")] == [EventKind.OPERATION_STARTED]


def test_transaction_that_was_cut_off_is_undone(path: Path) -> None:
    """A process that is killed inside a transaction leaves the journal as it was before it."""
    with another_process(path, DIE_INSIDE) as (process, _):
        assert process.wait() == -signal.SIGKILL

    with open_journal(path) as journal:
        assert [record.operation_id for record in journal.list_operations("wf-1")] == ["op-1"]
        assert [event.sequence for event in journal.list_events()] == [1]
