"""The client: what `App` does, done by a server."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from provisioning.app import Cost, Document, OfferKind, ProviderSummary, Report, TemplateSummary
from provisioning.client.connection import Connection
from provisioning.client.plan import RemoteOffers, RemotePlan
from provisioning.client.run import RemoteRun
from provisioning.client.values import (
    as_checkpoint,
    as_connection,
    as_event,
    as_operation,
    as_provider,
    as_report,
    as_run,
    as_server,
    as_template,
)
from provisioning.contract import ConnectionStatus, Event, OperationRecord, RunRecord, Server, WorkflowCheckpoint
from provisioning.errors import RunNotFound
from provisioning.source import Source, read_source

__all__ = ["Client"]

_PAGE = 1000


class Client:
    """A workspace that a server serves, with the methods of `App` that work from afar.

    `with Client("https://build:9090", token=...) as there: there.run("deploy.toml")`. A document is a file here, data,
    or the name of a template there. Every method raises the error that the server answered with, or `NetworkFailure`.
    `certificates` is a file in PEM of those who may vouch for a server of https; without it the system's do.
    """

    def __init__(
        self, url: str, *, token: str | None = None, timeout: float = 60.0, certificates: Path | None = None
    ) -> None:
        self._connection = Connection(url, token=token, timeout=timeout, certificates=certificates)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Do nothing: each request has a connection of its own. What was started goes on."""

    # -- workflows -----------------------------------------------------------------------------------------------

    def plan(self, document: Document, *, inputs: Mapping[str, Any] | None = None) -> RemotePlan:
        """Return what a workflow would do, changing nothing."""
        body = _submission(document, inputs=inputs)
        return RemotePlan(
            self._connection.post("/workflows/plan", body),
            lambda form: self._connection.post("/workflows/graph", body, format=form)["graph"],
            lambda: self._connection.post("/workflows/plan", body, prices="true")["cost"],
        )

    def submit(self, document: Document, **options: Any) -> RunRecord:
        """Submit a workflow and return when its run is durable; the options are those of `start`."""
        return as_run(self._connection.post("/workflows", _submission(document, **options))["run"])

    def start(
        self,
        document: Document,
        *,
        inputs: Mapping[str, Any] | None = None,
        workflow_id: str | None = None,
        parallelism: int | None = None,
        on_failure: str | None = None,
        no_rollback: bool | None = None,
    ) -> RemoteRun:
        """Submit a workflow and follow its run; as `App.start`."""
        after = self._last_sequence(workflow_id)
        run = self.submit(
            document,
            inputs=inputs,
            workflow_id=workflow_id,
            parallelism=parallelism,
            on_failure=on_failure,
            no_rollback=no_rollback,
        )
        return self._follow(run.workflow_id, after)

    def run(self, document: Document, **options: Any) -> Report:
        """Run a workflow to its end; the options are those of `start`."""
        return self.start(document, **options).wait()

    def resume(self, workflow_id: str) -> RemoteRun:
        """Go on with a run that was cut off, interrupted or stopped by a failure."""
        after = self._last_sequence(workflow_id)
        self._connection.post(f"/workflows/{workflow_id}/resume")
        return self._follow(workflow_id, after)

    def rollback(self, workflow_id: str, *, skip: Sequence[str] = (), retry: bool = False) -> RemoteRun:
        """Undo what a run did, the newest first, but for the operations in `skip`."""
        after = self._last_sequence(workflow_id)
        self._connection.post(f"/workflows/{workflow_id}/rollback", skip=list(skip), retry=retry)
        return self._follow(workflow_id, after)

    def cancel(self, workflow_id: str, *, rollback: bool = False) -> None:
        """Ask whoever drives a run to stop, and to undo it with `rollback`; returns at once."""
        self._connection.post(f"/workflows/{workflow_id}/cancel", rollback=rollback)

    def run_plan(self, workflow_id: str) -> RemotePlan:
        """Return the graph of a run; what else a plan has stays at the server."""
        path = f"/workflows/{workflow_id}/graph"
        self._connection.get(path)
        return RemotePlan({}, lambda form: self._connection.get(path, format=form)["graph"])

    def templates(self) -> Sequence[TemplateSummary]:
        """Return the workflow templates of all extensions there."""
        return [as_template(one) for one in self._connection.get("/templates")]

    # -- what the journal knows ----------------------------------------------------------------------------------

    def status(self, workflow_id: str) -> Report:
        """Return how a run stands."""
        return as_report(self._connection.get(f"/workflows/{workflow_id}"))

    def runs(self, *, limit: int = 50, state: str | None = None) -> Sequence[RunRecord]:
        """Return the runs, the newest first."""
        pages = self._connection.pages("/workflows", limit=min(limit, _PAGE), state=state)
        return [as_run(one) for one, _ in zip(pages, range(limit), strict=False)]

    def record(self, workflow_id: str) -> RunRecord:
        """Return a run as the journal there knows it."""
        return as_run(self._connection.get(f"/workflows/{workflow_id}/record"))

    def operations(self, workflow_id: str, *, newest: int | None = None) -> Iterator[OperationRecord]:
        """Yield the operations of a run that have begun, in the order in which they did: all, or the newest ones."""
        pages = self._connection.pages(f"/workflows/{workflow_id}/operations", limit=_PAGE)
        found = (as_operation(one, position) for position, one in enumerate(pages, start=1))
        return found if newest is None else iter(deque(found, maxlen=newest))

    def checkpoint(self, workflow_id: str) -> WorkflowCheckpoint:
        """Return a run's state now."""
        return as_checkpoint(self._connection.get(f"/workflows/{workflow_id}/status")["checkpoint"])

    def events(
        self, workflow_id: str | None = None, *, after: int = 0, newest: int | None = None, follow: bool = False
    ) -> Iterator[Event]:
        """Yield events above `after`, of one run or of all, at most the `newest` of those that are there.

        With `follow` they come live after these, until the run is over.
        """
        path = "/events" if workflow_id is None else f"/workflows/{workflow_id}/events"
        if newest is not None:
            there = deque(map(as_event, self._connection.pages(path, "after", after=after, limit=_PAGE)), maxlen=newest)
            yield from there
            if not there or not follow:
                return
            after = there[-1].sequence
        if not follow:
            yield from map(as_event, self._connection.pages(path, "after", after=after, limit=_PAGE))
            return
        for line in self._connection.lines(path, after=after):
            if line is not None and "missed" in line:
                missing = self._connection.pages(path, "after", after=line["after"], limit=_PAGE)
                yield from (as_event(one) for one in missing if one["sequence"] <= line["newest"])
            elif line is not None:
                yield as_event(line)

    # -- providers, servers, extensions --------------------------------------------------------------------------

    def providers(self) -> Sequence[ProviderSummary]:
        """Return every provider instance that is configured there."""
        return [as_provider(one) for one in self._connection.get("/providers")]

    def offers(self, kind: OfferKind, provider: str | None = None) -> RemoteOffers:
        """Return the sizes, images or zones that providers there offer."""
        return RemoteOffers(self._connection.get(f"/offers/{kind}", provider=provider))

    def cost(self, plan: RemotePlan) -> Cost:
        """Return what the servers of a plan cost for one hour, as far as their clouds tell."""
        return plan.cost()

    def check_provider(self, name: str) -> ConnectionStatus:
        """Ask a provider instance whether its cloud answers."""
        return as_connection(self._connection.get(f"/providers/{name}/check"))

    def servers(self, provider: str | None = None, *, labels: Mapping[str, str] | None = None) -> Iterator[Server]:
        """Yield the servers of one provider instance, or of all, that carry all of `labels`."""
        wanted = [f"{key}={value}" for key, value in (labels or {}).items()]
        return map(as_server, self._connection.pages("/servers", provider=provider, label=wanted))

    def get_server(self, server_id: str, *, provider: str | None = None) -> Server:
        """Return one server, looked for at one provider instance or at all."""
        return as_server(self._connection.get(f"/servers/{server_id}", provider=provider))

    def found_extensions(self) -> Sequence[Mapping[str, Any]]:
        """Return every extension that was found there, usable or not, in its JSON form."""
        found: Sequence[Mapping[str, Any]] = self._connection.get("/extensions")
        return found

    def _last_sequence(self, workflow_id: str | None) -> int:
        """Return where the events of a run end now; 0 when there is no such run."""
        if workflow_id is None:
            return 0
        try:
            return max((event.sequence for event in self.events(workflow_id)), default=0)
        except RunNotFound:
            return 0

    def _follow(self, workflow_id: str, after: int) -> RemoteRun:
        return RemoteRun(
            workflow_id,
            lambda: self.events(workflow_id, after=after, follow=True),
            lambda: self.status(workflow_id),
        )


def _submission(document: Document, **options: Any) -> dict[str, Any]:
    """Return the body of a submission: a file is read here, a bare word that is no file is a template there."""
    given = {name: dict(value) if isinstance(value, Mapping) else value for name, value in options.items() if value}
    if isinstance(document, Mapping):
        return {"document": dict(document), **given}
    if isinstance(document, Source):
        return {"document": document.data, **given}
    path = Path(document)
    if isinstance(document, str) and not path.suffix and not path.is_file() and len(path.parts) == 1:
        return {"template": document, **given}
    return {"document": read_source(path).data, **given}
