"""Progress as plain lines on stderr: one for each event."""

from typing import Self

import click

from provisioning.contract import Event
from provisioning.narrative.events import event_line

__all__ = ["PlainLines"]


class PlainLines:
    """Prints `12:00:01 web.a started (server_create on local)` for each event."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def show(self, event: Event) -> None:
        """Print one event."""
        click.echo(event_line(event), err=True)

    def say(self, text: str) -> None:
        """Print a word to people."""
        click.echo(text, err=True)
