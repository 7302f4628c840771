"""Tables for people: drawn on a terminal, plain columns in a pipe, where nothing is cut off or wrapped."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from provisioning.cli.answer import write_line
from provisioning.narrative.printable import as_text

__all__ = ["show_fields", "show_table"]


def show_table(headers: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Print rows under their headers on stdout; say `empty` on stderr when there are none."""
    cells = [[as_text(value) for value in row] for row in rows]
    if not cells:
        click.echo(empty, err=True)
    elif sys.stdout.isatty():
        _draw(headers, cells)
    else:
        _align([[header.upper() for header in headers], *cells])


def show_fields(fields: Mapping[str, Any]) -> None:
    """Print names and values, one pair a line."""
    _align([[name, as_text(value)] for name, value in fields.items()])


def _align(rows: Sequence[Sequence[str]]) -> None:
    """Print columns, two blanks apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        write_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _draw(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)
