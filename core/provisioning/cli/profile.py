"""How long each extension took in one invocation, for people: one line each on stderr, the slowest first."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from provisioning.narrative.printable import printable

if TYPE_CHECKING:
    from provisioning.app import App
    from provisioning.dispatch import Phase

__all__ = ["SLOW", "say_profile"]

SLOW = 100.0
"""From how many milliseconds on an extension is called slow."""


def say_profile(apps: Iterable["App"]) -> None:
    """Say what every extension that the applications found has taken, by what it was doing."""
    spent: dict[str, dict[Phase, float]] = {}
    for app in apps:
        for record in app.registry.records:
            phases = spent.setdefault(str(record), {})
            for phase, seconds in record.times.spent.items():
                phases[phase] = phases.get(phase, 0.0) + seconds * 1e3
    try:
        for name, phases in sorted(spent.items(), key=lambda item: -sum(item[1].values())):
            click.echo(printable(_line(name, phases)), err=True)
    except OSError:  # the command has done what it was asked, and nothing must try to write again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _line(name: str, phases: dict["Phase", float]) -> str:
    total = sum(phases.values())
    parts = ", ".join(f"{phase} {milliseconds:.1f}" for phase, milliseconds in phases.items())
    mark = "slow: " if total >= SLOW else ""
    return f"{mark}extension {name} took {total:.1f} ms ({parts or 'nothing was read of it'})"
