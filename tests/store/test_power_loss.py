"""Loss of power: whatever the disk had not been told to keep is torn off, and nothing that was synced is missing."""

import tempfile
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.contract import Batch, NewEvent
from provisioning.store import open_journal
from tests.store.scene import driven, started


def batch(position: int, size: int) -> Batch:
    """Return a step with so many bytes to write."""
    return Batch([started(position)], [NewEvent("OperationOutput", f"op-{position}", {"text": "x" * size})])


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 20_000), min_size=1, max_size=6),
    share=st.floats(0, 1),
    rubbish=st.binary(max_size=5_000),
)
def test_of_the_log_any_part_may_be_missing(sizes: list[int], share: float, rubbish: bytes) -> None:
    """What is left is every commit whose last byte was written, and no part of another; and it can be gone on with."""
    with tempfile.TemporaryDirectory() as folder:
        path, torn = Path(folder) / "journal.db", Path(folder) / "torn.db"
        log = path.with_name("journal.db-wal")
        with open_journal(path, synchronous="OFF") as journal:
            writer = driven(journal)
            ends = [log.stat().st_size]
            for position, size in enumerate(sizes, start=1):
                writer.commit(batch(position, size))
                ends.append(log.stat().st_size)
            cut = ends[0] + int((ends[-1] - ends[0]) * share)
            torn.write_bytes(path.read_bytes())
            torn.with_name("torn.db-wal").write_bytes(log.read_bytes()[:cut] + rubbish)
            writer.release()

        whole = sum(end <= cut for end in ends[1:])
        with open_journal(torn, synchronous="OFF", clock=lambda: time.time() + 3600) as journal:
            assert [record.position for record in journal.list_operations("wf-1")] == list(range(1, whole + 1))
            assert [event.sequence for event in journal.list_events("wf-1")] == list(range(1, whole + 1))
            writer = journal.acquire("wf-1", "another")
            assert writer.commit(batch(whole + 1, 10)) == whole + 1
