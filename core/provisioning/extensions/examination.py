"""An extension examined for its author: everything that is wrong with it, whether it is enabled or not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioning.dispatch import JsonSchema
from provisioning.errors import ConfigurationError, ExtensionBroken
from provisioning.extensions.compatibility import Surroundings, compatibility_problems
from provisioning.extensions.options import schema_of
from provisioning.extensions.problem import ExtensionProblem, ProblemCode
from provisioning.extensions.record import ExtensionRecord, Status

__all__ = ["Examination", "examine"]

_CHOSEN = frozenset(
    {
        ProblemCode.DISABLED_BY_CONFIG,
        ProblemCode.DISABLED_BY_DEFAULT,
        ProblemCode.DISABLED_BY_OPTION,
        ProblemCode.NOT_PREFERRED,
    }
)
"""What somebody decided about it, and its author cannot mend."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found: no problems mean that it can be used. `info` is what it says of itself, where it was asked."""

    record: ExtensionRecord
    problems: tuple[ExtensionProblem, ...] = ()
    info: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.record.name,
            "version": self.record.version,
            "status": str(self.record.status),
            "origin": self.record.origin.as_dict(),
            "valid": not self.problems,
            "problems": [problem.as_dict() for problem in self.problems],
            "info": dict(self.info),
        }


def examine(record: ExtensionRecord, here: Surroundings | None = None) -> Examination:
    """Return what is wrong with an extension, importing nothing: what is disabled is judged like the others."""
    found = [problem for problem in record.problems if problem.code not in _CHOSEN]
    if record.status is Status.DISABLED and record.declared is not None and record.location is not None:
        found += compatibility_problems(record.declared, record.location, here or Surroundings())
    found += _schema_problems(record)
    return Examination(record, tuple(dict.fromkeys(found)))


def _schema_problems(record: ExtensionRecord) -> Iterator[ExtensionProblem]:
    try:
        document = schema_of(record)
        if document is not None:
            subject = f"configuration of extension {record.name}"
            JsonSchema(document, extension=record.name, subject=subject).check()
    except (ConfigurationError, ExtensionBroken) as error:
        yield ExtensionProblem(ProblemCode.CONFIG_SCHEMA_INVALID, error.message, error.hint)
