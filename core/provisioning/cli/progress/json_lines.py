"""Progress as JSON lines on stdout: one compact line for each event."""

from typing import Self

import click

from provisioning.cli.answer import write_json
from provisioning.contract import Event

__all__ = ["JsonLines"]


class JsonLines:
    """Prints each event as one line of JSON; people's words go to stderr."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def show(self, event: Event) -> None:
        """Print one event."""
        write_json(event.as_dict(), compact=True)

    def say(self, text: str) -> None:
        """Print a word to people on stderr."""
        click.echo(text, err=True)
