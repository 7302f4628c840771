"""What a program says of itself: asked once, when the extension is loaded, and held to what its manifest says."""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from provisioning.bridge.call import Calls
from provisioning.bridge.fault import Fault, Unreadable
from provisioning.bridge.program import Program
from provisioning.bridge.request import PROTOCOL, Request
from provisioning.bridge.response import Answer, Message, flaws_of
from provisioning.bridge.translation import from_failure, from_fault
from provisioning.contract import CompensationAction, OnDoubt, OperationContext
from provisioning.errors import HookRejected

__all__ = ["DESCRIBE", "Description", "KindDescription", "check_description", "describe"]

DESCRIBE = "describe"
"""The operation that every program knows beside its hooks."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class KindDescription(_Shape):
    """One kind of operation that a program brings."""

    name: str
    """Its name, as the manifest declares it."""
    summary: str
    """What it does, in a few words."""
    parameters: dict[str, Any]
    """The JSON Schema of its parameters."""
    result: dict[str, Any] = {}
    """The JSON Schema of its result."""
    needs_provider: bool = False
    """Whether a document must name a provider instance."""
    prepares: bool = False
    """Whether `prepare_operation` says how it will be undone."""
    settles: bool = False
    """Whether `settle_operation` can say what a call did that was cut off."""
    action: Annotated[CompensationAction | None, Field(strict=False)] = None
    """What undoing it means; `compensate_operation` does it."""
    undo: str | None = None
    """How it is undone, in one line for people."""
    on_doubt: Annotated[OnDoubt, Field(strict=False)] = OnDoubt.FAIL
    """What becomes of one whose outcome is unknown, where nobody can be asked."""

    @property
    def compensates(self) -> bool:
        """Whether it can be undone."""
        return self.prepares or self.action is not None


class Description(_Shape):
    """The metadata of the answer to `describe`."""

    protocols: list[int]
    """The versions of this protocol that it speaks."""
    hooks: list[str] = []
    """The hooks that it answers; hyphens may stand for underscores, and then it is asked by that name."""
    capabilities: list[str] = []
    """The optional parts of the provider interface."""
    kinds: list[KindDescription] = []
    """The kinds of operations that it brings."""
    info: dict[str, Any] = {}
    """Facts about it for people."""

    @property
    def names(self) -> Mapping[str, str]:
        """Each hook, and the name by which the program wants to be asked for it."""
        return {name.replace("-", "_"): name for name in self.hooks}


def describe(program: Program) -> Description:
    """Ask a program what it offers, in a process of its own.

    Raises `ExtensionBroken` when it does not answer, `HookRejected` when it speaks another protocol.
    """
    request, context = Request(DESCRIBE), OperationContext()

    def read(message: Message) -> Description:
        if not isinstance(message, Answer):
            raise Unreadable("is a stream, and there is one description")
        if message.status != "success":
            raise from_failure(message, program, DESCRIBE)
        return _read(message)

    try:
        (description,) = Calls(program).exchange(request, context, read)
    except Fault as fault:
        raise from_fault(fault, program, DESCRIBE) from None  # it says all that the fault knows
    if PROTOCOL not in description.protocols:
        spoken = ", ".join(map(str, description.protocols)) or "none"
        raise HookRejected(
            f"{program} speaks the protocol {spoken}, and this version of provisioning speaks {PROTOCOL}",
            extension=program.extension,
            hint="install a version of the extension that fits",
        )
    return description


def check_description(
    description: Description,
    program: Program,
    *,
    hooks: Collection[str],
    capabilities: Collection[str] | None = None,
) -> None:
    """Hold a description to the hooks, and for a provider to the capabilities, that the manifest promises.

    Raises `HookRejected` with every difference.
    """
    differences = list(_differences("hooks", set(description.names), set(hooks)))
    if capabilities is not None:
        differences += _differences("capabilities", set(description.capabilities), set(capabilities))
    if differences:
        raise HookRejected(
            f"{program} does not describe what its manifest says: {'; '.join(differences)}",
            extension=program.extension,
            hint=f"the author of {program.extension} has to mend this",
        )


def _differences(what: str, described: set[str], declared: set[str]) -> Iterator[str]:
    lacks, surplus = sorted(declared - described), sorted(described - declared)
    if lacks:
        yield f"its {what} lack {', '.join(lacks)}"
    if surplus:
        yield f"its {what} name {', '.join(surplus)}, which the manifest does not"


def _read(answer: Answer) -> Description:
    assert answer.result is not None  # noqa: S101 - a success has one
    try:
        return Description.model_validate(answer.result.metadata)
    except ValidationError as error:
        raise Unreadable(f"is no description: {flaws_of(error)}") from error
