"""What a server answers with, read back into the values that the application itself would have returned."""

from collections.abc import Mapping
from typing import Any

from provisioning.app import ProviderSummary, Report, TemplateSummary
from provisioning.contract import (
    CancelMode,
    Compensation,
    CompensationAction,
    ConnectionStatus,
    Event,
    LeaseInfo,
    OperationRecord,
    OperationState,
    Resource,
    RunRecord,
    RunState,
    Server,
    ServerState,
    WorkflowCheckpoint,
)
from provisioning.errors import ErrorInfo
from provisioning.workflow.remainder import Remainder

__all__ = [
    "as_checkpoint",
    "as_connection",
    "as_event",
    "as_operation",
    "as_provider",
    "as_report",
    "as_run",
    "as_server",
    "as_template",
]

Document = Mapping[str, Any]


def as_run(data: Document) -> RunRecord:
    """Read a run; its digest and the end of its lease are the server's own business."""
    holder, cancel = data["driven_by"], data["cancel"]
    return RunRecord(
        workflow_id=data["workflow_id"],
        name=data["name"],
        state=RunState(data["state"]),
        digest="",
        total=data["total"],
        created_at=data["created_at"],
        updated_at=data["updated_at"],
        events=data["events"],
        error=_error(data["error"]),
        cancel=None if cancel is None else CancelMode(cancel),
        lease=None if holder is None else LeaseInfo(holder, 0, 0.0),
    )


def as_report(data: Document) -> Report:
    """Read a report."""
    return Report(
        workflow_id=data["workflow_id"],
        name=data["name"],
        state=RunState(data["state"]),
        total=data["total"],
        counts=data["counts"],
        duration=data["duration"],
        error=_error(data["error"]),
        outputs=data["outputs"],
        failures=tuple((one["operation"], ErrorInfo.from_dict(one["error"])) for one in data["failures"]),
        left=tuple(Remainder(**one) for one in data["left"]),
        resources=tuple(Resource(**one) for one in data["resources"]),
    )


def as_operation(data: Document, position: int) -> OperationRecord:
    """Read an operation; how it would be undone is known in words only."""
    undo = data["undo"]
    return OperationRecord(
        operation_id=data["id"],
        kind=data["kind"],
        state=OperationState(data["state"]),
        position=position,
        provider=data["provider"],
        attempt=data["attempt"],
        compensation=None if undo is None else Compensation(CompensationAction.CUSTOM_ACTION, undo),
        result=data["result"],
        resources=tuple(Resource(**one) for one in data["resources"]),
        error=_error(data["error"]),
        started_at=data["started_at"],
        ended_at=data["ended_at"],
    )


def as_checkpoint(data: Document) -> WorkflowCheckpoint:
    """Read a checkpoint."""
    return WorkflowCheckpoint(**{**data, "completed_operations": tuple(data["completed_operations"])})


def as_event(data: Document) -> Event:
    """Read an event."""
    return Event(**data)


def as_server(data: Document) -> Server:
    """Read a server."""
    addresses = {name: tuple(data[name]) for name in ("public_ips", "private_ips")}
    return Server(**{**data, **addresses, "state": ServerState(data["state"])})


def as_provider(data: Document) -> ProviderSummary:
    """Read a provider instance."""
    return ProviderSummary(**{**data, "capabilities": tuple(data["capabilities"])})


def as_connection(data: Document) -> ConnectionStatus:
    """Read whether a cloud answers."""
    fields = {name: value for name, value in data.items() if name != "name"}
    missing = fields["permissions_missing"]
    return ConnectionStatus(**{**fields, "permissions_missing": None if missing is None else tuple(missing)})


def as_template(data: Document) -> TemplateSummary:
    """Read a template."""
    return TemplateSummary(**data)


def _error(data: Document | None) -> ErrorInfo | None:
    return None if data is None else ErrorInfo.from_dict(data)
