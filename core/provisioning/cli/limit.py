"""The bound on a long list: the newest of it are shown, and what is left out is told."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["limit_option", "tell_left_out"]

F = TypeVar("F", bound=Callable[..., Any])


def limit_option(default: int, help_text: str) -> Callable[[F], F]:
    """Return the option `--limit N`; 0 stands for no limit, which is None to the command."""
    return click.option(
        "--limit",
        metavar="N",
        type=click.IntRange(min=0),
        default=default,
        show_default=True,
        callback=lambda _context, _parameter, value: value or None,
        help=help_text,
    )


def tell_left_out(what: str, total: int, limit: int | None) -> int:
    """Say on stderr how many older ones are not shown, when there are any, and return how many."""
    left_out = 0 if limit is None else max(0, total - limit)
    if left_out:
        older = f"1 older {what} is" if left_out == 1 else f"{left_out} older {what}s are"
        click.echo(f"{older} left out: --limit 0 shows all.", err=True)
    return left_out
