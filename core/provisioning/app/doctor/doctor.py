"""The doctor at work: every check is asked by itself, and whatever one of them does, the others are asked too."""

import contextlib
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import TracebackType
from typing import TYPE_CHECKING, Self

from provisioning.app.doctor.bounded import CallFailed, NotInTime, within
from provisioning.app.doctor.finding import Finding
from provisioning.app.doctor.machine import machine_checks
from provisioning.app.doctor.workspace import configuration_check, extension_checks, workspace_checks
from provisioning.contract import CheckResult, CheckStatus, HealthCheck
from provisioning.dispatch import described
from provisioning.errors import ConfigurationError, ExtensionBroken, ProvisioningError
from provisioning.extensions import ExtensionRecord

if TYPE_CHECKING:
    from provisioning.app.application import App

__all__ = ["Doctor"]

PATIENCE = 10.0
"""How many seconds a check may take."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A check under the name that everybody sees, and the extension that brings it."""

    check: HealthCheck
    extension: str | None = None

    @property
    def whose(self) -> str:
        return f"check {self.check.id}" + (f" of extension {self.extension}" if self.extension else "")


class Doctor:
    """Looks at everything, or at some of it; a context manager around the application that `open_app` opens.

    A configuration that is wrong is a finding like any other: then what needs none is looked at still. `patience` is
    how many seconds one check may take before it is given up.
    """

    def __init__(self, open_app: Callable[[], "App"], *, patience: float = PATIENCE) -> None:
        self._open_app = open_app
        self._patience = patience
        self._app: App | None = None
        self._cases: dict[str, _Case] = {}
        self._refusal: ProvisioningError | None = None

    def __enter__(self) -> Self:
        try:
            self._app = self._open_app()
        except ConfigurationError as error:
            self._refusal = error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._app is None:
            return
        try:
            within(self._patience, self._app.close, "end of the doctor")
        except NotInTime:
            pass  # what hangs holds up the end as well, and nobody waits for it
        except CallFailed as failed:
            raise failed.error from failed

    def ids(self, only: Collection[str] = ()) -> Sequence[str]:
        """Return the ids of the checks, or those of `only`; of extensions, those that bring them are imported.

        Raises `ConfigurationError` for an id that no check has.
        """
        with contextlib.redirect_stdout(sys.stderr):
            found = [case for case in self._gathered(only) if not only or case.check.id in only]
        self._cases = {case.check.id: case for case in found}
        for id in only:  # noqa: A001 - the contract's word
            if id not in self._cases:
                raise self._unknown(id)
        return list(self._cases)

    def examine(self, id: str) -> Finding:  # noqa: A002 - the contract's word
        """Make one of the checks that `ids` has returned; one that raises, hangs or answers nonsense has failed."""
        case = self._cases[id]
        result = self._looked(case)
        hint = None if result.hint is None else self._clean(result.hint)
        return Finding(id, case.check.summary, result.status, self._clean(result.message), hint)

    def can_mend(self, finding: Finding) -> bool:
        """Whether there is anything to be done about it here."""
        return finding.is_failed and self._cases[finding.id].check.fix is not None

    def destroys(self, finding: Finding) -> bool:
        """Whether mending it takes something away for good."""
        return self._cases[finding.id].check.destroys

    def mend(self, finding: Finding) -> Finding:
        """Mend what failed and look again; the finding says what was done."""
        case = self._cases[finding.id]
        fix = case.check.fix
        assert fix is not None  # noqa: S101 - `can_mend` has been asked
        try:
            with contextlib.redirect_stdout(sys.stderr):
                done = within(self._patience, fix, f"fix of {finding.id}")
        except NotInTime:
            return replace(finding, hint=f"its fix was given up after {self._patience:g} s")
        except CallFailed as failed:
            return replace(finding, hint=self._clean(f"it could not be mended: {_words(failed.error)}"))
        return replace(self.examine(finding.id), fixed=self._clean(done))

    # -- gathering -----------------------------------------------------------------------------------------------

    def _gathered(self, only: Collection[str]) -> Iterator[_Case]:
        yield from map(_Case, machine_checks())
        yield _Case(configuration_check(self._problems))
        if self._app is None:
            return
        if self._has_configuration(self._app):
            yield from map(_Case, workspace_checks(self._app, self._app.journal_file, self._patience))
        for record in self._app.registry.records:
            yield from self._of(self._app, record, only)
        yield from map(_Case, extension_checks(self._app))

    def _problems(self) -> Sequence[object]:
        if self._refusal is not None:
            raise self._refusal
        return [] if self._app is None else self._app.problems()

    def _has_configuration(self, app: "App") -> bool:
        """Whether it can be had at all; what hinders it is told by the check of the configuration."""
        try:
            _ = app.configuration, app.journal_file
        except ProvisioningError as error:
            self._refusal = error
        return self._refusal is None

    def _of(self, app: "App", record: ExtensionRecord, only: Collection[str]) -> Iterator[_Case]:
        """Yield the checks that an extension's manifest declares; one that it does not bring has failed."""
        declared = record.manifest.health.checks if record.is_ready else ()
        wanted = {f"{record.name}.{name}": name for name in declared}
        if not wanted or (only and wanted.keys().isdisjoint(only)):
            return
        brought = self._brought(app, record)
        for id, name in wanted.items():  # noqa: A001 - the contract's word
            yield _Case(replace(brought[name], id=id), record.name)

    def _brought(self, app: "App", record: ExtensionRecord) -> Mapping[str, HealthCheck]:
        """Return an extension's checks by their names; where it could not say them, ones that tell why."""
        try:
            return within(self._patience, lambda: app.extensions.health_checks(record), f"checks of {record.name}")
        except NotInTime:
            words = f"health_checks of extension {record.name} did not answer within {self._patience:g} s"
            error: BaseException = ExtensionBroken(words, extension=record.name)
        except CallFailed as failed:
            error = failed.error
        return dict.fromkeys(record.manifest.health.checks, _failing(error))

    def _unknown(self, id: str) -> ConfigurationError:  # noqa: A002 - the contract's word
        known = [case.check.id for case in self._gathered(())]
        near = get_close_matches(id, known, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        return ConfigurationError(f"there is no check {id!r}{meant}", hint=f"there is: {', '.join(known)}")

    # -- looking -------------------------------------------------------------------------------------------------

    def _looked(self, case: _Case) -> CheckResult:
        try:
            with contextlib.redirect_stdout(sys.stderr):
                result = within(self._patience, case.check.run, case.whose)
        except NotInTime:
            return CheckResult.failed(f"{case.whose} did not answer within {self._patience:g} s", _defect(case))
        except CallFailed as failed:
            error = failed.error
            if isinstance(error, ProvisioningError):
                return CheckResult.failed(" ".join(error.message.split()), error.hint)
            return CheckResult.failed(f"{case.whose} failed with {described(error)}", _defect(case))
        if not isinstance(result, CheckResult) or not isinstance(result.status, CheckStatus):
            what = f"an object of type {type(result).__name__}"
            return CheckResult.failed(f"{case.whose} answered with {what}, not with a CheckResult", _defect(case))
        return result

    def _clean(self, text: object) -> str:
        return str(text) if self._app is None else self._app.written.redactor.redact_text(str(text))


def _words(error: BaseException) -> str:
    return error.message if isinstance(error, ProvisioningError) else described(error)


def _defect(case: _Case) -> str | None:
    return f"this is a defect of extension {case.extension}" if case.extension else None


def _failing(error: BaseException) -> HealthCheck:
    """Return the check of an extension that could not say what it brings."""

    def look() -> CheckResult:
        raise error

    return HealthCheck("", "What the extension wants looked at", look)
