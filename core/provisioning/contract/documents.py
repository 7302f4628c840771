"""The JSON documents that strangers read: their shapes, from which the published schemas are generated."""

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["ErrorDocument", "EventDocument", "ReplyDocument", "ResultDocument"]


@dataclass(frozen=True, slots=True)
class ErrorDocument:
    """What went wrong: a stable code, a sentence, and what else is known."""

    code: str
    message: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReplyMetadata:
    """When a reply was made, to which request, by which version. The timestamp is ISO 8601 in UTC."""

    timestamp: str
    request_id: str
    version: str


@dataclass(frozen=True, slots=True)
class ReplyDocument:
    """The envelope of every answer of a command with `--output json`: the answer itself is `data`."""

    status: Literal["success", "error", "pending"]
    data: Any
    metadata: ReplyMetadata
    error: ErrorDocument | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, and to what."""

    operation: str
    resources: list[dict[str, Any]]
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The run, and the operation in it."""

    workflow_id: str | None
    step: str | None


@dataclass(frozen=True, slots=True)
class ResultDocument:
    """The result envelope of an operation, a run, or a program in another language."""

    status: Literal["success", "error", "partial"]
    result: Outcome
    error: dict[str, Any] | None
    context: Whereabouts


@dataclass(frozen=True, slots=True)
class EventDocument:
    """One event of a run. `sequence` rises over all runs of a journal, `at` is seconds since the epoch."""

    sequence: int
    workflow_id: str
    kind: str
    at: float
    operation_id: str | None
    data: dict[str, Any]
