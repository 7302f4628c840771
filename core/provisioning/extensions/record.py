"""The record of one extension: what was found, whether it can be used, and if not, why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from provisioning.dispatch import Times
from provisioning.errors import ExtensionNotReady
from provisioning.extensions.extension_type import ExtensionType
from provisioning.extensions.manifest import Manifest
from provisioning.extensions.origin import Origin
from provisioning.extensions.problem import ExtensionProblem, ProblemCode

__all__ = ["ExtensionRecord", "Status"]


class Status(StrEnum):
    """Whether an extension can be used; in each but the first two its problems say why not."""

    READY = "ready"
    """Nothing is known against it; none of its code is in use."""
    ACTIVE = "active"
    """Its code is imported and in use."""
    DISABLED = "disabled"
    """The configuration says that it is not used."""
    INCOMPATIBLE = "incompatible"
    """It does not fit this version of provisioning, of Python, or this platform."""
    INVALID = "invalid"
    """Its manifest is missing or wrong."""
    CONFLICTED = "conflicted"
    """It and another extension cannot both be used, and nobody has said which one is."""
    MISSING_DEPENDENCY = "missing_dependency"
    """Another extension that it needs cannot be used, or a program is not installed."""
    FAILED = "failed"
    """Its code was imported or called, and failed."""


_STATUS_OF: Mapping[ProblemCode, Status] = {
    ProblemCode.MANIFEST_MISSING: Status.INVALID,
    ProblemCode.MANIFEST_INVALID: Status.INVALID,
    ProblemCode.OUTSIDE_FOLDER: Status.INVALID,
    ProblemCode.PACKAGE_MISSING: Status.INVALID,
    ProblemCode.VERSION_MISMATCH: Status.INVALID,
    ProblemCode.CONFIG_SCHEMA_INVALID: Status.INVALID,
    ProblemCode.CORE_INCOMPATIBLE: Status.INCOMPATIBLE,
    ProblemCode.HOOK_API_INCOMPATIBLE: Status.INCOMPATIBLE,
    ProblemCode.PYTHON_INCOMPATIBLE: Status.INCOMPATIBLE,
    ProblemCode.PLATFORM_UNSUPPORTED: Status.INCOMPATIBLE,
    ProblemCode.PROGRAM_MISSING: Status.MISSING_DEPENDENCY,
    ProblemCode.REQUIRES_MISSING: Status.MISSING_DEPENDENCY,
    ProblemCode.CONFLICTS_WITH: Status.CONFLICTED,
    ProblemCode.NAME_CONFLICT: Status.CONFLICTED,
    ProblemCode.KIND_CONFLICT: Status.CONFLICTED,
    ProblemCode.TEMPLATE_CONFLICT: Status.CONFLICTED,
    ProblemCode.COMMAND_CONFLICT: Status.CONFLICTED,
    ProblemCode.ORDER_CIRCLE: Status.CONFLICTED,
    ProblemCode.SECRETS_CONFLICT: Status.CONFLICTED,
    ProblemCode.ENGINE_CONFLICT: Status.CONFLICTED,
    ProblemCode.STORE_CONFLICT: Status.CONFLICTED,
    ProblemCode.DISABLED_BY_CONFIG: Status.DISABLED,
    ProblemCode.DISABLED_BY_DEFAULT: Status.DISABLED,
    ProblemCode.DISABLED_BY_OPTION: Status.DISABLED,
    ProblemCode.NOT_PREFERRED: Status.DISABLED,
    ProblemCode.IMPORT_FAILED: Status.FAILED,
    ProblemCode.PLUGIN_FAILED: Status.FAILED,
    ProblemCode.ACTIVATION_FAILED: Status.FAILED,
    ProblemCode.HOOKS_REJECTED: Status.FAILED,
    ProblemCode.CONFIG_INVALID: Status.INVALID,
    ProblemCode.TEMPLATE_INVALID: Status.INVALID,
    ProblemCode.VALIDATION_FAILED: Status.FAILED,
}


@dataclass(slots=True, eq=False)
class ExtensionRecord:
    """One extension, from its discovery on; two of the same name are two records.

    `location` is the folder that holds its extension.toml, where one was found; `declared` the manifest, where it
    could be read. The status changes in one direction only: what has a problem stays out of use. `times` says how long
    it took; calls of its hooks are counted where that is asked for.
    """

    name: str
    origin: Origin
    location: Path | None = None
    declared: Manifest | None = None
    status: Status = Status.READY
    problems: list[ExtensionProblem] = field(default_factory=list)
    times: Times = field(default_factory=Times, repr=False)

    def __str__(self) -> str:
        return f"{self.name}{f' {self.version}' if self.version else ''} ({self.origin})"

    @property
    def version(self) -> str | None:
        """The version that the manifest says; None without one."""
        return None if self.declared is None else self.declared.extension.version

    @property
    def type(self) -> ExtensionType | None:
        """What it is for; None without a manifest."""
        return None if self.declared is None else self.declared.extension.type

    @property
    def manifest(self) -> Manifest:
        """What it declares; raises `ExtensionNotReady` when its manifest cannot be read."""
        if self.declared is None:
            raise self.not_ready()
        return self.declared

    @property
    def is_ready(self) -> bool:
        """Whether it can be used."""
        return self.status in (Status.READY, Status.ACTIVE)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of operations that it declares."""
        return () if self.declared is None else tuple(self.declared.workflow.operation_kinds)

    @property
    def templates(self) -> tuple[str, ...]:
        """The names of the workflow templates that it declares."""
        return () if self.declared is None else tuple(self.declared.templates)

    @property
    def commands(self) -> tuple[str, ...]:
        """The names of the commands that it declares."""
        return () if self.declared is None else tuple(self.declared.commands)

    def refuse(self, problem: ExtensionProblem) -> None:
        """Note a problem. The first one decides the status, unless a later one says that it is disabled."""
        status = _STATUS_OF[problem.code]
        if self.is_ready or status is Status.DISABLED:
            self.status = status
        self.problems.append(problem)

    def not_ready(self) -> ExtensionNotReady:
        """Make the error for somebody who needs this extension: which one, its status, every reason, what to do."""
        reasons = "; ".join(problem.message for problem in self.problems) or "nothing more is known"
        return ExtensionNotReady(
            f"extension {self} is {self.status.replace('_', ' ')}: {reasons}",
            extension=self.name,
            hint=next((problem.hint for problem in self.problems if problem.hint), None),
            details={"status": str(self.status), "problems": [problem.as_dict() for problem in self.problems]},
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "version": self.version,
            "type": None if self.type is None else str(self.type),
            "status": str(self.status),
            "origin": self.origin.as_dict(),
            "location": None if self.location is None else str(self.location),
            "problems": [problem.as_dict() for problem in self.problems],
            "manifest": None if self.declared is None else self.declared.as_dict(),
        }
