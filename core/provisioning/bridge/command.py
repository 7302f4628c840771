"""A command of the command line that a program carries out: one request, whose answer is what people read."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from provisioning.bridge.client import Client, Resources
from provisioning.bridge.description import Description
from provisioning.bridge.fault import Unreadable
from provisioning.bridge.program import Program
from provisioning.bridge.request import PROTOCOL
from provisioning.bridge.response import flaws_of
from provisioning.contract import CommandContext, OperationContext

__all__ = ["CommandDocument", "make_command"]


class CommandDocument(BaseModel):
    """The metadata of the answer to `run_command`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)

    text: str = ""
    """What is printed on standard output; with `--output json` one JSON document."""
    exit_code: Annotated[int, Field(ge=0, le=255)] = 0
    """How the command ends."""


def make_command(program: Program, name: str) -> Callable[[CommandContext, Sequence[str]], int]:
    """Return the function that a command of an extension is."""

    def call(context: CommandContext, arguments: Sequence[str]) -> int:
        parameters = {"command": name, "arguments": list(arguments), "output": context.output}
        surroundings = OperationContext(directory=str(context.directory), logger=context.logger)
        with closing(Client(program, Description(protocols=[PROTOCOL]), config=context.options)) as client:
            answer = client.ask("run_command", parameters, surroundings, _document)
        if answer.text:
            sys.stdout.write(answer.text if answer.text.endswith("\n") else f"{answer.text}\n")
        return answer.exit_code

    return call


def _document(_resources: Resources, metadata: Mapping[str, object]) -> CommandDocument:
    try:
        return CommandDocument.model_validate(metadata)
    except ValidationError as error:
        raise Unreadable(f"holds no answer of a command: {flaws_of(error)}") from error
