"""The answer: what a program writes, resources of a stream one a line and the result envelope last."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError

from provisioning.bridge.fault import Fault, Unreadable

__all__ = ["Answer", "Failure", "Item", "Message", "ProgramResponse", "flaws_of", "heard", "read_message"]

T = TypeVar("T")

_RETRY_AFTER_MOST = 86_400
_MOST_FLAWS = 5


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class Failure(_Shape):
    """What went wrong."""

    code: str
    """One of our provider errors (`NotFound`, `Throttling`, ...), or a word of the program's own."""
    message: str
    """What, which and where, in one sentence and without secrets."""
    hint: str | None = None
    """What to do about it."""
    retryable: bool | None = None
    """Whether the same request may succeed later; the code's default when left out."""
    retry_after: Annotated[float | None, Field(ge=0, le=_RETRY_AFTER_MOST)] = None
    """The seconds that the cloud asked us to wait."""
    details: dict[str, Any] = {}
    """What else is known, without secrets."""


class Result(_Shape):
    """What was done, and to what."""

    operation: str
    """The operation that the request named."""
    resources: Annotated[list[dict[str, Any]], Field(default_factory=list)]
    """What the hook answers with: servers, sizes, images, zones, or what an operation made."""
    metadata: Annotated[dict[str, Any], Field(default_factory=dict)]
    """What the hook answers besides."""


class Answer(_Shape):
    """The result envelope: the last thing that a program writes for one request."""

    status: Literal["success", "error", "partial"]
    """How it ended."""
    result: Result | None = None
    """What was done; may be left out of an error."""
    error: Failure | None = None
    """What went wrong; there for anything but a success."""
    context: dict[str, Any] | None = None
    """The run and the operation; not read."""
    id: str | None = None
    """The request's id; a program that is kept open must give it."""
    protocol: Literal[1] = 1
    """The version of the protocol."""


class Item(_Shape):
    """One resource of a stream; the envelope follows after the last one."""

    resource: dict[str, Any]
    """The resource, as it would stand in the envelope's list."""
    id: str | None = None
    """The request's id; a program that is kept open must give it."""


Message = Answer | Item


def _form(value: Any) -> str:
    return "item" if isinstance(value, dict) and "resource" in value else "answer"


ProgramResponse = Annotated[Annotated[Answer, Tag("answer")] | Annotated[Item, Tag("item")], Discriminator(_form)]


def read_message(document: dict[str, Any]) -> Message:
    """Return what a JSON object means; raises `Unreadable` with everything wrong with its shape."""
    model: TypeAdapter[Any] = _ITEM if "resource" in document else _ANSWER
    try:
        message: Message = model.validate_python(document)
    except ValidationError as error:
        raise Unreadable(f"is not a result envelope: {flaws_of(error)}") from error
    if isinstance(message, Answer):
        _check(message)
    return message


def flaws_of(error: ValidationError) -> str:
    """Return what is wrong with a shape, each with its place, without the values."""
    flaws = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, flaw['loc'])) or 'it'}: {flaw['msg']}" for flaw in flaws[:_MOST_FLAWS])


def heard(message: Message, operation: str, read: Callable[[Message], T]) -> T:
    """Return what `read` makes of a message; raises `Fault` when it is not what was asked for.

    `read` may raise `Unreadable` for that.
    """
    named = operation if not isinstance(message, Answer) or message.result is None else message.result.operation
    if named.replace("-", "_") != operation.replace("-", "_"):
        raise Fault(f"answered for {named!r}")
    try:
        return read(message)
    except Unreadable as error:
        raise Fault(f"gave an answer that {error}") from error


def _check(answer: Answer) -> None:
    if answer.status == "success" and answer.result is None:
        raise Unreadable("is a success without a result")
    if answer.status == "success" and answer.error is not None:
        raise Unreadable("is a success with an error in it")
    if answer.status == "error" and answer.error is None:
        raise Unreadable("is an error that does not say which")


_ANSWER = TypeAdapter(Answer)
_ITEM = TypeAdapter(Item)
