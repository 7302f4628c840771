"""The shapes of what the API answers with, from which its OpenAPI document is made; nothing is checked by them."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from provisioning.contract.documents import ErrorDocument, EventDocument

__all__ = [
    "Acceptance",
    "CostDocument",
    "EventDocument",
    "ExtensionDocument",
    "FailureReply",
    "GraphDocument",
    "HealthDocument",
    "OffersDocument",
    "OperationDocument",
    "OrphansDocument",
    "PageReply",
    "PendingReply",
    "PlanDocument",
    "ProviderCheck",
    "ProviderDocument",
    "Reply",
    "ReportDocument",
    "RunDocument",
    "ServerDocument",
    "StatusDocument",
    "TemplateDocument",
]

T = TypeVar("T")
Error = dict[str, Any] | None


class Metadata(BaseModel):
    """When a reply was made (ISO 8601 in UTC), to which request, by which version."""

    timestamp: str
    request_id: str
    version: str


class PageMetadata(Metadata):
    """The same, of one page of a list: `next_cursor` is the `cursor` of the page after it, null on the last one."""

    next_cursor: str | None


class Reply(BaseModel, Generic[T]):
    """What was asked for."""

    status: Literal["success"]
    data: T
    metadata: Metadata
    error: None


class PageReply(BaseModel, Generic[T]):
    """One page of a list."""

    status: Literal["success"]
    data: list[T]
    metadata: PageMetadata
    error: None


class PendingReply(BaseModel, Generic[T]):
    """What was asked for goes on; the header `Location` says where it can be watched."""

    status: Literal["pending"]
    data: T
    metadata: Metadata
    error: None


class FailureReply(BaseModel):
    """What was asked for was not done; `details` hold the hint, and every problem of a document."""

    status: Literal["error"]
    data: None
    metadata: Metadata
    error: ErrorDocument


class HealthDocument(BaseModel):
    """That the server answers, and what it is at."""

    status: Literal["ok"]
    version: str
    runs_driven: int
    runs_waiting: int
    followers: int


class RunDocument(BaseModel):
    """A run as the journal knows it; times are seconds since the epoch."""

    workflow_id: str
    name: str
    state: str
    total: int
    created_at: float
    updated_at: float
    error: Error
    events: int
    cancel: str | None
    driven_by: str | None


class Acceptance(BaseModel):
    """A run for which something was asked."""

    workflow_id: str
    run: RunDocument


class ReportDocument(BaseModel):
    """One run as a whole; `duration` is in seconds."""

    workflow_id: str
    name: str
    state: str
    status: str
    total: int
    counts: dict[str, int]
    duration: float
    outputs: dict[str, Any]
    error: Error
    failures: list[dict[str, Any]]
    left: list[dict[str, Any]]
    resources: list[dict[str, Any]]


class OperationDocument(BaseModel):
    """An operation that has begun."""

    id: str
    kind: str
    provider: str | None
    state: str
    attempt: int
    started_at: float | None
    ended_at: float | None
    result: dict[str, Any] | None
    resources: list[dict[str, Any]]
    undo: str | None
    error: Error


class CheckpointDocument(BaseModel):
    """A run's state at one step."""

    workflow_id: str
    step: int
    completed_operations: list[str]
    current_state: dict[str, Any]
    metadata: dict[str, Any]
    timestamp: float


class StatusDocument(BaseModel):
    """How far a run is."""

    run: ReportDocument
    checkpoint: CheckpointDocument


class PlanEntryDocument(BaseModel):
    """One operation of a plan."""

    id: str
    kind: str
    provider: str | None
    needs: list[str]
    summary: str
    undo: str | None
    places: list[str]


class CostDocument(BaseModel):
    """What the servers of a plan cost for one hour by currency; amounts are text. `unknown` have no known price."""

    hourly: dict[str, str]
    operations: dict[str, dict[str, str]]
    unknown: list[str]


class PlanDocument(BaseModel):
    """What a workflow would do."""

    workflow_id: str
    name: str
    parallelism: int
    on_failure: str
    operations: list[PlanEntryDocument]
    layers: list[list[str]]
    cost: CostDocument | None


class GraphDocument(BaseModel):
    """A graph in a language that others draw."""

    format: Literal["mermaid", "dot"]
    graph: str


class ServerDocument(BaseModel):
    """A server as its cloud reports it."""

    id: str
    name: str
    state: str
    provider: str | None
    zone: str | None
    size: str | None
    image: str | None
    public_ips: list[str]
    private_ips: list[str]
    labels: dict[str, str]
    client_token: str | None
    created_at: str | None
    raw: dict[str, Any]


class OrphansDocument(BaseModel):
    """What has our labels and no run accounts for; `asked` counts the providers that were asked to the end."""

    asked: int
    strays: list[dict[str, Any]]
    failures: dict[str, dict[str, Any]]


class ProviderDocument(BaseModel):
    """A configured provider instance."""

    name: str
    type: str
    version: str | None
    status: str
    capabilities: list[str]
    problem: str | None


class ProviderCheck(BaseModel):
    """Whether a provider's cloud answers; `latency` is in seconds."""

    name: str
    reachable: bool
    authenticated: bool | None
    latency: float | None
    message: str
    details: dict[str, Any]
    permissions_missing: list[str] | None
    sdk: str | None
    hint: str | None


class OffersDocument(BaseModel):
    """What clouds offer, each with its `provider`; `failures` says of those that could not be asked why."""

    offers: list[dict[str, Any]]
    failures: dict[str, dict[str, Any]]


class ExtensionDocument(BaseModel):
    """An extension that was found, usable or not."""

    name: str
    version: str | None
    type: str | None
    status: str
    origin: dict[str, Any]
    location: str | None
    problems: list[dict[str, Any]]
    manifest: dict[str, Any] | None


class TemplateDocument(BaseModel):
    """A workflow template of an extension."""

    name: str
    extension: str
    status: str
    description: str
    inputs: dict[str, Any]
    problem: str | None
