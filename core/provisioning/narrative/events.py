"""Events told in plain lines, the same in the progress of a run, in its logs and in the list of all events."""

from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.contract import Event, EventKind
from provisioning.narrative.printable import as_clock, as_seconds, as_text, printable

__all__ = ["PHRASES", "event_line", "event_phrases"]

PHRASES: Mapping[str, str] = {
    EventKind.WORKFLOW_STARTED: "workflow started",
    EventKind.WORKFLOW_RESUMED: "workflow resumed",
    EventKind.WORKFLOW_COMPLETED: "workflow completed",
    EventKind.WORKFLOW_FAILED: "workflow failed",
    EventKind.WORKFLOW_INTERRUPTED: "workflow interrupted",
    EventKind.OPERATION_STARTED: "started",
    EventKind.WORKER_AWAITED: "waits for a worker",
    EventKind.OPERATION_RETRIED: "is tried again",
    EventKind.OPERATION_MOVED: "is tried elsewhere",
    EventKind.OPERATION_WAITING: "waits",
    EventKind.OPERATION_ADOPTED: "adopted what an interrupted attempt had made",
    EventKind.OPERATION_SUCCEEDED: "succeeded",
    EventKind.OPERATION_FAILED: "failed",
    EventKind.OPERATION_SKIPPED: "skipped",
    EventKind.OPERATION_OUTPUT: "|",
    EventKind.RESOURCE_CREATED: "created",
    EventKind.RESOURCE_DELETED: "deleted",
    EventKind.CONFIGURATION_CHANGED: "changed",
    EventKind.ROLLBACK_STARTED: "rollback started",
    EventKind.COMPENSATION_STARTED: "is being undone",
    EventKind.OPERATION_COMPENSATED: "undone",
    EventKind.COMPENSATION_FAILED: "could not be undone",
    EventKind.COMPENSATION_SKIPPED: "left as it is",
    EventKind.ROLLBACK_COMPLETED: "rollback completed",
    EventKind.ROLLBACK_FAILED: "rollback failed",
}


def event_line(event: Event, *, with_run: bool = False) -> str:
    """Return `12:00:01 web.a started (server_create on local)`; `with_run` puts the run's id before it.

    An event that holds several lines of output is as many lines here.
    """
    run = f"{printable(event.workflow_id)} " if with_run and event.operation_id is not None else ""
    return "\n".join(f"{as_clock(event.at)} {run}{phrase}" for phrase in event_phrases(event))


def event_phrases(event: Event) -> Iterator[str]:
    """Yield what happened, without the time: `web.a failed: no such image`; of output, line by line."""
    subject = event.workflow_id if event.operation_id is None else event.operation_id
    phrase = f"{printable(subject)} {printable(PHRASES.get(event.kind, event.kind))}"
    if event.kind == EventKind.OPERATION_OUTPUT:
        yield from (f"{phrase} {printable(line)}".rstrip() for line in str(event.data.get("text", "")).split("\n"))
    else:
        yield phrase + "".join(_details(event.kind, event.data))


def _details(kind: str, data: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the event's data adds to the phrase, each piece with what stands before it."""
    yield _subject(data)
    for name in ("reason", "summary"):
        if data.get(name):
            yield f": {as_text(data[name])}"
    if kind != EventKind.ROLLBACK_COMPLETED and isinstance(error := data.get("error"), Mapping):
        yield f": {printable(error.get('message', ''))}"
    for name, words in (("delay", "again in"), ("duration", "after")):
        if isinstance(data.get(name), int | float):
            yield f", {words} {as_seconds(data[name])}"


def _subject(data: Mapping[str, Any]) -> str:
    """Return what the event is about: the kind that runs, the resource that came or went, the setting that changed."""
    if "kind" in data:
        return f" ({as_text(data['kind'])}{_on(data)})"
    if "type" in data:
        return f" {as_text(data['type'])} {as_text(data.get('name') or data.get('id'))}{_on(data)}"
    if "key" in data and "file" in data:
        return f" {as_text(data['key'])} in {as_text(data['file'])}"
    return f" {as_text(data['file'])}" if "file" in data else ""


def _on(data: Mapping[str, Any]) -> str:
    return f" on {as_text(data['provider'])}" if data.get("provider") else ""
