"""An amount of memory on the command line: `512MiB`, `4GiB`, `4GB`."""

import re

import click

__all__ = ["memory_mib"]

_MIB = {"mib": 1.0, "gib": 1024.0, "tib": 1024.0**2, "mb": 1000**2 / 2**20, "gb": 1000**3 / 2**20}
_PATTERN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([A-Za-z]{2,3})", re.ASCII)


def memory_mib(text: str) -> float:
    """Return the amount in MiB; raise a usage error for a bare number, too, because everybody reads it differently."""
    match = _PATTERN.fullmatch(text.strip())
    unit = None if match is None else _MIB.get(match[2].lower())
    if match is None or unit is None:
        raise click.BadParameter(f"'{text}' is no amount of memory; write such as 512MiB, 4GiB or 4GB.")
    return float(match[1]) * unit
