"""What an extension offers under a name that only one can have: a kind, a template, a secret resolver, a store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from provisioning.extensions.manifest import Manifest
from provisioning.extensions.problem import ProblemCode
from provisioning.extensions.record import ExtensionRecord

__all__ = ["COMMANDS", "ENGINES", "KINDS", "OFFERS", "SECRETS", "STORES", "TEMPLATES", "Offer"]


@dataclass(frozen=True, slots=True)
class Offer:
    """One sort of thing: what people call it, where the manifest names them, and the code of a conflict over one."""

    noun: str
    named_in: Callable[[Manifest], Sequence[str]]
    conflict: ProblemCode

    def names(self, record: ExtensionRecord) -> Sequence[str]:
        """Return the names that an extension's manifest declares."""
        return () if record.declared is None else self.named_in(record.declared)


KINDS: Final = Offer("kind of operation", lambda one: one.workflow.operation_kinds, ProblemCode.KIND_CONFLICT)
TEMPLATES: Final = Offer("workflow template", lambda one: tuple(one.templates), ProblemCode.TEMPLATE_CONFLICT)
COMMANDS: Final = Offer("command", lambda one: tuple(one.commands), ProblemCode.COMMAND_CONFLICT)
SECRETS: Final = Offer("secret resolver", lambda one: one.secrets.names, ProblemCode.SECRETS_CONFLICT)
ENGINES: Final = Offer("engine", lambda one: one.engine.types, ProblemCode.ENGINE_CONFLICT)
STORES: Final = Offer("store", lambda one: one.store.schemes, ProblemCode.STORE_CONFLICT)
OFFERS: Final = (KINDS, TEMPLATES, COMMANDS, SECRETS, ENGINES, STORES)
