"""Moving: everything that one journal holds is put into another one, whatever the two are kept in."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from provisioning.contract import Batch, CancelMode, EventKind, NewEvent, OperationState, Resource, RunState
from provisioning.contract.holder import this_holder
from provisioning.errors import ErrorInfo, JournalError, JournalLocked, JournalReadOnly, RunNotFound
from provisioning.store import (
    Candidate,
    candidates_in,
    examine_archive,
    export_archive,
    move_journal,
    open_journal,
)
from provisioning_postgres import journal as postgres
from tests.postgres import Server
from tests.store.older import older_journal
from tests.store.scene import AnyJournal, Open, driven, new_run, one_step, started

Make = Callable[[], AnyJournal]


@pytest.fixture(params=["sqlite", "postgres"])
def make_target(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Make:
    """Return what opens the journal to move to."""
    url = server.new_url()

    def make() -> AnyJournal:
        if request.param == "sqlite":
            return open_journal(tmp_path / "target.db")
        return postgres.open_journal(url)

    return make


def _filled(journal: AnyJournal) -> AnyJournal:
    writer = driven(journal, "wf-done")
    record = started(1)
    record.resources = (Resource("server", "srv-1", "local", "web"),)
    begun = [NewEvent(EventKind.WORKFLOW_STARTED), NewEvent(EventKind.OPERATION_STARTED, "op-1")]
    writer.commit(Batch([record], begun))
    record.state, record.result = OperationState.FAILED, {"a": [1, 2.5, None, "ä"]}
    record.error = ErrorInfo("Odd", "it was odd")
    failed = [NewEvent(EventKind.OPERATION_FAILED, "op-1", {"x": 1}), NewEvent(EventKind.WORKFLOW_FAILED)]
    writer.commit(Batch([record], failed, RunState.FAILED, ErrorInfo("Odd", "it was odd")))
    writer.release()
    journal.create_run(new_run("wf-new"))
    journal.request_cancel("wf-new", CancelMode.ROLLBACK)
    return journal


def _move(source: AnyJournal, target: AnyJournal) -> dict[str, int | str]:
    return move_journal(source, target, place="there", now=0.0).as_dict()


def test_everything_arrives(open_here: Open, make_target: Make) -> None:
    """Every run with its document, operations and events, at their places; and the id of the journal itself."""
    source = _filled(open_here())
    with make_target() as target:
        moved = _move(source, target)
        assert (moved["runs"], moved["operations"], moved["events"]) == (2, 1, 4)
        assert target.installation_id == source.installation_id
        assert target.last_sequence() == 4
        archive = target.archive()
        assert examine_archive(archive) == []
        archive.close()

    with make_target() as target:
        assert target.installation_id == source.installation_id
        assert target.get_run("wf-new").cancel is CancelMode.ROLLBACK
        assert [event.sequence for event in target.list_events()] == [1, 2, 3, 4]
        writer = target.acquire("wf-done", this_holder())
        assert writer.fence == 2
        assert writer.commit(one_step(2)) == 5
        assert not target.create_run(new_run("wf-new"))


def test_the_old_one_takes_no_change(open_here: Open, make_target: Make) -> None:
    """Whoever goes on there by mistake is told where the journal is; what is in it can still be read."""
    source = _filled(open_here())
    with make_target() as target:
        _move(source, target)
    for change in (
        lambda: source.create_run(new_run("wf-2")),
        lambda: source.acquire("wf-done", "me"),
        lambda: source.request_cancel("wf-new", CancelMode.STOP),
    ):
        with pytest.raises(JournalReadOnly, match="was moved to there, and takes no change any more"):
            change()
    assert source.get_run("wf-done").state is RunState.FAILED
    archive = source.archive()
    assert list(export_archive(archive))[-1]["runs"] == 2
    archive.close()


def test_back_again(open_here: Open, make_target: Make, tmp_path: Path) -> None:
    """From there it can be moved to a third one, and is the same."""
    source = _filled(open_here())
    with make_target() as target, open_journal(tmp_path / "third.db") as third:
        assert _move(source, target) == _move(target, third)


def test_a_driven_run_is_not_moved(open_here: Open, make_target: Make) -> None:
    """It is refused, nothing is retired, and the run goes on."""
    source = open_here()
    writer = driven(source)
    with make_target() as target:
        with pytest.raises(JournalLocked, match="run wf-1 is being driven"):
            _move(source, target)
        assert target.list_runs() == []
    assert writer.commit(one_step(1)) == 1


def test_two_journals_are_never_mixed(open_here: Open, make_target: Make) -> None:
    """A target with a run in it is refused, and both stay as they are."""
    source = _filled(open_here())
    with make_target() as target:
        target.create_run(new_run("wf-theirs"))
        with pytest.raises(JournalError, match="holds runs already"):
            _move(source, target)
        assert [run.workflow_id for run in target.list_runs()] == ["wf-theirs"]
    assert source.create_run(new_run("wf-mine"))


class _Forgetful:
    """A journal that loses an operation on the way."""

    def __init__(self, journal: AnyJournal) -> None:
        self._journal = journal

    def __getattr__(self, name: str) -> object:
        return getattr(self._journal, name)

    def archive(self) -> object:
        archive = self._journal.archive()
        archive.list_operations = lambda _workflow_id: iter(())  # type: ignore[method-assign]
        return archive


def test_what_differs_is_not_trusted(open_here: Open, make_target: Make) -> None:
    """When the two are not the same in the end, the old one stays in use."""
    source = _filled(open_here())
    told = "is not the same as the old one, which stays in use"
    with make_target() as target, pytest.raises(JournalError, match=told):
        move_journal(source, _Forgetful(target), place="there", now=0.0)  # type: ignore[arg-type]
    assert source.create_run(new_run("wf-mine"))


def test_what_is_said_of_a_journal_is_the_same_wherever_it_is(path: Path, server: Server) -> None:
    """Its export, what may be forgotten and what is wrong with it: of a file, and of the same on a server."""
    with open_journal(older_journal(path)) as source, postgres.open_journal(server.new_url()) as target:
        said = _said(source)
        _move(source, target)
        assert _said(target) == said
        assert len(said[0]) == 1 + 5 + 12 + 41
        (gone, *_) = said[1]
        (candidate,) = [one for one in _candidates(target) if one.run.workflow_id == gone]
        assert target.forget(candidate.run)
        assert not target.forget(candidate.run)
        with pytest.raises(RunNotFound):
            target.get_run(gone)
        assert _said(target)[2] == []


def _candidates(journal: AnyJournal) -> list[Candidate]:
    with closing(journal.archive()) as archive:
        return candidates_in(archive, before=1e12, states=list(RunState))


def _said(journal: AnyJournal) -> tuple[list[object], list[str], list[object]]:
    with closing(journal.archive()) as archive:
        _, *lines = export_archive(archive)
        for line in lines:
            line.pop("lease", None)
        return lines, [one.run.workflow_id for one in _candidates(journal)], list(examine_archive(archive))


class _CutOff:
    """A journal whose process dies before it is retired."""

    def __init__(self, journal: AnyJournal) -> None:
        self._journal = journal

    def __getattr__(self, name: str) -> object:
        return getattr(self._journal, name)

    def retire(self, _place: str) -> None:
        raise KeyboardInterrupt


def test_a_move_that_was_cut_off_goes_on(open_here: Open, make_target: Make) -> None:
    """Killed between the two journals, it is made again: nothing is put there twice, and the old one is retired."""
    source = _filled(open_here())
    with make_target() as target:
        with pytest.raises(KeyboardInterrupt):
            _move(_CutOff(source), target)  # type: ignore[arg-type]
        assert source.create_run(new_run("wf-1")) is True
        assert source.forget(source.get_run("wf-1"))
        assert _move(source, target)["runs"] == 2
        assert len(target.list_runs()) == 2
    with pytest.raises(JournalReadOnly):
        source.create_run(new_run("wf-2"))


class _Torn:
    """A moment of a journal that cannot be read to its end."""

    def __init__(self, archive: object) -> None:
        self._archive = archive

    def __getattr__(self, name: str) -> object:
        return getattr(self._archive, name)

    def list_events(self, *_: object, **__: object) -> object:
        raise KeyboardInterrupt


def test_a_journal_that_is_filled_halfway_is_empty(open_here: Open, make_target: Make) -> None:
    """It is one transaction: cut off in the middle, nothing is there."""
    source = _filled(open_here())
    with make_target() as target, closing(source.archive()) as archive:
        with pytest.raises(KeyboardInterrupt):
            target.take_in(_Torn(archive))  # type: ignore[arg-type]
        assert target.list_runs() == []
        target.take_in(archive)
        assert len(target.list_runs()) == 2
