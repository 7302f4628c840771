"""How an extension came to its status: what was asked of it, in the order in which it was asked, and the answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.extensions.problem import ProblemCode
from provisioning.extensions.record import ExtensionRecord

__all__ = ["Reason", "reasons_for"]

_STEPS: Sequence[tuple[str, str, frozenset[ProblemCode]]] = (
    (
        "found",
        "{origin}",
        frozenset({ProblemCode.MANIFEST_MISSING, ProblemCode.PACKAGE_MISSING, ProblemCode.OUTSIDE_FOLDER}),
    ),
    ("manifest", "it was read: {what}", frozenset({ProblemCode.MANIFEST_INVALID, ProblemCode.VERSION_MISMATCH})),
    (
        "configuration",
        "nothing disables it",
        frozenset({ProblemCode.DISABLED_BY_CONFIG, ProblemCode.DISABLED_BY_DEFAULT, ProblemCode.DISABLED_BY_OPTION}),
    ),
    (
        "compatibility",
        "it fits this provisioning, hook interface, Python and platform",
        frozenset(
            {
                ProblemCode.CORE_INCOMPATIBLE,
                ProblemCode.HOOK_API_INCOMPATIBLE,
                ProblemCode.PYTHON_INCOMPATIBLE,
                ProblemCode.PLATFORM_UNSUPPORTED,
            }
        ),
    ),
    (
        "conflicts",
        "nothing else has its name or brings the same, or is preferred to it",
        frozenset(
            {
                ProblemCode.NAME_CONFLICT,
                ProblemCode.NOT_PREFERRED,
                ProblemCode.KIND_CONFLICT,
                ProblemCode.TEMPLATE_CONFLICT,
                ProblemCode.COMMAND_CONFLICT,
                ProblemCode.SECRETS_CONFLICT,
                ProblemCode.ENGINE_CONFLICT,
                ProblemCode.STORE_CONFLICT,
                ProblemCode.CONFLICTS_WITH,
            }
        ),
    ),
    (
        "requirements",
        "the extensions and programs that it needs are there",
        frozenset({ProblemCode.REQUIRES_MISSING, ProblemCode.ORDER_CIRCLE, ProblemCode.PROGRAM_MISSING}),
    ),
    ("options", "its configuration can be checked", frozenset({ProblemCode.CONFIG_SCHEMA_INVALID})),
)
_CODE = "code"


@dataclass(frozen=True, slots=True)
class Reason:
    """One step: whether the extension passed it (None: it was not asked any more), and one line that says why."""

    step: str
    passed: bool | None
    text: str

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"step": self.step, "passed": self.passed, "text": self.text}


def reasons_for(record: ExtensionRecord) -> Iterator[Reason]:
    """Yield the steps from where the extension was found to its status, which is the last of them."""
    has_failed = False
    told = set()
    for step, words, codes in _STEPS:
        problems = [problem for problem in record.problems if problem.code in codes]
        told |= {problem.code for problem in problems}
        if problems:
            has_failed = True
            yield Reason(step, False, "; ".join(problem.message for problem in problems))
        elif has_failed:
            yield Reason(step, None, "not asked any more")
        else:
            yield Reason(step, True, words.format(origin=record.origin, what=_what(record)))
    rest = [problem.message for problem in record.problems if problem.code not in told]
    if rest:
        yield Reason(_CODE, False, "; ".join(rest))
    yield Reason("status", record.is_ready, record.status.replace("_", " "))


def _what(record: ExtensionRecord) -> str:
    return f"{record.name} {record.version}, of type {record.type}"
