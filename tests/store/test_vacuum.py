"""Vacuum: the file becomes as small as what is in it, and nothing of that changes."""

from pathlib import Path

import pytest

from provisioning.contract import Batch, RunState
from provisioning.errors import JournalLocked
from provisioning.store import examine_journal, find_candidates, forget, open_journal, vacuum_journal
from tests.store.older import content
from tests.store.scene import Clock, another_process, driven, one_step


def _filled(path: Path) -> None:
    with open_journal(path, synchronous="OFF") as journal:
        for workflow_id in ("wf-1", "wf-2"):
            writer = driven(journal, workflow_id)
            for position in range(1, 400):
                writer.commit(one_step(position))
            writer.commit(Batch(state=RunState.ROLLED_BACK))
            writer.release()


def test_room_is_given_back(path: Path, clock: Clock) -> None:
    """After pruning the file shrinks; what is left is as it was."""
    _filled(path)
    forget(path, find_candidates(path, before=1e12, states=[RunState.ROLLED_BACK])[:1])
    before = content(path)
    sizes = vacuum_journal(path, clock.now)

    assert sizes.after < 0.7 * sizes.before
    assert sizes.after == path.stat().st_size
    assert before == content(path)
    assert [problem for problem in examine_journal(path) if problem.workflow_id is None] == []


def test_nobody_has_to_wait(path: Path) -> None:
    """While a run is driven, its journal is left alone."""
    with another_process(path, "print(driven(open_journal(path)).fence)") as (_, fence):
        assert fence == "1"
        with pytest.raises(JournalLocked) as caught:
            vacuum_journal(path, 0.0)

    message = f"run wf-1 of journal {path} is being driven: it would have to wait for the vacuum"
    assert message == caught.value.message
