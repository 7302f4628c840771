"""What a hook answered, made sure of before the journal has to keep it.

A value that is no JSON would fail in the commit, and take down the run with all that shared the commit. Here it fails
the one operation whose kind made it.
"""

import math
from collections.abc import Mapping
from typing import Any

from provisioning.contract import Compensation, Done, Job, Outcome, Pending, Settlement
from provisioning.errors import ExtensionBroken

__all__ = ["checked", "is_plain"]

MAX_DEPTH = 100
MAX_BITS = 1024

Answer = Outcome | Settlement | Compensation | None


def is_plain(value: object, room: int = MAX_DEPTH) -> bool:
    """Whether a value is made of JSON values: tables with text keys and lists, at most `room` deep, and plain ones."""
    if value is None or isinstance(value, str | bool):
        return True
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return value.bit_length() <= MAX_BITS
    if not room:
        return False
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_plain(item, room - 1) for key, item in value.items())
    return isinstance(value, list | tuple) and all(is_plain(item, room - 1) for item in value)


def checked(job: Job, answer: Answer) -> Answer:
    """Return the answer; raise `ExtensionBroken`, naming the operation and its kind, when it cannot be kept."""
    flaw = _flaw(answer)
    if flaw is None:
        return answer
    operation = job.operation
    raise ExtensionBroken(
        f"kind {operation.kind} answered {job.step} of operation {operation.id} with {flaw}",
        extension=operation.kind,
        hint="results, states and compensations are JSON values; this is a defect of the kind's extension",
    )


def _flaw(answer: Answer) -> str | None:
    """Return what is wrong with an answer, None for a good one."""
    if isinstance(answer, Compensation):
        return _flaw_of_compensation(answer)
    if not isinstance(answer, Done | Pending):
        return None
    if isinstance(answer, Pending):
        if not _is_time(answer.after):
            return f"a time to wait of {answer.after!r}"
        told: Any = answer.state
    else:
        told = answer.result
    if not (isinstance(told, Mapping) and is_plain(told)):
        return f"a {'state' if isinstance(answer, Pending) else 'result'} that is no table of JSON values"
    if not all(is_plain(resource.as_dict()) for resource in answer.resources):
        return "resources that cannot be written as JSON"
    return None if answer.compensation is None else _flaw_of_compensation(answer.compensation)


def _flaw_of_compensation(compensation: Compensation) -> str | None:
    return None if is_plain(compensation.as_dict()) else "a compensation that is no table of JSON values"


def _is_time(seconds: object) -> bool:
    return isinstance(seconds, int | float) and math.isfinite(seconds) and seconds >= 0
