"""What must be known before the run: the values of a `for_each`, each under its operation's key, and the provider."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioning.template import Reference, escape, has_references, parse, references_in, resolve_value
from provisioning.workflow.ports import Roots
from provisioning.workflow.scope import Scope, walk_owners

__all__ = ["closed_for_each", "closed_provider", "instances_of", "provider_of", "values_for_each"]

MAX_OPERATIONS = 250_000
"""How many operations one run may have: `for_each` inside `for_each` asks for more than anybody meant very soon."""
LONGEST_KEY = 64
Provider = str | list[str] | None
_KEY_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def values_for_each(written: Any, scope: Scope, roots: Roots) -> Any:
    """Return the value of a `for_each`; raise `ValueError` when it is not known before the run."""
    return _early_value(written, scope, None, roots, "for_each")


def provider_of(written: Provider, scope: Scope, each: Mapping[str, Any] | None, roots: Roots) -> Provider:
    """Return the provider instances that an operation, or one instance of it, names; raise as `values_for_each`."""
    if not has_references(written):
        return written
    value = _early_value(written, scope, each, roots, "provider")
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"provider must be a provider instance, or a list of some, and {written} is not")
    provider: Provider = value
    return provider


def _early_value(value: Any, scope: Scope, each: Mapping[str, Any] | None, roots: Roots, key: str) -> Any:
    """Resolve what must be known before the run, as it is written in `scope`, for the sake of the key `key`."""
    for _, reference in references_in(value):
        if reference.root in ("operations", "workflow") or (reference.root == "each" and each is None):
            raise ValueError(f"{key} must be known before the run, and {{{{{reference}}}}} is not")
    return resolve_value(value, _early_roots(scope, each, roots, key))


def _early_roots(scope: Scope, each: Mapping[str, Any] | None, roots: Roots, key: str) -> Callable[[str], Any]:
    def lookup(root: str) -> Any:
        if root == "each" and each is not None:
            return each
        return _EarlyInputs(scope, roots, key) if root == "inputs" else roots[root]

    return lookup


class _EarlyInputs(Mapping[str, Any]):
    """`inputs`, each resolved when it is asked for: another one may well be known only during the run."""

    def __init__(self, scope: Scope, roots: Roots, key: str) -> None:
        self._scope = scope
        self._roots = roots
        self._key = key

    def __getitem__(self, name: str) -> Any:
        value, owner = self._scope.inputs[name], self._scope.owner
        if owner is None:
            return resolve_value(value, self._roots)
        return _early_value(value, owner.scope, owner.each, self._roots, self._key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._scope.inputs)

    def __len__(self) -> int:
        return len(self._scope.inputs)


def instances_of(value: Any) -> dict[str, Any]:
    """Return the values of a `for_each` by key; raise `ValueError` for what is none.

    The items of a list are keys and values at once, and a number stands for the list of the numbers from 1 to it.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        value = list(range(1, min(value, MAX_OPERATIONS + 1) + 1))  # one too many is enough to be refused
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [(_key_of(item), item) for item in value]
    else:
        raise ValueError("for_each must be a list, a table or a whole number from 0 up")  # noqa: TRY004 - the document's
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
    if isinstance(value, list | int):
        return escape(value)
    expression = parse(written).expression if isinstance(written, str) else None
    if expression is None or not isinstance(expression.left, Reference):
        return written
    whole = expression.left
    return {key: f"{{{{{Reference(whole.root, (*whole.path, key))}}}}}" for key in value}


def closed_provider(written: Provider, provider: Provider, scope: Scope) -> Provider:
    """Return the form in which the journal keeps a provider: its name, where all that read it here read the same."""
    is_one = not _reads(written, "each") and (not _reads(written, "inputs") or _is_opened_once(scope))
    return escape(provider) if is_one else written


def _reads_inputs(written: Any) -> bool:
    return _reads(written, "inputs", "each")


def _reads(written: Any, *roots: str) -> bool:
    return any(reference.root in roots for _, reference in references_in(written))


def _is_opened_once(scope: Scope) -> bool:
    return all(owner.each is None for owner in walk_owners(scope))
