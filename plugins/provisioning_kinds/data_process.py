"""`data_process`: a file of any size turned into another one, batch by batch, by a program.

Each batch is some lines of the input on the program's standard input; what it writes is appended to a draft beside
the output. How far both are is journaled after each batch, so that an operation that is cut off goes on with the
batch it was in: the draft is cut back to where that one began, and nothing is in the output twice. Memory holds one
buffer, whatever the size. At the end the draft gets the output's name, in one step and never over another file.
"""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from provisioning.contract import (
    Compensation,
    CompensationAction,
    Done,
    EventKind,
    OnDoubt,
    Operation,
    OperationContext,
    OperationKind,
    Outcome,
    Pending,
    hookimpl,
)
from provisioning.errors import OperationFailed
from provisioning_kinds import disk
from provisioning_kinds.capture import Capture
from provisioning_kinds.child import Child, Program
from provisioning_kinds.command import GRACE
from provisioning_kinds.disk import translated
from provisioning_kinds.shape import document, of_type

__all__ = ["DATA_PROCESS"]

LARGEST_BATCH = 16 * 1024 * 1024
"""How much of the input one batch holds, in bytes, however few lines that is."""

_LAST_WORDS = 2000
_COMMAND = {"items": {"type": "string"}, "minItems": 1}

_PARAMETERS = document(
    {
        "input": of_type("string", "The file to read, relative to the workspace; lines end with a line feed."),
        "output": of_type("string", "The file to make; there must be none of that name."),
        "command": of_type(
            "array", "The program and its arguments; it reads one batch and writes what becomes of it.", **_COMMAND
        ),
        "batch_lines": of_type("integer", "How many lines a batch has, at most.", minimum=1, default=10_000),
        "env": of_type("object", "Variables to add to the environment.", additionalProperties={"type": "string"}),
        "cwd": of_type("string", "Where to run it, relative to the workspace; the workspace without it."),
    },
    required=["input", "output", "command"],
)

_RESULT = document(
    {
        "output": of_type("string", "The absolute path of the file that was made."),
        "lines": of_type("integer", "How many lines were read."),
        "batches": of_type("integer", "How many batches they were."),
        "size": of_type("integer", "The size of the output, in bytes."),
    },
    required=["output", "lines", "batches", "size"],
)

_START: Mapping[str, int] = {"read": 0, "written": 0, "lines": 0, "batches": 0}


class _DataProcess:
    """One call is one batch; the last one gives the output its name."""

    @hookimpl
    def prepare_operation(self, operation: Operation, context: OperationContext) -> Compensation:
        """See that the output can be made."""
        output = _path(operation, "output", context)
        if disk.find(output, operation).exists:
            raise OperationFailed(
                f"operation {operation.id} cannot make {output}: it is there already",
                workflow_id=operation.workflow_id,
                hint="give another output, or move that file away",
            )
        return _deletion(operation, output, None)

    @hookimpl
    def run_operation(self, operation: Operation, context: OperationContext) -> Outcome:
        """Turn the next batch into output, or bring the whole to its end."""
        state = {**_START, **operation.state}
        output = _path(operation, "output", context)
        draft = _draft(operation, output)
        if "file" in state:
            return _named(operation, state, draft, output)
        with translated(operation, f"process {operation.parameters['input']}"), tempfile.TemporaryFile() as batch:
            lines, size = _take(operation, state, batch, context)
            with draft.open("r+b" if state["written"] else "wb") as made:
                made.truncate(state["written"])
                made.seek(state["written"])
                if lines:
                    _turn(operation, state, lines, batch, made, context)
                made.flush()
                os.fsync(made.fileno())
                status = os.fstat(made.fileno())
        if not lines:
            file = [status.st_dev, status.st_ino]
            return Pending(0.0, {**state, "file": file}, compensation=_deletion(operation, output, file))
        state = {
            "read": state["read"] + size,
            "written": status.st_size,
            "lines": state["lines"] + lines,
            "batches": state["batches"] + 1,
        }
        text = f"{state['lines']} lines in {state['batches']} batches"
        context.note(EventKind.OPERATION_OUTPUT, {"stream": "progress", "text": text})
        return Pending(0.0, state)

    @hookimpl
    def compensate_operation(self, operation: Operation, compensation: Compensation) -> Done:
        """Delete the draft, and the output where it is the one that was made here."""
        facts = compensation.data
        output = Path(facts["output"])
        with translated(operation, f"delete {output}"):
            disk.remove(Path(facts["draft"]))
            if facts["file"] is not None and _identity(output) == facts["file"]:
                disk.remove(output)
        return Done({"output": str(output)})


def _take(
    operation: Operation, state: Mapping[str, Any], batch: IO[bytes], context: OperationContext
) -> tuple[int, int]:
    """Copy the next lines of the input into `batch`, ready to be read; return how many, and their size in bytes."""
    most, lines = operation.parameters.get("batch_lines", 10_000), 0
    with _path(operation, "input", context).open("rb") as source:
        source.seek(state["read"])
        while lines < most and batch.tell() < LARGEST_BATCH:
            line = source.readline(LARGEST_BATCH + 1)
            if len(line) > LARGEST_BATCH:
                raise OperationFailed(
                    f"operation {operation.id}: line {state['lines'] + lines + 1} of {operation.parameters['input']}"
                    f" is longer than {LARGEST_BATCH // 2**20} MiB",
                    workflow_id=operation.workflow_id,
                    hint="the input must be a file of lines",
                )
            if not line:
                break
            batch.write(line)
            lines += 1
    size = batch.tell()
    batch.seek(0)
    return lines, size


def _turn(
    operation: Operation,
    state: Mapping[str, Any],
    lines: int,
    batch: IO[bytes],
    made: IO[bytes],
    context: OperationContext,
) -> None:
    """Run the program on one batch; raise when it does not end well."""
    given = operation.parameters
    directory = os.path.join(context.directory, given.get("cwd", ""))  # noqa: PTH118 - may end in ".."
    program = Program(given["command"], directory, given.get("env", {}), stdin=batch, stdout=made)
    errors = Capture(lambda _: None, 0)
    with Child(program, {"stderr": errors}, context, GRACE) as child:
        status = child.wait()
    if status:
        words = errors.text.strip()[-_LAST_WORDS:]
        first = state["lines"] + 1
        raise OperationFailed(
            f"operation {operation.id}: {program.name} ended with exit status {status} on lines {first} to"
            f" {first + lines - 1}: {words or 'it wrote nothing on stderr'}",
            workflow_id=operation.workflow_id,
            hint="mend the program or the input; `provisioning workflow resume` begins anew",
            details={"exit_status": status, "stderr": words},
        )


def _named(operation: Operation, state: Mapping[str, Any], draft: Path, output: Path) -> Done:
    """Give the draft the output's name, unless that was done before the operation was cut off."""
    with translated(operation, f"make {output}"):
        if _identity(output) != state["file"]:
            os.link(draft, output)  # unlike a rename, it fails when somebody else made the file meanwhile
        disk.remove(draft)
    return Done({"output": str(output), "lines": state["lines"], "batches": state["batches"], "size": state["written"]})


def _identity(path: Path) -> list[int] | None:
    """Return what tells a file from any other of its name: device and inode; None when there is no file."""
    with suppress(FileNotFoundError):
        status = path.stat()
        return [status.st_dev, status.st_ino]
    return None


def _path(operation: Operation, key: str, context: OperationContext) -> Path:
    given: str = operation.parameters[key]
    if "\0" in given:
        raise OperationFailed(f"operation {operation.id} cannot use {given!r}: a path has no zero byte in it")
    return Path(context.directory).absolute() / given


def _draft(operation: Operation, output: Path) -> Path:
    token = sha256(operation.client_token.encode()).hexdigest()[:16]
    return output.with_name(f".provisioning-{token}.part")


def _deletion(operation: Operation, output: Path, file: list[int] | None) -> Compensation:
    data = {"output": str(output), "draft": str(_draft(operation, output)), "file": file}
    return Compensation(CompensationAction.RESTORE_FILE, f"delete {output}", data)


DATA_PROCESS = OperationKind(
    name="data_process",
    summary="process a large file",
    parameters=_PARAMETERS,
    handler=_DataProcess(),
    result=_RESULT,
    prepares=True,
    action=CompensationAction.RESTORE_FILE,
    undo="delete the output",
    on_doubt=OnDoubt.RETRY,
)
