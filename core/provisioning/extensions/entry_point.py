"""Where a piece of an extension's code is: an object in Python by its dotted name, or a program."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Discriminator, Field, Tag, WithJsonSchema

from provisioning.bridge import Mode
from provisioning.extensions.manifest_table import CLOSED, Flaw, pattern

__all__ = ["CommandTarget", "Dotted", "Target", "Word"]

_TARGET = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$"
_VARIABLE = r"^[A-Za-z_]\w*$"


def _target(value: str) -> str:
    if not re.fullmatch(_TARGET, value):
        raise Flaw(f"{value!r} does not name an object", "write it like package.module:Object")
    return value


def _word(value: str) -> str:
    if not value or "\0" in value:
        raise Flaw(f"{value!r} is not a word of a command", "write text that is not empty")
    return value


def _variable(value: str) -> str:
    if not re.fullmatch(_VARIABLE, value):
        raise Flaw(f"{value!r} is not the name of an environment variable", "write its name alone, like HCLOUD_TOKEN")
    return value


Dotted = Annotated[str, AfterValidator(_target), pattern(_TARGET)]
Word = Annotated[str, AfterValidator(_word), WithJsonSchema({"type": "string", "minLength": 1})]
Variable = Annotated[str, AfterValidator(_variable), pattern(_VARIABLE)]


class CommandTarget(BaseModel):
    """A program in another language; docs/programs.md says how it is asked."""

    model_config = CLOSED

    command: Annotated[list[Word], Field(min_length=1)]
    """The program and its arguments, run in the extension's folder without a shell. A program whose name holds a
    slash is a file of the extension; any other is looked for in `PATH`."""
    mode: Annotated[Mode, Field(strict=False)] = Mode.CALL
    """Whether each request has a process of its own (`call`), or one is kept open (`serve`)."""
    environment: list[Variable] = []
    """Variables that it sees beside `PATH`, `HOME`, `LANG`, `LC_*`, `TMPDIR` and `TZ`."""
    timeout: Annotated[float, Field(ge=1, le=3600, allow_inf_nan=False)] = 60.0
    """How long it may leave a request without a word, in seconds."""
    idle: Annotated[float, Field(ge=1, le=3600, allow_inf_nan=False)] = 60.0
    """How long one that is kept open may have nothing to do, in seconds, before it is ended."""
    sandbox: bool = False
    """Whether it runs under bubblewrap: it may read files, and write in its own state directory alone."""
    network: bool = False
    """Whether it has a network in its sandbox."""


def _form(value: Any) -> str:
    return "text" if isinstance(value, str) else "program"


Target = Annotated[Annotated[Dotted, Tag("text")] | Annotated[CommandTarget, Tag("program")], Discriminator(_form)]
