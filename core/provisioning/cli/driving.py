"""Driving a run from the command line: watch its events, hear signals, and say at the end what can be done next."""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.exits import ExitCode
from provisioning.cli.failure import say_error
from provisioning.cli.invocation import Invocation
from provisioning.cli.progress import choose_progress
from provisioning.cli.table import show_fields
from provisioning.cli.watch import InterruptWatch
from provisioning.contract import RunState
from provisioning.narrative.printable import as_seconds, printable

if TYPE_CHECKING:
    from provisioning.app import Report
    from provisioning.cli.provisioner import DrivenRun

__all__ = ["conclude", "drive", "summary"]

CAN_RESUME = frozenset({RunState.FAILED, RunState.INTERRUPTED, RunState.PARTIAL, RunState.ROLLING_BACK})


def drive(invocation: Invocation, start: Callable[[], "DrivenRun"]) -> "Report":
    """Start a run, show its events until it ends, and return its report.

    A reader of stdout that goes away stops the run as a signal does: in good order, for which closing the
    application waits.
    """
    with choose_progress(invocation) as progress, InterruptWatch(progress.say) as watch:
        run = start()
        watch.attach(run)
        try:
            for event in run.events():
                progress.show(event)
        except BaseException:
            run.interrupt()
            raise
        return run.wait()


def conclude(
    invocation: Invocation,
    report: "Report",
    *,
    data: Any = None,
    show: Callable[[], None] | None = None,
    goal: RunState = RunState.SUCCEEDED,
) -> int:
    """Answer with how a run ended, offer what can be done next, and return the exit code.

    `data` and `show` stand in for the report when the run reached its `goal`: a rollback that was asked for is done
    when everything is undone, while for a run the same end is a failure.
    """
    is_done = report.state is goal
    if not is_done and not invocation.is_json:
        _tell_failures(report)
    give(
        invocation,
        data if is_done and data is not None else report.envelope().as_dict(),
        show if is_done and show is not None else lambda: _show(report),
        status="success" if is_done else "error",
        error=None if is_done else _error(report),
    )
    _offer(invocation, report)
    return ExitCode.DONE if is_done else report.exit_code


def summary(report: "Report") -> str:
    """Return the run in one line: `wf-1 (three tiers) succeeded in 1.2s: 4 succeeded of 4`."""
    counts = ", ".join(f"{count} {state}" for state, count in report.counts.items() if count)
    name = f"{report.workflow_id} ({report.name})"
    return printable(
        f"{name} {_words(report.state)} in {as_seconds(report.duration)}: {counts or 'none'} of {report.total}"
    )


def _show(report: "Report") -> None:
    """Print the run in one line, and its outputs below."""
    write_line(summary(report))
    if report.outputs:
        show_fields(report.outputs)


def _words(state: RunState) -> str:
    return str(state).replace("_", " ")


def _tell_failures(report: "Report") -> None:
    """Print every failure, and what is left behind, on stderr."""
    for operation_id, error in report.failures:
        say_error(f"{operation_id}: {error.message}", *filter(None, [error.hint]))
    if report.error is not None and not report.failures:
        say_error(report.error.message, *filter(None, [report.error.hint]))
    for left in report.left:
        click.echo(printable(f"left behind: {left.operation}: {left.what} ({left.why})"), err=True)


def _offer(invocation: Invocation, report: "Report") -> None:
    """Say on stderr how the run can go on, or be undone."""
    offers: Mapping[str, tuple[Collection[RunState], tuple[str, ...]]] = {
        "to go on:": (CAN_RESUME, ("resume", report.workflow_id)),
        "to undo what was done:": (CAN_RESUME, ("rollback", report.workflow_id)),
        "to try again what is left:": ({RunState.ROLLBACK_FAILED}, ("rollback", report.workflow_id, "--retry")),
    }
    for words, (states, line) in offers.items():
        if report.state in states:
            click.echo(f"{words} {invocation.again('workflow', *line)}", err=True)


def _error(report: "Report") -> Mapping[str, Any]:
    """Return the run's error as data, with every failure in its details."""
    failures = [{"operation": operation_id, **error.as_dict()} for operation_id, error in report.failures]
    if report.error is not None:
        error = report.error.as_dict()
    else:
        error = {"code": "RunFailed", "message": f"run {report.workflow_id} {_words(report.state)}"}
    return {**error, "details": {**error.get("details", {}), "failures": failures}}
