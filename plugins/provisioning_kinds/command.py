"""`command`: a program run on this machine."""

import os
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from provisioning.contract import (
    Compensation,
    CompensationAction,
    Done,
    EventKind,
    OnDoubt,
    Operation,
    OperationContext,
    OperationKind,
    hookimpl,
)
from provisioning.errors import OperationFailed
from provisioning_kinds.capture import Capture
from provisioning_kinds.child import Child, Program
from provisioning_kinds.shape import ON_DOUBT, document, of_type

__all__ = ["COMMAND", "CommandHandler"]

MOST_LINES = 100_000
"""How many lines of a stream are told: a program that never stops writing must not fill the journal."""

GRACE = 2.0
"""How long a command may take to end when it is asked to, in seconds."""

_LAST_WORDS = 2000
_LOG_LINES = {"minimum": 0, "default": MOST_LINES}
_COMMAND = {"items": {"type": "string"}, "minItems": 1}

_PARAMETERS = document(
    {
        "command": of_type("array", "The program and its arguments; no shell is involved.", **_COMMAND),
        "env": of_type("object", "Variables to add to the environment.", additionalProperties={"type": "string"}),
        "cwd": of_type("string", "Where to run it, relative to the workspace; the workspace without it."),
        "stdin": of_type("string", "Text that the program reads on its standard input; nothing without it."),
        "check": of_type("boolean", "Whether an exit status other than 0 is a failure.", default=True),
        "log_lines": of_type(
            "integer", "How many lines of each stream go into the journal; what is beyond is counted.", **_LOG_LINES
        ),
        "undo": of_type("array", "The command that undoes this one; it must do no harm when run twice.", **_COMMAND),
        "on_doubt": {**ON_DOUBT, "default": "fail"},
    },
    required=["command"],
)

_RESULT = document(
    {
        "exit_status": of_type("integer", "The exit status; below zero, the signal that killed the program."),
        "stdout": of_type("string", "What it wrote: of more than 64 KiB, the beginning and the end."),
        "stderr": of_type("string", "What it wrote there, within the same bounds."),
    },
    required=["exit_status", "stdout", "stderr"],
)


class CommandHandler:
    """Runs the command and tells what it writes, as it comes. `grace` is as in `Child`."""

    def __init__(self, grace: float = GRACE) -> None:
        self._grace = grace

    @hookimpl
    def prepare_operation(self, operation: Operation) -> Compensation | None:
        """Say that the command given as `undo` will be run; nothing of it is journaled but its name."""
        undo = operation.parameters.get("undo")
        return Compensation(CompensationAction.CUSTOM_ACTION, f"run {undo[0]}") if undo else None

    @hookimpl
    def run_operation(self, operation: Operation, context: OperationContext) -> Done:
        """Run the command."""
        result = self._run(operation, operation.parameters["command"], context)
        if operation.parameters.get("check", True):
            _check(result, operation, operation.parameters["command"])
        return Done(result)

    @hookimpl
    def compensate_operation(self, operation: Operation, context: OperationContext) -> Done:
        """Run the command that undoes it, in the same place and environment."""
        undo = operation.parameters["undo"]
        result = self._run(operation, undo, context)
        _check(result, operation, undo)
        return Done(result)

    def _run(self, operation: Operation, command: Sequence[str], context: OperationContext) -> dict[str, Any]:
        given = operation.parameters
        directory = os.path.join(context.directory, given.get("cwd", ""))  # noqa: PTH118 - may end in ".."
        program = Program(command, directory, given.get("env", {}), given.get("stdin"))
        most = given.get("log_lines", MOST_LINES)
        streams = {name: Capture(_Teller(context, name), most) for name in ("stdout", "stderr")}
        with Child(program, streams, context, self._grace) as child:
            status = child.wait()
        return {"exit_status": status, **{name: capture.text for name, capture in streams.items()}}


class _Teller:
    """Makes the lines of one stream notes in the journal."""

    def __init__(self, context: OperationContext, stream: str) -> None:
        self._note = context.note
        self._stream = stream

    def __call__(self, text: str) -> None:
        self._note(EventKind.OPERATION_OUTPUT, {"stream": self._stream, "text": text})


def _check(result: Mapping[str, Any], operation: Operation, command: Sequence[str]) -> None:
    status, stderr = result["exit_status"], result["stderr"].strip()[-_LAST_WORDS:]
    if status == 0:
        return
    end = f"was killed by {_signal_name(-status)}" if status < 0 else f"ended with exit status {status}"
    words = f": {stderr}" if stderr else ", and wrote nothing on stderr"
    raise OperationFailed(
        f"operation {operation.id}: {command[0]} {end}{words}",
        workflow_id=operation.workflow_id,
        hint="its output is in `provisioning workflow logs`; with check = false any exit status is good",
        details={"exit_status": status, "stderr": stderr},
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


COMMAND = OperationKind(
    name="command",
    summary="run a command",
    parameters=_PARAMETERS,
    handler=CommandHandler(),
    result=_RESULT,
    prepares=True,
    action=CompensationAction.CUSTOM_ACTION,
    undo="run the command given as `undo`, if there is one",
    on_doubt=OnDoubt.FAIL,
)
