"""An operation, what its kind declares, and how one call of it can end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = [
    "Absent",
    "Compensation",
    "CompensationAction",
    "Done",
    "OnDoubt",
    "Operation",
    "OperationKind",
    "Outcome",
    "Pending",
    "Resource",
    "Settlement",
    "Unsettled",
]


class CompensationAction(StrEnum):
    """What undoing an operation means."""

    DELETE_RESOURCE = "DeleteResource"
    """Delete what the operation created."""
    RESTORE_FILE = "RestoreFile"
    """Put back a file's bytes and mode, or its absence."""
    REVERT_CONFIGURATION = "RevertConfiguration"
    """Put back a setting or a state as it was before."""
    CUSTOM_ACTION = "CustomAction"
    """Do what the document says undoes it."""


class OnDoubt(StrEnum):
    """What to do with an operation whose outcome is unknown and that nobody can be asked about."""

    RETRY = "retry"
    """Do it again: doing it twice is the same as doing it once."""
    FAIL = "fail"
    """Stop and tell a person: doing it twice might do harm."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that an operation made or changed: its type (`server`, `file`) and its id there."""

    type: str
    id: str
    provider: str | None = None
    name: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"type": self.type, "id": self.id, "provider": self.provider, "name": self.name}


@dataclass(frozen=True, slots=True)
class Compensation:
    """How one operation is undone; journaled before the operation is called.

    `data` is what the kind needs for it, as JSON values; `summary` is one line for people ("delete server web-1").
    """

    action: CompensationAction
    summary: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that the journal keeps."""
        return {"action": str(self.action), "summary": self.summary, "data": dict(self.data)}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Compensation":
        """Read the JSON form back."""
        action = CompensationAction(document["action"])
        return cls(action=action, summary=document["summary"], data=document["data"])


@dataclass(frozen=True, slots=True)
class Operation:
    """One node of a workflow at the moment it is called: every reference in `parameters` is resolved.

    `client_token` is made once for each attempt generation; `labels` are to be put on whatever is created. `state`
    is what the last `Pending` of this operation kept, and empty at first.
    """

    id: str
    kind: str
    parameters: Mapping[str, Any]
    workflow_id: str
    client_token: str
    provider: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """The operation succeeded. `result` is JSON values, what `{{operations.ID.result...}}` reads.

    `compensation` replaces the one that was prepared, now that more is known; None keeps it.
    """

    result: Mapping[str, Any] = field(default_factory=dict)
    resources: tuple[Resource, ...] = ()
    compensation: Compensation | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """The operation goes on outside; call it again after `after` seconds with `state` (JSON values).

    It is journaled, so that what `resources` names is known from then on, whatever happens to this process. The
    idea is CloudFormation's IN_PROGRESS with a callback context.
    """

    after: float
    state: Mapping[str, Any]
    resources: tuple[Resource, ...] = ()
    compensation: Compensation | None = None


Outcome = Done | Pending


@dataclass(frozen=True, slots=True)
class Absent:
    """A settled doubt: the call that was cut off did nothing, as far as can be seen now."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A doubt that stays: nobody can be asked what the call did; `OperationKind.on_doubt` decides."""


Settlement = Done | Pending | Absent | Unsettled


@dataclass(frozen=True, slots=True)
class OperationKind:
    """What an extension declares of one kind of operation.

    `parameters` and `result` are JSON Schemas. `handler` is the object that implements the operation hooks:
    `run_operation` always; `prepare_operation`, `settle_operation` and `compensate_operation` where the kind has
    something to prepare, to ask, to undo. `needs_provider` says whether the document must name a provider instance
    (True), may not (False). `undo` is what the plan tells people, in one line; None for a kind that leaves nothing
    behind. `on_doubt` is the default, which a document's `on_doubt` parameter of the operation overrides.
    """

    name: str
    summary: str
    parameters: Mapping[str, Any]
    handler: object
    result: Mapping[str, Any] = field(default_factory=dict)
    needs_provider: bool = False
    prepares: bool = False
    action: CompensationAction | None = None
    undo: str | None = None
    on_doubt: OnDoubt = OnDoubt.RETRY
