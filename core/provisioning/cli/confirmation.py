"""The question before anything is destroyed."""

import sys

import click

from provisioning.cli.invocation import Invocation

__all__ = ["confirm", "yes_option"]

yes_option = click.option("--yes", "-y", is_flag=True, help="Answer yes to the question before it is asked.")


class Declined(click.ClickException):
    """Somebody answered no."""

    exit_code = 1


def confirm(invocation: Invocation, question: str, *, yes: bool) -> None:
    """Ask, unless `yes`; raise when the answer is no, or a usage error when there is nobody to ask."""
    if yes:
        return
    if invocation.is_json or not sys.stdin.isatty():
        raise click.UsageError(f"{question} There is nobody to ask here: add --yes to say so.")
    if not click.confirm(question, err=True):
        raise Declined("nothing was changed: the answer was no.")
