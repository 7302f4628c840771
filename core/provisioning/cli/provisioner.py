"""What a command needs of the application, whether it is here or served elsewhere."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from provisioning.app import Cost, Document, OfferKind, PlanEntry, ProviderSummary, Report, TemplateSummary
    from provisioning.contract import ConnectionStatus, Event, OperationRecord, RunRecord, Server, WorkflowCheckpoint

__all__ = ["DrivenRun", "Provisioner", "ShownOffers", "ShownPlan"]


class DrivenRun(Protocol):
    """A run that was started, here or there."""

    workflow_id: str

    @property
    def is_driven_here(self) -> bool:
        """Whether `interrupt` has any effect."""
        ...

    def events(self) -> "Iterator[Event]":
        """Yield its events until it is over."""
        ...

    def wait(self) -> "Report":
        """Wait until it is over."""
        ...

    def interrupt(self) -> None:
        """Schedule nothing more, and record what is in flight."""
        ...


class ShownPlan(Protocol):
    """A plan, as far as people are shown of it."""

    @property
    def name(self) -> str:
        """The workflow's name."""
        ...

    @property
    def parallelism(self) -> int:
        """How many operations run at once, at most."""
        ...

    @property
    def on_failure(self) -> str:
        """What a failure means."""
        ...

    @property
    def operations(self) -> "Sequence[PlanEntry]":
        """Every operation."""
        ...

    def layers(self) -> list[list[str]]:
        """Return the ids in layers."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        ...

    def as_mermaid(self) -> str:
        """Return the graph for Mermaid."""
        ...

    def as_dot(self) -> str:
        """Return the graph for Graphviz."""
        ...


class ShownOffers(Protocol):
    """What providers offer, as far as people are shown of it."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        ...


class Provisioner(Protocol):
    """The part of `App` that works from afar too; `App` and `Client` both have it, and say what each method does."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def plan(self, document: "Document", *, inputs: Mapping[str, Any] | None = None) -> Any:
        """Return what a workflow would do, a `ShownPlan`."""
        ...

    def cost(self, plan: Any) -> "Cost":
        """Return what the servers of such a plan cost."""
        ...

    def offers(self, kind: "OfferKind", provider: str | None = None) -> "ShownOffers":
        """Return what providers offer."""
        ...

    def start(
        self,
        document: "Document",
        *,
        inputs: Mapping[str, Any] | None = None,
        workflow_id: str | None = None,
        parallelism: int | None = None,
        on_failure: str | None = None,
        no_rollback: bool | None = None,
    ) -> DrivenRun:
        """Begin to run a workflow."""
        ...

    def resume(self, workflow_id: str) -> DrivenRun:
        """Go on with a run."""
        ...

    def rollback(self, workflow_id: str, *, skip: Sequence[str] = (), retry: bool = False) -> DrivenRun:
        """Undo a run."""
        ...

    def cancel(self, workflow_id: str, *, rollback: bool = False) -> None:
        """Ask a run to stop."""
        ...

    def run_plan(self, workflow_id: str) -> ShownPlan:
        """Return the plan of a run."""
        ...

    def templates(self) -> "Sequence[TemplateSummary]":
        """Return the workflow templates."""
        ...

    def status(self, workflow_id: str) -> "Report":
        """Return how a run stands."""
        ...

    def runs(self, *, limit: int = 50, state: str | None = None) -> "Sequence[RunRecord]":
        """Return the runs, the newest first."""
        ...

    def record(self, workflow_id: str) -> "RunRecord":
        """Return a run as the journal knows it."""
        ...

    def operations(self, workflow_id: str, *, newest: int | None = None) -> "Iterator[OperationRecord]":
        """Yield the operations of a run."""
        ...

    def checkpoint(self, workflow_id: str) -> "WorkflowCheckpoint":
        """Return a run's state."""
        ...

    def events(
        self, workflow_id: str | None = None, *, after: int = 0, newest: int | None = None, follow: bool = False
    ) -> "Iterator[Event]":
        """Yield events."""
        ...

    def providers(self) -> "Sequence[ProviderSummary]":
        """Return the provider instances."""
        ...

    def found_extensions(self) -> Sequence[Mapping[str, Any]]:
        """Return the extensions that were found."""
        ...

    def check_provider(self, name: str) -> "ConnectionStatus":
        """Ask a provider whether its cloud answers."""
        ...

    def servers(self, provider: str | None = None, *, labels: Mapping[str, str] | None = None) -> "Iterable[Server]":
        """Yield servers."""
        ...

    def get_server(self, server_id: str, *, provider: str | None = None) -> "Server":
        """Return one server."""
        ...
