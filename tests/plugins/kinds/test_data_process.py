"""`data_process`: batch by batch, in flat memory, and nothing twice however it is cut off."""

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.contract import Done, Operation, OperationContext, Outcome, Pending
from provisioning.errors import OperationFailed
from provisioning_kinds import data_process
from provisioning_kinds.data_process import DATA_PROCESS

UPPER = [sys.executable, "-c", "import sys; sys.stdout.write(sys.stdin.read().upper())"]
HANDLER: Any = DATA_PROCESS.handler


class Desk:
    """An operation in a folder of its own, called as the driver would; `notes` is what it tells."""

    def __init__(self, folder: Path, **parameters: Any) -> None:
        self.folder = folder
        self.notes: list[str] = []
        self.parameters = {"input": "in", "output": "out", "command": UPPER, **parameters}
        self.context = OperationContext(
            "wf", "p", directory=str(folder), note=lambda kind, data: self.notes.append(data["text"])
        )
        self.compensation = None

    def operation(self, state: Any = None) -> Operation:
        return Operation("p", "data_process", self.parameters, "wf", "token", state=state or {})

    def prepare(self) -> None:
        self.compensation = HANDLER.prepare_operation(self.operation(), self.context)

    def step(self, state: Any = None) -> Outcome:
        outcome: Outcome = HANDLER.run_operation(self.operation(state), self.context)
        self.compensation = outcome.compensation or self.compensation
        return outcome

    def finish(self, state: Any = None) -> Done:
        outcome = self.step(state)
        while isinstance(outcome, Pending):
            outcome = self.step(outcome.state)
        return outcome

    def undo(self) -> None:
        HANDLER.compensate_operation(self.operation(), self.compensation)

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "in").write_bytes(b"one\ntwo\nthree\nfour\nfive")
    made = Desk(tmp_path, batch_lines=2)
    made.prepare()
    return made


def test_a_file_becomes_another_one(desk: Desk) -> None:
    """Every line once and in order, and the result counts them."""
    assert desk.finish() == Done({"output": str(desk.folder / "out"), "lines": 5, "batches": 3, "size": 23})
    assert (desk.folder / "out").read_bytes() == b"ONE\nTWO\nTHREE\nFOUR\nFIVE"
    assert desk.names == ["in", "out"]
    assert desk.notes == ["2 lines in 1 batches", "4 lines in 2 batches", "5 lines in 3 batches"]


def test_the_output_has_its_name_only_when_it_is_whole(desk: Desk) -> None:
    """Who waits for the file never sees half of it."""
    outcome = desk.step()
    assert isinstance(outcome, Pending)
    assert "out" not in desk.names
    desk.finish(outcome.state)
    assert "out" in desk.names


@pytest.mark.parametrize("batches", [1, 2, 3, 4])
def test_a_batch_that_was_cut_off_is_done_again(desk: Desk, batches: int) -> None:
    """What it had written is cut away first: the journaled state says where it began."""
    state: Any = {}
    for _ in range(batches):
        outcome = desk.step(state)
        assert isinstance(outcome, Pending)
        desk.step(state)  # the process died before this answer was journaled
        state = outcome.state
    assert desk.finish(state).result["lines"] == 5
    assert (desk.folder / "out").read_bytes() == b"ONE\nTWO\nTHREE\nFOUR\nFIVE"


def test_cut_off_after_the_output_got_its_name(desk: Desk) -> None:
    """It is known again, and the same answer is given."""
    state: Any = {}
    while isinstance(outcome := desk.step(state), Pending):
        state = outcome.state
    assert desk.step(state) == outcome
    assert desk.names == ["in", "out"]


@pytest.mark.parametrize("steps", range(5))
def test_undone_at_any_step_nothing_is_left(desk: Desk, steps: int) -> None:
    """Neither the output nor its draft; undoing twice is the same."""
    state: Any = {}
    for _ in range(steps):
        outcome = desk.step(state)
        state = outcome.state if isinstance(outcome, Pending) else {}
    desk.undo()
    desk.undo()
    assert desk.names == ["in"]


def test_a_file_of_somebody_else_is_neither_replaced_nor_deleted(desk: Desk) -> None:
    """One that came up meanwhile stays, and the operation fails."""
    outcome = desk.step()
    (desk.folder / "out").write_text("theirs")
    assert isinstance(outcome, Pending)
    with pytest.raises(OperationFailed) as caught:
        desk.finish(outcome.state)
    assert caught.value.message == f"operation p cannot make {desk.folder / 'out'}: File exists"
    desk.undo()
    assert desk.names == ["in", "out"]
    assert (desk.folder / "out").read_text() == "theirs"


def test_an_output_that_is_there_is_refused(desk: Desk) -> None:
    """Before anything begins."""
    (desk.folder / "out").write_text("theirs")
    with pytest.raises(OperationFailed) as caught:
        desk.prepare()
    assert caught.value.message == f"operation p cannot make {desk.folder / 'out'}: it is there already"


def test_a_program_that_fails_names_the_lines(desk: Desk) -> None:
    """And its last words."""
    code = "import sys; text = sys.stdin.read(); sys.exit('no threes' if 'three' in text else 0)"
    desk.parameters["command"] = [sys.executable, "-c", code]
    outcome = desk.step()
    assert isinstance(outcome, Pending)
    with pytest.raises(OperationFailed) as caught:
        desk.step(outcome.state)
    assert caught.value.message == (
        f"operation p: {sys.executable} ended with exit status 1 on lines 3 to 4: no threes"
    )


def test_an_input_that_is_not_there_is_told(desk: Desk) -> None:
    """With the path as it was given."""
    desk.parameters["input"] = "nowhere"
    with pytest.raises(OperationFailed) as caught:
        desk.step()
    assert caught.value.message == "operation p cannot process nowhere: No such file or directory"


def test_a_line_without_an_end_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is no file of lines would need memory for all of it."""
    monkeypatch.setattr(data_process, "LARGEST_BATCH", 4)
    with pytest.raises(OperationFailed) as caught:
        desk.finish()
    assert caught.value.message == "operation p: line 3 of in is longer than 0 MiB"


def test_an_empty_file_becomes_an_empty_file(desk: Desk) -> None:
    """Without running the program."""
    (desk.folder / "in").write_bytes(b"")
    desk.parameters["command"] = ["there-is-no-such-program"]
    assert desk.finish().result == {"output": str(desk.folder / "out"), "lines": 0, "batches": 0, "size": 0}
    assert (desk.folder / "out").stat().st_size == 0


@given(st.lists(st.binary(max_size=5).filter(lambda line: b"\n" not in line), max_size=8), st.integers(1, 4))
def test_batches_do_not_show(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], size: int) -> None:
    """However many lines a batch has, the program's output is that of the whole."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "in").write_bytes(b"\n".join(lines))
    desk = Desk(folder, command=["cat"], batch_lines=size)
    desk.prepare()
    desk.finish()
    assert (folder / "out").read_bytes() == b"\n".join(lines)
