"""What references can see before the run: what is wrong with each, as far as that can be known then."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from provisioning.errors import ProvisioningError
from provisioning.template import Reference, TemplateError, has_references, references_in
from provisioning.workflow.complaint import unknown
from provisioning.workflow.ports import Roots
from provisioning.workflow.scope import Scope

__all__ = ["Complaint", "Sight"]

RUN_ROOTS = ("operations", "inputs", "each", "workflow")

Complaint = tuple[str, str | None]
"""What is wrong, and what to do about it."""

_OPERATION_HINT = "an operation is read as {{operations.ID.result...}}"


class Sight:
    """Looks at references from where they stand; `roots` are the values that are known before a run."""

    def __init__(self, roots: Roots) -> None:
        self._roots = roots

    def wrong_with(self, value: Any, scope: Scope, each: Mapping[str, Any] | None) -> Iterator[Complaint]:
        """Yield what is wrong with each reference in a value that stands in `scope`."""
        yield from self._each_wrong(value, lambda reference: self._wrong(reference, scope, each))

    def wrong_with_input(self, value: Any) -> Iterator[Complaint]:
        """Yield what is wrong with each reference in an input's value, which must be known before the run."""
        yield from self._each_wrong(value, self._wrong_early)

    def _each_wrong(self, value: Any, wrong: Callable[[Reference], Complaint | None]) -> Iterator[Complaint]:
        try:
            references = [reference for _, reference in references_in(value)]
        except TemplateError as error:
            yield error.message, error.hint
            return
        yield from filter(None, map(wrong, references))

    def varies(self, value: Any) -> bool:
        """Whether a value reads something that differs between the instances of an operation, beyond its key."""
        try:
            references = [reference for _, reference in references_in(value)]
        except TemplateError:
            return False  # told already, of the first instance
        return any(_may_differ(reference) for reference in references)

    def _wrong(self, reference: Reference, scope: Scope, each: Mapping[str, Any] | None) -> Complaint | None:
        match reference.root:
            case "operations":
                return _wrong_operation(reference, scope)
            case "inputs":
                return _wrong_input(reference, scope)
            case "each" if each is None:
                return f"{{{{{reference}}}}} stands in an operation without for_each", "give the operation a for_each"
            case "each":
                return _unresolvable(reference, {"each": each})
            case "workflow":
                known = reference.path[:1] in (("id",), ("name",))
                return None if known else (f"{{{{{reference}}}}}: workflow has only id and name", None)
            case _:
                return self._wrong_root(reference, RUN_ROOTS)

    def _wrong_early(self, reference: Reference) -> Complaint | None:
        if reference.root in RUN_ROOTS:
            return f"{{{{{reference}}}}} is not known before the run, as the value of an input must be", None
        return self._wrong_root(reference, ())

    def _wrong_root(self, reference: Reference, others: Sequence[str]) -> Complaint | None:
        """Say what is wrong with a reference to what is known before the run; `others` may stand there, too."""
        if reference.root not in self._roots:
            known = [*others, *self._roots]
            return f"{{{{{reference}}}}}: {unknown('root', reference.root, known)}", None
        return _unresolvable(reference, self._roots)


def _may_differ(reference: Reference) -> bool:
    if reference.root == "each":
        return reference.path not in (("key",), ("value",))
    return reference.root == "inputs" and len(reference.path) > 1


def _wrong_operation(reference: Reference, scope: Scope) -> Complaint | None:
    shown, path = f"{{{{{reference}}}}}", reference.path
    if not path or not isinstance(path[0], str):
        return None
    if path[0] not in scope.groups:
        return f"{shown}: {unknown('operation', path[0], list(scope.groups))}", None
    group, fields = scope.groups[path[0]], path[1:]
    if not isinstance(group, str):
        if fields and isinstance(fields[0], int | str) and fields[0] not in group:
            known = ", ".join(group) or "none"
            return f"{shown}: {path[0]} has no instance {fields[0]!r}; it has: {known}", None
        fields = fields[1:]
    if fields and isinstance(fields[0], int | str) and fields[0] not in ("id", "result"):
        return f"{shown}: an operation has id and result, and no {fields[0]}", _OPERATION_HINT
    return None


def _wrong_input(reference: Reference, scope: Scope) -> Complaint | None:
    if not reference.path or not isinstance(reference.path[0], str):
        return None
    name = reference.path[0]
    if name not in scope.inputs:
        return f"{{{{{reference}}}}}: {unknown('input', name, list(scope.inputs))}", None
    return None if _waits(scope.inputs[name]) else _unresolvable(reference, {"inputs": scope.inputs})


def _waits(value: Any) -> bool:
    """Whether a value is known only once its references are resolved, or is broken, which is told elsewhere."""
    try:
        return has_references(value)
    except TemplateError:
        return True


def _unresolvable(reference: Reference, lookup: Mapping[str, Any]) -> Complaint | None:
    """Try to resolve a reference now; one with references in its brackets has to wait for the run."""
    if any(isinstance(step, Reference) for step in reference.path):
        return None
    try:
        reference.resolve(lookup)
    except (TemplateError, ProvisioningError) as error:
        return error.message, error.hint
    return None
