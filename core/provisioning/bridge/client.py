"""What a plugin asks its program through: one request, one answer, in whichever way the program is run."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from provisioning.bridge.call import Calls
from provisioning.bridge.description import Description
from provisioning.bridge.fault import Fault, Unreadable
from provisioning.bridge.kept_open import KeptOpen
from provisioning.bridge.program import Mode, Program
from provisioning.bridge.request import Request
from provisioning.bridge.response import Answer, Item, Message
from provisioning.bridge.translation import from_failure, from_fault
from provisioning.contract import OperationContext

__all__ = ["Client", "Resources"]

T = TypeVar("T")

Resources = list[dict[str, Any]]

MOST_RESOURCES = 10_000
"""How many resources an answer may have that is not streamed."""


class Client:
    """Asks one program, for one configuration; `instance` is the provider instance whose it is.

    Every error is one of our tree: what the program answers with, what `OperationContext.check` raises, and for a
    program that does not answer what `provisioning.bridge.translation` says.
    """

    def __init__(
        self,
        program: Program,
        description: Description,
        *,
        config: Mapping[str, Any] | None = None,
        instance: str | None = None,
    ) -> None:
        self._program = program
        self._names = description.names
        self._instance = instance
        self.configure(config or {})
        self._runner = KeptOpen(program) if program.mode is Mode.SERVE else Calls(program)

    def configure(self, config: Mapping[str, Any]) -> None:
        """Send `config` with each request from now on."""
        self._program.learn(config)
        self._config = config

    def ask(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        context: OperationContext,
        read: Callable[[Resources, Mapping[str, Any]], T],
    ) -> T:
        """Return what `read` makes of the resources and the metadata that the program answers with."""
        resources: Resources = []

        def take(message: Message) -> list[T]:
            resources.extend(self._resources(message, operation))
            if len(resources) > MOST_RESOURCES:
                raise Unreadable(f"has more than {MOST_RESOURCES} resources")
            return [] if isinstance(message, Item) else [read(resources, _metadata(message))]

        found = [value for values in self._exchange(operation, parameters, context, take) for value in values]
        return found[0]

    def stream(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        context: OperationContext,
        read: Callable[[Mapping[str, Any]], T],
    ) -> Iterator[T]:
        """Yield what `read` makes of each resource, as the program writes them."""

        def take(message: Message) -> list[T]:
            return [read(resource) for resource in self._resources(message, operation)]

        for values in self._exchange(operation, parameters, context, take):
            yield from values

    def close(self) -> None:
        """End the program where it is kept open; another request starts it again."""
        self._runner.close()

    def _exchange(
        self, operation: str, parameters: Mapping[str, Any], context: OperationContext, take: Callable[[Message], T]
    ) -> Iterator[T]:
        request = Request(self._names.get(operation, operation), parameters, self._config, self._instance)
        try:
            yield from self._runner.exchange(request, context, take)
        except Fault as fault:
            raise from_fault(fault, self._program, operation) from None  # it says all that the fault knows

    def _resources(self, message: Message, operation: str) -> Resources:
        if isinstance(message, Item):
            return [message.resource]
        if message.status != "success" or message.result is None:
            raise from_failure(message, self._program, operation)
        return message.result.resources


def _metadata(message: Message) -> Mapping[str, Any]:
    return message.result.metadata if isinstance(message, Answer) and message.result is not None else {}
