"""All that a plugin may see: the hook interface, the values that pass through it, and the house's own interfaces."""

from provisioning.contract.api import ApiReply, ApiRequest, ApiRoute, ApiScope
from provisioning.contract.catalog import Image, Size, Zone
from provisioning.contract.command import CommandContext
from provisioning.contract.connection import ConnectionStatus
from provisioning.contract.context import Cancellation, OperationContext
from provisioning.contract.engine import Engine, Execute, Finished, Job, Note, Noted, Step
from provisioning.contract.envelope import Envelope, Status
from provisioning.contract.events import Event, EventKind
from provisioning.contract.extension import ExtensionContext
from provisioning.contract.guard import Decision
from provisioning.contract.health import CheckResult, CheckStatus, HealthCheck
from provisioning.contract.hookspecs import (
    HOOK_API,
    HOOK_API_FLOOR,
    PROJECT,
    ExtensionHooks,
    ProviderHooks,
    ServiceHooks,
    WorkflowHooks,
    hookimpl,
    hookspec,
)
from provisioning.contract.journal import (
    Batch,
    CancelMode,
    Journal,
    LeaseInfo,
    NewEvent,
    NewRun,
    OperationRecord,
    OperationState,
    RunRecord,
    RunState,
    RunWriter,
    WorkflowCheckpoint,
)
from provisioning.contract.operation import (
    Absent,
    Compensation,
    CompensationAction,
    Done,
    OnDoubt,
    Operation,
    OperationKind,
    Outcome,
    Pending,
    Resource,
    Settlement,
    Unsettled,
)
from provisioning.contract.provider import Capability, Provider, ProviderLimits
from provisioning.contract.reply import reply_document
from provisioning.contract.server import Server, ServerSpec, ServerState

__all__ = [
    "HOOK_API",
    "HOOK_API_FLOOR",
    "PROJECT",
    "Absent",
    "ApiReply",
    "ApiRequest",
    "ApiRoute",
    "ApiScope",
    "Batch",
    "CancelMode",
    "Cancellation",
    "Capability",
    "CheckResult",
    "CheckStatus",
    "CommandContext",
    "Compensation",
    "CompensationAction",
    "ConnectionStatus",
    "Decision",
    "Done",
    "Engine",
    "Envelope",
    "Event",
    "EventKind",
    "Execute",
    "ExtensionContext",
    "ExtensionHooks",
    "Finished",
    "HealthCheck",
    "Image",
    "Job",
    "Journal",
    "LeaseInfo",
    "NewEvent",
    "NewRun",
    "Note",
    "Noted",
    "OnDoubt",
    "Operation",
    "OperationContext",
    "OperationKind",
    "OperationRecord",
    "OperationState",
    "Outcome",
    "Pending",
    "Provider",
    "ProviderHooks",
    "ProviderLimits",
    "Resource",
    "RunRecord",
    "RunState",
    "RunWriter",
    "Server",
    "ServerSpec",
    "ServerState",
    "ServiceHooks",
    "Settlement",
    "Size",
    "Status",
    "Step",
    "Unsettled",
    "WorkflowCheckpoint",
    "WorkflowHooks",
    "Zone",
    "hookimpl",
    "hookspec",
    "reply_document",
]
