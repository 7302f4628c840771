"""The JSON documents that strangers read: their shapes, from which the published schemas are generated."""

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["ErrorDocument", "EventDocument", "ExportLine", "ReplyDocument", "ResultDocument"]


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


@dataclass(frozen=True, slots=True)
class JournalLine:
    """The first line of an export of a journal: what is exported, in which format."""

    type: Literal["journal"]
    format: int
    schema_version: int
    installation_id: str
    last_sequence: int


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run of an export; its operations and its events follow. Times are seconds since the epoch."""

    type: Literal["run"]
    workflow_id: str
    name: str
    state: str
    digest: str
    total: int
    events: int
    created_at: float
    updated_at: float
    error: dict[str, Any] | None
    outputs: dict[str, Any] | None
    cancel: str | None
    lease: dict[str, Any] | None
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OperationLine:
    """One operation of an export that has begun; `position` is its place among the intents of its run."""

    type: Literal["operation"]
    workflow_id: str
    operation_id: str
    kind: str
    state: str
    position: int
    provider: str | None
    attempt: int
    generation: int
    client_token: str
    digest: str
    compensation: dict[str, Any] | None
    progress: dict[str, Any] | None
    result: dict[str, Any] | None
    resources: list[dict[str, Any]]
    error: dict[str, Any] | None
    started_at: float | None
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event of an export."""

    type: Literal["event"]
    sequence: int
    workflow_id: str
    kind: str
    at: float
    operation_id: str | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EndLine:
    """The last line of an export: how many lines of each type stand before it."""

    type: Literal["end"]
    runs: int
    operations: int
    events: int


ExportLine = JournalLine | RunLine | OperationLine | EventLine | EndLine
"""One line of an export."""
