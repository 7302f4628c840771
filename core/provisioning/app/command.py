"""A command that an extension brings, imported and ready to be called."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from provisioning.contract import CommandContext
from provisioning.extensions import ExtensionRecord, load_command

__all__ = ["ExtensionCommand"]


@dataclass(frozen=True, slots=True)
class ExtensionCommand:
    """One command: a function of a context and its arguments, or a `click.Command`; `extension` says whose it is."""

    name: str
    extension: str
    call: Callable[..., Any]
    context: CommandContext

    @classmethod
    def load(
        cls,
        record: ExtensionRecord,
        name: str,
        options: Mapping[str, Any],
        directory: Path,
        *,
        output: Literal["table", "json"],
        program: str,
    ) -> "ExtensionCommand":
        """Import a command of an extension whose options have been checked; raises `ExtensionError`."""
        logger = logging.getLogger(f"provisioning.extensions.{record.name}")
        context = CommandContext(record.name, options, directory, output, logger, program)
        return cls(name, record.name, load_command(record, name), context)
