"""The values of a `for_each`: known before the run, each under the key that names its operation."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioning.template import Reference, escape, has_references, parse, references_in, resolve_value
from provisioning.workflow.ports import Roots
from provisioning.workflow.scope import Scope, walk_owners

__all__ = ["closed_for_each", "early_value", "instances_of"]

LONGEST_KEY = 64
_KEY_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def early_value(value: Any, scope: Scope, each: Mapping[str, Any] | None, roots: Roots) -> Any:
    """Resolve what must be known before the run, as it is written in `scope`; raise `ValueError` when it is not."""
    for _, reference in references_in(value):
        if reference.root in ("operations", "workflow") or (reference.root == "each" and each is None):
            raise ValueError(f"for_each must be known before the run, and {{{{{reference}}}}} is not")
    return resolve_value(value, _early_roots(scope, each, roots))


def _early_roots(scope: Scope, each: Mapping[str, Any] | None, roots: Roots) -> Callable[[str], Any]:
    def lookup(root: str) -> Any:
        if root == "each" and each is not None:
            return each
        return _EarlyInputs(scope, roots) if root == "inputs" else roots[root]

    return lookup


class _EarlyInputs(Mapping[str, Any]):
    """`inputs`, each resolved when it is asked for: another one may well be known only during the run."""

    def __init__(self, scope: Scope, roots: Roots) -> None:
        self._scope = scope
        self._roots = roots

    def __getitem__(self, name: str) -> Any:
        value, owner = self._scope.inputs[name], self._scope.owner
        if owner is None:
            return resolve_value(value, self._roots)
        return early_value(value, owner.scope, owner.each, self._roots)

    def __iter__(self) -> Iterator[str]:
        return iter(self._scope.inputs)

    def __len__(self) -> int:
        return len(self._scope.inputs)


def instances_of(value: Any) -> dict[str, Any]:
    """Return the values of a `for_each` by key; a list's items are keys and values at once. Raises `ValueError`."""
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [(_key_of(item), item) for item in value]
    else:
        raise ValueError("for_each must be a list or a table")  # noqa: TRY004 - it is the document that is wrong
    instances: dict[str, Any] = {}
    for key, item in pairs:
        _check_key(key)
        if key in instances:
            raise ValueError(f"for_each has the key {key!r} twice")
        instances[key] = item
    return instances


def _key_of(item: Any) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, int) and not isinstance(item, bool):
        return str(item)
    raise ValueError(f"a for_each list holds texts or whole numbers, not {item!r}; use a table for other values")


def _check_key(key: str) -> None:
    if not key or len(key) > LONGEST_KEY or not _KEY_LETTERS.issuperset(key):
        shown = key if len(key) <= LONGEST_KEY else f"{key[:LONGEST_KEY]}..."
        raise ValueError(
            f"for_each key {shown!r} may only hold letters, digits, '_' and '-', at most {LONGEST_KEY} of them"
        )


def closed_for_each(written: Any, value: Any, scope: Scope) -> Any:
    """Return the form in which the journal keeps a `for_each`: its keys are there, whatever changes outside.

    The values of a table stay references, because one of them may be a secret. In a document that is opened several
    times, each time with other inputs, what reads these stays as it is.
    """
    if not has_references(written) or (_reads_inputs(written) and not _is_opened_once(scope)):
        return written
    if isinstance(value, list):
        return escape(value)
    expression = parse(written).expression if isinstance(written, str) else None
    if expression is None or not isinstance(expression.left, Reference):
        return written
    whole = expression.left
    return {key: f"{{{{{Reference(whole.root, (*whole.path, key))}}}}}" for key in value}


def _reads_inputs(written: Any) -> bool:
    return any(reference.root in ("inputs", "each") for _, reference in references_in(written))


def _is_opened_once(scope: Scope) -> bool:
    return all(owner.each is None for owner in walk_owners(scope))
