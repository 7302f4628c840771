"""`provisioning worker`."""

import os
import signal
import threading

import click

from provisioning.cli.command import house_command
from provisioning.cli.exits import ExitCode
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.contract import DEFAULT_POOL

__all__ = ["command"]


@house_command("worker")
@click.option("--pool", "pools", metavar="NAME", multiple=True, help="Whose operations it takes; repeatable.")
@click.option(
    "--concurrency", metavar="N", type=click.IntRange(1, 1000), default=10, show_default=True, help="Orders at once."
)
@click.option(
    "--max-runs",
    metavar="N",
    type=click.IntRange(0, 1000),
    default=50,
    show_default=True,
    help="Runs that it takes over at once when their driver is gone.",
)
@pass_invocation
def command(invocation: Invocation, pools: tuple[str, ...], concurrency: int, max_runs: int) -> int:
    """Carry out operations of some pools until a signal comes.

    An operation, or else its provider instance, names its pool; what names none is of the pool "default". The first
    signal takes nothing more and waits for what is under way; the second ends at once, still safe. A run whose driver
    is gone is taken over here. It needs [engine] type = "workers".
    """
    with invocation.open() as app:
        worker = app.workers.process(pools=pools or (DEFAULT_POOL,), concurrency=concurrency, most_runs=max_runs)
        told = threading.Event()

        def stop(number: int, _frame: object) -> None:
            if told.is_set():
                os._exit(128 + number)  # what is under way is in doubt, as after any kill, and is settled
            told.set()
            worker.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        offer = worker.offer
        click.echo(f"serving {', '.join(offer.pools)}, {offer.concurrency} at once", err=True)
        worker.run()
    return ExitCode.DONE
