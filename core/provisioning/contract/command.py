"""What a command that an extension brings may know of the place that it is called in."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = ["CommandContext"]


@dataclass(frozen=True, slots=True)
class CommandContext:
    """The surroundings of one call of a command; a function gets it with its arguments, a `click.Command` as its `obj`.

    `name` is the extension's, and `options` are its own, checked and complete as in `ExtensionContext`; `directory` is
    the workspace. `output` is the form of the answer that is wanted: `json` means one JSON document on standard output.
    `program` is the command as it was called, such as `provisioning greet`, for help and messages.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    directory: Path = Path()
    output: Literal["table", "json"] = "table"
    logger: logging.Logger = field(default_factory=lambda: logging.getLogger("provisioning.extensions"))
    program: str = "provisioning"
