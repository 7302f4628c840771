"""The application: the one place where the parts meet. The command line, an API and an embedder all enter here."""

import logging
import os
import secrets
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from provisioning.app.care import JournalCare
from provisioning.app.choice import Choice
from provisioning.app.cost import Cost, cost_of
from provisioning.app.documents import Document, as_inputs, as_source
from provisioning.app.extensions import Extensions
from provisioning.app.following import follow_events
from provisioning.app.observing import EVENTS, Observing, log_event
from provisioning.app.offers import OfferKind, OfferReport, find_offers
from provisioning.app.orphans import OrphanReport, Orphans
from provisioning.app.parts import Parts
from provisioning.app.routes import Routes
from provisioning.app.run import Run, is_driven
from provisioning.app.schemas import all_schemas
from provisioning.app.summary import ProviderSummary
from provisioning.app.template import TemplateSummary
from provisioning.app.templates import find_template, template_summaries
from provisioning.app.workers import Workers
from provisioning.config import Configuration
from provisioning.contract import (
    CancelMode,
    ConnectionStatus,
    Event,
    Journal,
    OperationRecord,
    Provider,
    RunRecord,
    RunState,
    Server,
    WorkflowCheckpoint,
)
from provisioning.errors import ConfigurationError, NotFound, Problem
from provisioning.extensions import Registry
from provisioning.source import Format, Source
from provisioning.workflow import (
    Plan,
    Report,
    Runner,
    check_overrides,
    check_resume,
    check_rollback,
    read_report,
    submit,
)

__all__ = ["App"]


class App:
    """A workspace, opened: its configuration, its extensions, its providers, its journal.

    Nothing is imported, connected or created before it is needed. Methods raise `ProvisioningError` and nothing else
    on purpose. One `App` may be used from several threads.
    """

    parts_type: ClassVar[type[Parts]] = Parts
    """What makes the parts; the testing kit puts others in their place."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @classmethod
    def open(
        cls,
        workspace: str | Path | None = None,
        *,
        environment: str | None = None,
        overrides: Sequence[str] | Mapping[str, Any] = (),
        extension_paths: Sequence[str | Path] = (),
        environ: Mapping[str, str] | None = None,
        safe_mode: bool = False,
        without: Sequence[str] = (),
        only: Sequence[str] = (),
        strict: bool = False,
        profile_extensions: bool = False,
    ) -> "App":
        """Open a workspace: the given folder, or the nearest one upwards that has a configuration file.

        `environment` names a `config.<environment>.toml`; `overrides` are `KEY=VALUE` texts or a mapping, stronger
        than every file; `extension_paths` are folders with extensions.

        Of the extensions, `safe_mode` leaves only what is bundled, `only` what is bundled and those that it names, and
        `without` leaves out those that it names; all before any is imported. With `strict` one that can neither be
        used nor is disabled is an error, here and when its code is imported. `profile_extensions` counts the time of
        every hook call as well in the `times` of the registry's records. Raises `ConfigurationError` with every problem
        of every configuration file, `ExtensionError`.
        """
        environ = dict(os.environ if environ is None else environ)
        choice = Choice(safe_mode, tuple(without), tuple(only), strict)
        parts = cls.parts_type.assemble(
            workspace, environment, overrides, extension_paths, environ, choice, counts_calls=profile_extensions
        )
        return cls(parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the journal and deactivate extensions; runs still driven here are interrupted and waited for."""
        self._parts.close()

    # -- the parts -----------------------------------------------------------------------------------------------

    @property
    def workspace(self) -> Path:
        """The folder that everything relative stands against."""
        return self._parts.workspace

    @property
    def configuration(self) -> Configuration:
        """The configuration, with where each value comes from; config sources are asked, which may raise."""
        return self._parts.configuration

    @property
    def written(self) -> Configuration:
        """What is written of the configuration, which is the whole but for what config sources say; none is asked."""
        return self._parts.configured.written

    @property
    def registry(self) -> Registry:
        """Every extension that was found, and its status."""
        return self._parts.registry

    @property
    def extensions(self) -> Extensions:
        """The extensions, examined, switched on and off, installed and frozen."""
        return Extensions(self._parts)

    def found_extensions(self) -> Sequence[Mapping[str, Any]]:
        """Return every extension that was found, usable or not, in its JSON form."""
        return [record.as_dict() for record in self.registry.records]

    @property
    def routes(self) -> Routes:
        """What extensions answer over HTTP, and one request answered, for whoever serves it."""
        return self._parts.routes

    @property
    def journal_file(self) -> Path | None:
        """The file of the journal, whether it is there or not; None for a store that an extension brings."""
        stores = self._parts.stores
        return stores.file() if stores.is_own else None

    @property
    def journal(self) -> Journal:
        """The journal, opened when it is first asked for."""
        return self._parts.journal

    @property
    def journal_care(self) -> JournalCare:
        """What can be done to the journal as a whole: check, export, prune, move, vacuum, salvage."""
        stores = self._parts.stores
        return JournalCare(
            lambda: self.journal, stores.file, stores.shown(), is_own=stores.is_own, open_other=stores.open_other
        )

    # -- workflows -----------------------------------------------------------------------------------------------

    def plan(
        self,
        document: Document,
        *,
        inputs: Mapping[str, Any] | None = None,
        workflow_id: str | None = None,
        parallelism: int | None = None,
        on_failure: str | None = None,
        no_rollback: bool | None = None,
    ) -> Plan:
        """Return what a workflow would do, changing nothing.

        `parallelism`, `on_failure` and `no_rollback` stand in for the document's; with the last one nothing is undone
        for a failure, whatever operations say of theirs. Raises one `ConfigurationError` with everything that is wrong
        with the document, and `ExtensionError` for a template that is not there or cannot be used.
        """
        overrides = check_overrides(parallelism, on_failure, no_rollback)
        source, directory = as_source(document, self.workspace, partial(find_template, self.registry))
        return self._parts.planner.plan(
            source,
            directory=directory,
            workflow_id=workflow_id,
            new_id=_new_id,
            inputs=as_inputs(inputs),
            overrides=overrides,
        )

    def templates(self) -> Sequence[TemplateSummary]:
        """Return the workflow templates of all extensions, importing none."""
        return list(template_summaries(self.registry))

    def submit(self, document: Document, **options: Any) -> RunRecord:
        """Record the run of a workflow and drive nothing: `resume` begins it, or a server of the workspace does.

        The options are those of `plan`. The same document under the same `workflow_id` twice is one run; another one
        is a `RunConflict`.
        """
        plan = self.plan(document, **options)
        self._submit(plan)
        return self.journal.get_run(plan.workflow_id)

    def start(
        self,
        document: Document,
        *,
        inputs: Mapping[str, Any] | None = None,
        workflow_id: str | None = None,
        parallelism: int | None = None,
        on_failure: str | None = None,
        no_rollback: bool | None = None,
    ) -> Run:
        """Plan a workflow and begin to run it in a thread of its own; the options are those of `plan`.

        A `workflow_id` that was submitted before with the same document is the same run: one that was cut off goes
        on, one that is driven elsewhere is followed, one that has ended stays as it is. With another document it is
        a `RunConflict`.
        """
        plan = self.plan(
            document,
            inputs=inputs,
            workflow_id=workflow_id,
            parallelism=parallelism,
            on_failure=on_failure,
            no_rollback=no_rollback,
        )
        if self._submit(plan):
            return self._drive(plan, is_new=True)
        run = self.journal.get_run(plan.workflow_id)
        if is_driven(run):
            return Run(self.journal, plan.workflow_id)
        if run.state.is_active or run.state is RunState.INTERRUPTED:
            return self._drive(plan)
        return Run(self.journal, plan.workflow_id, after=self.journal.last_sequence())

    def run(self, document: Document, **options: Any) -> Report:
        """Run a workflow to its end; the options are those of `start`."""
        return self.start(document, **options).wait()

    def resume(self, workflow_id: str) -> Run:
        """Go on with a run that was cut off, interrupted or stopped by a failure, or begin one that was submitted.

        Raises `RunNotFound`, `RunConflict` for one that is rolled back, `RunLocked` for one that is driven now.
        """
        check_resume(self.journal.get_run(workflow_id))
        is_new = not self.journal.list_events(workflow_id, limit=1)
        return self._drive(self.run_plan(workflow_id), is_new=is_new)

    def rollback(self, workflow_id: str, *, skip: Sequence[str] = (), retry: bool = False) -> Run:
        """Undo what a run did, the newest first, but for the operations in `skip`; may be repeated until it succeeds.

        With `retry` only a rollback that has failed is repeated. Raises `RunNotFound`, `RunConflict` for one that is
        rolled back already, or has no such rollback to repeat, and `RunLocked`.
        """
        check_rollback(self.journal.get_run(workflow_id), retry=retry)
        plan = self.run_plan(workflow_id)
        strange = [name for name in skip if name not in plan.nodes]
        if strange:
            raise ConfigurationError(
                f"run {workflow_id}: there is no operation {strange[0]!r} to skip",
                hint=f"`provisioning workflow status {workflow_id}` shows its operations",
            )
        return self._drive(plan, rollback=True, skip=skip)

    def cancel(self, workflow_id: str, *, rollback: bool = False) -> None:
        """Ask whoever drives a run to stop, and to undo it with `rollback`; returns at once."""
        self.journal.request_cancel(workflow_id, CancelMode.ROLLBACK if rollback else CancelMode.STOP)

    def _submit(self, plan: Plan) -> bool:
        journal = self.journal  # first: a queue is kept beside it
        self._parts.engines.check_queue()
        return submit(plan, journal)

    def _drive(self, plan: Plan, *, is_new: bool = False, rollback: bool = False, skip: Collection[str] = ()) -> Run:
        after = self.journal.last_sequence() if not is_new else 0
        runner = Runner(plan, self._parts.surroundings)
        observers = self._parts.observers
        is_logged = EVENTS.isEnabledFor(logging.INFO)

        def notify(event: Event) -> None:
            if is_logged:
                log_event(event)
            observers.notify(event)

        def drive(runner: Runner) -> None:
            if not observers and not is_logged:
                runner.run(is_new=is_new, rollback=rollback, skip=skip)
                return
            with Observing(self.journal, plan.workflow_id, after, notify):
                runner.run(is_new=is_new, rollback=rollback, skip=skip)

        return self._parts.keep(Run(self.journal, plan.workflow_id, after=after, runner=runner, drive=drive))

    def run_plan(self, workflow_id: str) -> Plan:
        """Return the plan of a run in the journal."""
        source = Source(f"run {workflow_id}", Format.JSON, dict(self.journal.get_document(workflow_id)), "")
        return self._parts.planner.plan(source, directory=self.workspace, workflow_id=workflow_id, new_id=_new_id)

    @property
    def workers(self) -> Workers:
        """The workers that carry operations out, where the engine has them: what they do, and becoming one."""
        return Workers(self._parts, self.resume)

    # -- what the journal knows ----------------------------------------------------------------------------------

    def status(self, workflow_id: str) -> Report:
        """Return how a run stands; raises `RunNotFound`."""
        return read_report(self.journal, workflow_id)

    def record(self, workflow_id: str) -> RunRecord:
        """Return a run as the journal knows it: how it stands, and who drives it; raises `RunNotFound`."""
        return self.journal.get_run(workflow_id)

    def runs(
        self, *, limit: int = 50, state: str | None = None, name: str | None = None, before: str | None = None
    ) -> Sequence[RunRecord]:
        """Return the runs of this workspace, the newest first; with `before` those older than that run."""
        wanted = None if state is None else _run_state(state)
        return self.journal.list_runs(limit=limit, state=wanted, name=name, before=before)

    def operations(self, workflow_id: str, *, newest: int | None = None) -> Iterator[OperationRecord]:
        """Yield the operations of a run that have begun, in the order in which they did: all, or the newest ones."""
        self.journal.get_run(workflow_id)
        if newest is None:
            return self.journal.list_operations(workflow_id)
        return reversed(list(islice(self.journal.list_operations(workflow_id, newest_first=True), newest)))

    def checkpoint(self, workflow_id: str, *, step: int | None = None) -> WorkflowCheckpoint:
        """Return a run's state after event `step` (None: now)."""
        return self.journal.checkpoint(workflow_id, step=step)

    def events(
        self,
        workflow_id: str | None = None,
        *,
        after: int = 0,
        newest: int | None = None,
        follow: bool = False,
    ) -> Iterator[Event]:
        """Yield events above `after`, of one run or of all; of a run at most the `newest` of those that are there.

        With `follow` live events come after the journal's: until the run is over, or without an end.
        """
        if workflow_id is None:
            return follow_events(self.journal, None, after, lambda: not follow)
        run = Run(self.journal, workflow_id)
        self.journal.get_run(workflow_id)
        if newest is not None:
            after = max(after, self.journal.newest_events(workflow_id, newest))
        return follow_events(self.journal, workflow_id, after, lambda: not follow or run.is_over)

    # -- providers and servers -----------------------------------------------------------------------------------

    def providers(self) -> Sequence[ProviderSummary]:
        """Return every configured provider instance, importing none."""
        return self._parts.providers.summaries()

    def provider(self, name: str) -> Provider:
        """Return one provider instance; raises `ExtensionError` or `ConfigurationError` when it cannot be had."""
        return self._parts.providers.get(name)

    def check_provider(self, name: str) -> ConnectionStatus:
        """Ask a provider instance whether its cloud answers; one that cannot even be loaded is an answer, too."""
        return self._parts.providers.check(name)

    def offers(self, kind: OfferKind, provider: str | None = None) -> OfferReport:
        """Return the sizes, images or zones that one provider instance offers, or all; a cloud that fails is told of.

        Raises `ConfigurationError` for a provider that is named and not configured.
        """
        providers = self._parts.providers
        if provider is not None and provider not in providers.names():
            providers.get(provider)
        return find_offers(providers, kind, providers.names() if provider is None else [provider])

    def cost(self, plan: Plan) -> Cost:
        """Return what the servers that a plan creates cost for one hour, as far as their clouds tell."""
        return cost_of(plan, self._parts.providers)

    def servers(self, provider: str | None = None, *, labels: Mapping[str, str] | None = None) -> Iterator[Server]:
        """Yield the servers of one provider instance, or of all, that carry all of `labels`."""
        names = self._parts.providers.names() if provider is None else [provider]
        for name in names:
            yield from self.provider(name).list_servers(labels)

    def get_server(self, server_id: str, *, provider: str | None = None) -> Server:
        """Return one server, looked for at one provider instance or at all; raises `NotFound`."""
        if provider is not None:
            return self.provider(provider).get_server(server_id)
        found = list(self._found(server_id))
        if not found:
            names = ", ".join(self._parts.providers.names()) or "none"
            hint = "see `provisioning server list`"
            raise NotFound(f"there is no server {server_id} at any provider: {names}", hint=hint)
        if len(found) > 1:
            places = ", ".join(str(server.provider) for server in found)
            raise ConfigurationError(f"server {server_id} exists at several providers: {places}", hint="name one")
        return found[0]

    def orphans(self, provider: str | None = None, *, older_than: float = 600.0) -> OrphanReport:
        """Return the servers that carry our labels and that no run of this workspace knows, at one provider or at all.

        `older_than` is in seconds. Nothing is touched: `app.run(stray.deletion())` deletes one of `report.orphans`.
        Raises any `JournalError`; a provider that cannot be asked is told of in the report.
        """
        return Orphans(self.journal, self._parts.providers).search(provider, older_than)

    def _found(self, server_id: str) -> Iterator[Server]:
        for name in self._parts.providers.names():
            try:
                yield self.provider(name).get_server(server_id)
            except NotFound:
                continue

    # -- for people and programs ---------------------------------------------------------------------------------

    def problems(self) -> list[Problem]:
        """Return everything that is wrong with the configuration, options of extensions and providers included."""
        return self._parts.problems()

    def schemas(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the JSON Schemas of every document that a stranger writes or reads, by name."""
        return all_schemas()


def _new_id() -> str:
    """Return a workflow id that sorts by time."""
    return f"wf-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"


def _run_state(text: str) -> RunState:
    try:
        return RunState(text)
    except ValueError:
        known = ", ".join(RunState)
        raise ConfigurationError(f"there is no run state {text!r}; there is: {known}") from None
