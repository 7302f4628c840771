"""A length of time on the command line: `90s`, `10m`, `12h`, `30d`, `2w`."""

import re

import click

__all__ = ["duration"]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PATTERN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)([smhdw])", re.ASCII)


def duration(text: str) -> float:
    """Return the seconds; raise a usage error for a bare number, too, because everybody reads it differently."""
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise click.BadParameter(f"'{text}' is no length of time; write such as 90s, 10m, 12h, 30d or 2w.")
    return float(match[1]) * _SECONDS[match[2]]
