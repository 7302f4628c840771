"""The parts of an opened workspace, each made when it is first needed."""

import importlib
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from provisioning.app.catalog import KindCatalog, ProviderCatalog
from provisioning.app.choice import Choice, extensions_folder
from provisioning.app.configured import Configured, extensions_settings
from provisioning.app.engines import Engines
from provisioning.app.options import Options
from provisioning.app.plugins import Plugins
from provisioning.app.roots import WorkflowRoots
from provisioning.app.routes import Routes
from provisioning.app.routing import Routing
from provisioning.app.run import Run
from provisioning.app.stores import Stores
from provisioning.config import Configuration, Draft, find_workspace, read_draft, user_config_file
from provisioning.contract import AnyPace, Engine, EngineRun, Journal
from provisioning.contract.holder import this_holder
from provisioning.dispatch import Guards, Observers, Service, Times
from provisioning.errors import ConfigurationError, Problem
from provisioning.extensions import ExtensionRecord, Installer, Registry, find_installer
from provisioning.retry import RetryPolicy
from provisioning.workflow import Caller, Errands, Planner, RunSettings, Surroundings

__all__ = ["Parts"]


class Parts:
    """Everything that `App` wires: configuration first, then extensions, then what stands on both."""

    def __init__(self, draft: Draft, choice: Choice, explicit: Sequence[Path], *, counts_calls: bool = False) -> None:
        settings = extensions_settings(draft)
        self.workspace = draft.workspace
        self._choice = choice
        self._places = (settings, draft.workspace, [*explicit, *map(Path, settings.paths)])
        self.registry = choice.discover(*self._places)
        self._times = _times(self.registry) if counts_calls else None
        self._lock = threading.RLock()
        self._journal: Journal | None = None
        self._runs: list[Run] = []
        self.configured = Configured(draft, self.registry, self._service, self._lock)

    @classmethod
    def assemble(
        cls,
        workspace: str | Path | None,
        environment: str | None,
        overrides: Sequence[str] | Mapping[str, Any],
        extension_paths: Sequence[str | Path],
        environ: Mapping[str, str],
        choice: Choice,
        *,
        counts_calls: bool = False,
    ) -> "Parts":
        """Find the workspace, read what is written of its configuration, and discover its extensions."""
        folder = find_workspace(_current_folder()) if workspace is None else Path(workspace)
        if not folder.is_dir():
            raise ConfigurationError(f"the workspace {folder} is not a folder", hint="make it, or name another one")
        draft = read_draft(folder, environment=environment, overrides=overrides, environ=environ)
        return cls(draft, choice, [Path(path) for path in extension_paths], counts_calls=counts_calls)

    # -- extensions, found and changed ---------------------------------------------------------------------------

    def rediscover(self) -> Registry:
        """Find the extensions again, after an installer or somebody else has changed what is there."""
        importlib.invalidate_caches()
        return self._choice.find(*self._places)

    def home(self, *, for_user: bool) -> Path:
        """Return the folder that holds the folder extensions of the workspace, or of the user."""
        return extensions_folder(user_config_file().parent if for_user else self.workspace)

    def find_installer(self) -> Installer:
        """Return the installer of this environment; raises `InstallerFailed` where there is none."""
        return find_installer(self.configured.written.redactor.redact_text)

    # -- what is made when it is needed --------------------------------------------------------------------------

    @property
    def configuration(self) -> Configuration:
        """The whole configuration; config sources are asked when it is first needed."""
        return self.configured.configuration

    @property
    def options(self) -> Options:
        """What is configured of extensions and provider instances."""
        return self.configured.options

    @cached_property
    def plugins(self) -> Plugins:
        """The plugins that extensions bring beside providers."""
        return Plugins(
            self.registry,
            options=lambda record: self.configured.options_for(record).of_extension(record),
            directory=self.workspace,
            redact=self.configured.written.redactor.redact_text,
            is_strict=self._choice.strict,
            lock=self._lock,
        )

    @cached_property
    def observers(self) -> Observers:
        """Those who listen."""
        return Observers(self.plugins.hooks, self._times)

    @cached_property
    def guards(self) -> Guards:
        """Those who may forbid."""
        return Guards(self.plugins.hooks, self._times)

    @cached_property
    def kinds(self) -> KindCatalog:
        """Every kind of operation."""
        return KindCatalog(self.registry, self.plugins, self._times)

    @cached_property
    def providers(self) -> ProviderCatalog:
        """Every configured provider instance."""
        return self._catalog(is_remote=False)

    @cached_property
    def driven_providers(self) -> ProviderCatalog:
        """The provider instances as a driver needs them: where workers call them, nothing of them but their limits."""
        return self._catalog(is_remote=True) if self.engines.is_remote else self.providers

    def _catalog(self, *, is_remote: bool) -> ProviderCatalog:
        return ProviderCatalog(
            self.configuration,
            self.registry,
            self.plugins,
            self.options,
            self._times,
            is_remote=is_remote,
            paces=self._make_pace,
        )

    def _make_pace(self, instance: str, rate: float | None) -> AnyPace | None:
        """Return the pace that is kept beside the journal, None where only this process keeps it."""
        make = None if self.stores.is_own else getattr(self.journal, "make_pace", None)
        pace: AnyPace | None = None if make is None else make(instance, rate)
        return pace

    @cached_property
    def routing(self) -> Routing:
        """By whom jobs may be carried out."""
        return Routing(self.configuration, self.registry)

    @cached_property
    def engines(self) -> Engines:
        """What operations can run in."""
        return Engines(self.configuration, self.registry, self._service)

    @cached_property
    def stores(self) -> Stores:
        """Where the journal can be kept."""
        return Stores(self.configuration, self.registry, self._service)

    @cached_property
    def routes(self) -> Routes:
        """What extensions answer over HTTP."""
        redact = self.configuration.redactor.redact
        return Routes(self.registry, self._service, redact, is_strict=self._choice.strict)

    @cached_property
    def planner(self) -> Planner:
        """Makes plans, where there is an engine to run them.

        With `strict` nothing is planned with a hooks extension that is broken.
        """
        if self._choice.strict:
            _ = self.plugins.hooks
        self.engines.check()
        return Planner(
            kinds=self.kinds,
            providers=self.driven_providers,
            roots=self._roots,
            defaults=self._run_settings(),
            redact=self.configuration.redactor.redact,
        )

    @cached_property
    def _roots(self) -> WorkflowRoots:
        return WorkflowRoots(self.configuration.lookup, self.configured.resolver_names)

    @property
    def journal(self) -> Journal:
        """The journal; made when it is not there."""
        with self._lock:
            if self._journal is None:
                self._journal = self._open_journal()
            return self._journal

    @cached_property
    def surroundings(self) -> Surroundings:
        """What a run is handed."""
        return Surroundings(
            journal=self.journal,
            make_engine=self._make_engine,
            kinds=self.kinds,
            providers=self.driven_providers,
            guards=self.guards,
            roots=self._roots,
            redact=self.configuration.redactor.redact,
            new_holder=this_holder,
            directory=str(self.workspace),
            route=self.routing.route,
        )

    @cached_property
    def errands(self) -> Errands:
        """What carries out orders, where this process is a worker."""
        return Errands(
            lambda: self.journal, self._roots, self.configuration.redactor.redact, self.workspace, self._caller
        )

    def _service(self, record: ExtensionRecord) -> Service:
        return self.plugins.service(record)

    # -- living --------------------------------------------------------------------------------------------------

    def keep(self, run: Run) -> Run:
        """Remember a run that is driven here, so that closing waits for it."""
        with self._lock:
            self._runs = [one for one in self._runs if not one.is_over]
            self._runs.append(run)
        return run

    def close(self) -> None:
        """Interrupt what is driven here, wait for it, close providers, deactivate extensions, let go of the journal."""
        with self._lock:
            runs, journal = self._runs, self._journal
            self._runs, self._journal = [], None
        for run in runs:
            run.interrupt()
        for run in runs:
            run.join()
        try:
            for name in ("providers", "driven_providers"):  # they are cached properties
                if (providers := self.__dict__.get(name)) is not None:
                    providers.close()
            if (plugins := self.__dict__.get("plugins")) is not None:
                plugins.close()
        finally:
            if journal is not None:
                journal.close()

    def problems(self) -> list[Problem]:
        """Return everything that is wrong with the configuration, what is configured of extensions included."""
        found = [*self.configuration.validate(), *self.options.problems()]
        if not found:  # these two look at settings that are right by themselves
            found = [*self.engines.problems(), *self.stores.problems()]
        return list(dict.fromkeys(found))

    def _open_journal(self) -> Journal:
        return self.stores.open()

    def _make_engine(self, capacity: int, hold: Callable[[], None], run: EngineRun) -> Engine:
        return self.engines.make(self._caller(hold), capacity, run)

    def _caller(self, hold: Callable[[], None]) -> Caller:
        return Caller(
            kinds=self.kinds,
            providers=self.providers,
            guards=self.guards,
            directory=str(self.workspace),
            hold=hold,
        )

    def _run_settings(self) -> RunSettings:
        settings = self.configuration.workflow
        return RunSettings(
            parallelism=settings.parallelism,
            on_failure=settings.on_failure,
            timeout=settings.timeout,
            run_timeout=settings.run_timeout,
            retry=RetryPolicy(**settings.retry.model_dump()),
        )


def _times(registry: Registry) -> Mapping[str, Times]:
    return {record.name: record.times for record in registry.records if record.is_ready}


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        raise ConfigurationError(
            f"the current folder cannot be read: {error.strerror}", hint="go to another one, or name a workspace"
        ) from error
