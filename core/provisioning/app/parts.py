"""The parts of an opened workspace, each made when it is first needed."""

import importlib
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from provisioning.app.catalog import KindCatalog, ProviderCatalog
from provisioning.app.choice import Choice, extensions_folder
from provisioning.app.options import Options
from provisioning.app.plugins import Plugins
from provisioning.app.roots import WorkflowRoots
from provisioning.app.run import Run
from provisioning.config import Configuration, find_workspace, load, user_config_file
from provisioning.contract import Engine, Journal
from provisioning.dispatch import Guards, Observers, Times
from provisioning.engine import ThreadEngine
from provisioning.errors import ConfigurationError
from provisioning.extensions import Installer, Registry, find_installer
from provisioning.retry import RetryPolicy
from provisioning.store import open_journal, this_holder
from provisioning.workflow import Caller, Planner, RunSettings, Surroundings

__all__ = ["Parts"]

_SQLITE = "sqlite:///"


class Parts:
    """Everything that `App` wires: configuration first, then extensions, then what stands on both."""

    def __init__(
        self, configuration: Configuration, choice: Choice, explicit: Sequence[Path], *, counts_calls: bool = False
    ) -> None:
        self.configuration = configuration
        self._choice = choice
        self._places = (configuration.workspace, [*explicit, *map(Path, configuration.extensions.paths)])
        self.registry = choice.discover(configuration.extensions, *self._places)
        self.options = Options(configuration, self.registry)
        self._times = _times(self.registry) if counts_calls else None
        self._lock = threading.RLock()
        self._journal: Journal | None = None
        self._runs: list[Run] = []

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
        """Find the workspace, load its configuration and discover its extensions."""
        folder = find_workspace(_current_folder()) if workspace is None else Path(workspace)
        if not folder.is_dir():
            raise ConfigurationError(f"the workspace {folder} is not a folder", hint="make it, or name another one")
        configuration = load(folder, environment=environment, overrides=overrides, environ=environ)
        return cls(configuration, choice, [Path(path) for path in extension_paths], counts_calls=counts_calls)

    # -- extensions, found and changed ---------------------------------------------------------------------------

    def rediscover(self) -> Registry:
        """Find the extensions again, after an installer or somebody else has changed what is there."""
        importlib.invalidate_caches()
        return self._choice.find(self.configuration.extensions, *self._places)

    def home(self, *, for_user: bool) -> Path:
        """Return the folder that holds the folder extensions of the workspace, or of the user."""
        return extensions_folder(user_config_file().parent if for_user else self.configuration.workspace)

    def find_installer(self) -> Installer:
        """Return the installer of this environment; raises `InstallerFailed` where there is none."""
        return find_installer(self.configuration.redactor.redact_text)

    # -- what is made when it is needed --------------------------------------------------------------------------

    @cached_property
    def plugins(self) -> Plugins:
        """The plugins that extensions bring beside providers."""
        return Plugins(
            self.registry,
            options=self.options.of_extension,
            directory=self.configuration.workspace,
            redact=self.configuration.redactor.redact_text,
            is_strict=self._choice.strict,
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
        return ProviderCatalog(self.configuration, self.registry, self.plugins, self.options, self._times)

    @cached_property
    def planner(self) -> Planner:
        """Makes plans. With `strict` nothing is planned with a hooks extension that is broken."""
        if self._choice.strict:
            _ = self.plugins.hooks
        return Planner(
            kinds=self.kinds,
            providers=self.providers,
            roots=WorkflowRoots(self.configuration.lookup),
            defaults=self._run_settings(),
        )

    @property
    def journal(self) -> Journal:
        """The journal; made when it is not there."""
        with self._lock:
            if self._journal is None:
                self._journal = open_journal(self.journal_path)
            return self._journal

    @cached_property
    def surroundings(self) -> Surroundings:
        """What a run is handed."""
        return Surroundings(
            journal=self.journal,
            make_engine=self._make_engine,
            kinds=self.kinds,
            providers=self.providers,
            guards=self.guards,
            roots=WorkflowRoots(self.configuration.lookup),
            redact=self.configuration.redactor.redact,
            new_holder=this_holder,
            directory=str(self.configuration.workspace),
        )

    # -- living --------------------------------------------------------------------------------------------------

    def keep(self, run: Run) -> Run:
        """Remember a run that is driven here, so that closing waits for it."""
        with self._lock:
            self._runs = [one for one in self._runs if not one.is_over]
            self._runs.append(run)
        return run

    def close(self) -> None:
        """Interrupt what is still driven here, wait for it, deactivate extensions, and let go of the journal."""
        with self._lock:
            runs, journal = self._runs, self._journal
            self._runs, self._journal = [], None
        for run in runs:
            run.interrupt()
        for run in runs:
            run.join()
        try:
            if (plugins := self.__dict__.get("plugins")) is not None:  # it is a cached property
                plugins.close()
        finally:
            if journal is not None:
                journal.close()

    def _make_engine(self, capacity: int) -> Engine:
        caller = Caller(
            kinds=self.kinds,
            providers=self.providers,
            guards=self.guards,
            directory=str(self.configuration.workspace),
        )
        return ThreadEngine(caller, capacity)

    @property
    def journal_path(self) -> Path:
        """The journal's file; raises `ConfigurationError` when the configuration names none."""
        url = self.configuration.store.url
        path = url.removeprefix(_SQLITE)
        if path == url or path in ("", ":memory:"):
            problem = self.configuration.problem(
                "store.url", f"{url!r} names no file that a journal could be", f"write {_SQLITE}PATH"
            )
            raise ConfigurationError.from_problems("the configuration", [problem])
        return Path(path)

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
