"""Events on stdout: as one answer, or followed as they come."""

from collections.abc import Iterable

from provisioning.cli.answer import give, write_json, write_line
from provisioning.cli.exits import ExitCode
from provisioning.cli.invocation import Invocation
from provisioning.contract import Event
from provisioning.narrative.events import event_line

__all__ = ["show_events"]


def show_events(invocation: Invocation, events: Iterable[Event], *, follow: bool, with_run: bool = False) -> int:
    """Print events as lines; as JSON one document, or, when they are followed, one line each.

    Ctrl-C is how following ends: it is no error, and only the exit code tells of it.
    """
    if invocation.is_json and not follow:
        give(invocation, [event.as_dict() for event in events], lambda: None)
        return ExitCode.DONE
    try:
        for event in events:
            if invocation.is_json:
                write_json(event.as_dict(), compact=True)
            else:
                write_line(event_line(event, with_run=with_run))
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return ExitCode.DONE
