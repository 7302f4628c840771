"""What this room is handed: the shapes of the things that `app` makes and wires."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from provisioning.contract import (
    Compensation,
    Decision,
    Operation,
    OperationContext,
    OperationKind,
    Outcome,
    Provider,
    Settlement,
)

__all__ = ["MASK", "Guards", "Kind", "Kinds", "Providers", "Redact", "Roots"]


class Kind(Protocol):
    """One kind of operation, callable: typed calls, each one a hook call behind."""

    @property
    def descriptor(self) -> OperationKind:
        """What its extension declared."""
        ...

    def problems(
        self, parameters: Mapping[str, Any], allow_references: Callable[[str], bool]
    ) -> Sequence[tuple[tuple[str | int, ...], str]]:
        """Return what is wrong with parameters, each with its path; text that holds references may be anything."""
        ...

    def prepare(
        self, operation: Operation, provider: Provider | None, context: OperationContext
    ) -> Compensation | None:
        """Say how the operation will be undone."""
        ...

    def run(self, operation: Operation, provider: Provider | None, context: OperationContext) -> Outcome:
        """Do the operation."""
        ...

    def settle(self, operation: Operation, provider: Provider | None, context: OperationContext) -> Settlement:
        """Say what a cut-off call did."""
        ...

    def compensate(
        self,
        operation: Operation,
        compensation: Compensation,
        provider: Provider | None,
        context: OperationContext,
    ) -> Outcome:
        """Undo the operation."""
        ...


class Kinds(Protocol):
    """Every kind there is."""

    def get(self, name: str) -> Kind:
        """Return one kind, loading its extension; raise an `ExtensionError` when that cannot be had."""
        ...

    def names(self) -> Sequence[str]:
        """Return the names of all kinds, loading nothing."""
        ...


class Providers(Protocol):
    """Every configured provider instance."""

    def get(self, name: str) -> Provider:
        """Return one instance; raise an `ExtensionError` when its provider cannot be had."""
        ...

    def names(self) -> Sequence[str]:
        """Return the names of all instances."""
        ...


class Guards(Protocol):
    """Those who may forbid an operation."""

    def __bool__(self) -> bool:
        """Whether there is anybody to ask."""
        ...

    def check(self, operation: Operation, context: OperationContext) -> Decision:
        """Ask them all."""
        ...


Roots = Mapping[str, Any]
"""What `{{config...}}`, `{{env...}}` and their like stand for, by root."""

MASK = "***"
"""What stands in the journal where a secret stood."""

Redact = Callable[[Any], Any]
"""Puts `***` in the place of every known secret in a JSON value; what needs no change comes back as it is."""
