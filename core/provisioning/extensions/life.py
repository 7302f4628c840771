"""The life of one plugin of an extension in an opened workspace: activated once, and given back whatever it took."""

import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from provisioning.contract import ExtensionContext
from provisioning.dispatch import ExtensionHandle, Phase, described
from provisioning.errors import ExtensionBroken
from provisioning.extensions.problem import ExtensionProblem, ProblemCode
from provisioning.extensions.record import ExtensionRecord, Status

__all__ = ["Life"]

Disposer = Callable[[], None]


class Life:
    """Activates a loaded plugin and deactivates it again; `options` have been checked, `directory` is the workspace."""

    def __init__(
        self, record: ExtensionRecord, plugin: object, options: Mapping[str, Any], directory: str | Path
    ) -> None:
        self.record = record
        self.plugin = plugin
        self.context = ExtensionContext(
            name=record.name,
            options=MappingProxyType(dict(options)),
            directory=Path(directory),
            logger=logging.getLogger(f"provisioning.extensions.{record.name}"),
            on_deactivate=self._keep,
        )
        self._handle = ExtensionHandle(plugin, record.name)
        self._disposers: list[Disposer] | None = []
        self._lock = threading.Lock()

    def examine(self) -> tuple[Mapping[str, Any], Sequence[str]]:
        """Return what the plugin says of itself, and what it says keeps it from working; it is not activated."""
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return self._handle.info(), self._handle.validate(self.context)
        finally:
            self._dispose()

    def activate(self) -> None:
        """Let the plugin get ready.

        Raises `ExtensionBroken` when it fails; the record says so too, and what it had taken until then is given back.
        """
        try:
            with contextlib.redirect_stdout(sys.stderr), self.record.times.during(Phase.ACTIVATION):
                self._handle.activate(self.context)
        except BaseException as error:
            failures = self._dispose()
            if isinstance(error, KeyboardInterrupt):
                raise
            broken = self._as_broken(error, failures)
            self.record.refuse(ExtensionProblem(ProblemCode.ACTIVATION_FAILED, broken.message, broken.hint))
            raise broken from error

    def deactivate(self) -> list[str]:
        """Run what the activation registered, the newest first, then the plugin's own hook; return what failed."""
        with contextlib.redirect_stdout(sys.stderr), self.record.times.during(Phase.DEACTIVATION):
            failures = self._dispose()
            try:
                self._handle.deactivate(self.context)
            except Exception as error:  # noqa: BLE001 - the others are deactivated all the same
                failures.append(described(error.__cause__ or error))
        if self.record.status is Status.ACTIVE:
            self.record.status = Status.READY
        return failures

    def _keep(self, disposer: Disposer) -> None:
        with self._lock:
            if self._disposers is not None:
                self._disposers.append(disposer)
                return
        disposer()

    def _dispose(self) -> list[str]:
        failures = []
        while (disposer := self._next()) is not None:
            try:
                disposer()
            except (Exception, SystemExit) as error:  # noqa: BLE001 - the others are run all the same
                failures.append(described(error))
        return failures

    def _next(self) -> Disposer | None:
        """Return the newest disposer; with the last one the list is closed."""
        with self._lock:
            if self._disposers:
                return self._disposers.pop()
            self._disposers = None
            return None

    def _as_broken(self, error: BaseException, failures: list[str]) -> ExtensionBroken:
        cause = error.__cause__ if isinstance(error, ExtensionBroken) and error.__cause__ is not None else error
        more = f"; giving back what it took failed too: {'; '.join(failures)}" if failures else ""
        return ExtensionBroken(
            f"extension {self.record} could not be activated: {described(cause)}{more}",
            extension=self.record.name,
            hint=f"without it: provisioning extension disable {self.record.name}",
        )
