"""One hook of the interface, as its specification class declares it."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_origin

from provisioning.contract import PROJECT, ExtensionHooks, ProviderHooks, ServiceHooks, WorkflowHooks

__all__ = ["Hook", "all_hooks", "hooks_of"]


@dataclass(frozen=True, slots=True)
class Hook:
    """What is declared of one hook.

    `parameters` are the names that an implementation may take. `may_yield` says that it may be a generator function:
    the hook answers with several things. `is_wrappable` says that other extensions may stand around it: it has one
    owner (a provider instance, a kind's handler), and that one's answer counts.
    """

    name: str
    spec: type
    parameters: tuple[str, ...]
    firstresult: bool
    may_yield: bool
    is_wrappable: bool
    summary: str


@cache
def hooks_of(spec: type) -> Mapping[str, Hook]:
    """Return the hooks that a specification class declares, by name, in its order."""
    marked = ((name, getattr(value, f"{PROJECT}_spec", None)) for name, value in vars(spec).items())
    return {name: _hook(spec, name, options) for name, options in marked if options is not None}


def all_hooks() -> Mapping[str, Hook]:
    """Return every hook of the interface, by name."""
    specs = (ProviderHooks, WorkflowHooks, ExtensionHooks, ServiceHooks)
    return {name: hook for spec in specs for name, hook in hooks_of(spec).items()}


def _hook(spec: type, name: str, options: Mapping[str, Any]) -> Hook:
    function = vars(spec)[name]
    signature = inspect.signature(function)
    return Hook(
        name=name,
        spec=spec,
        parameters=tuple(signature.parameters)[1:],
        firstresult=bool(options["firstresult"]),
        may_yield=_is_several(signature.return_annotation),
        is_wrappable=bool(options["firstresult"]) and spec in (ProviderHooks, WorkflowHooks),
        summary=inspect.getdoc(function).splitlines()[0],  # type: ignore[union-attr]
    )


def _is_several(annotation: Any) -> bool:
    kind = get_origin(annotation)
    return isinstance(kind, type) and issubclass(kind, Iterable) and not issubclass(kind, Mapping)
