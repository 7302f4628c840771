"""The audit log itself: a wrapper around every call that changes something, and an ear for events."""

import os
import time
from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from provisioning.contract import (
    Compensation,
    Done,
    Event,
    EventKind,
    ExtensionContext,
    Operation,
    Outcome,
    Pending,
    hookimpl,
)
from provisioning.errors import ProvisioningError

from .actor import this_actor
from .audit_file import AuditFile, path_of
from .digest import digest_of

__all__ = ["AuditLog"]

Call = Generator[None, Outcome, Outcome]


class AuditLog:
    """Writes a line when a call begins, one when it has ended, and one for each event that is wanted.

    A handler that waits is called again and again: of these calls only the first and the last one are written. `now` is
    the wall clock in seconds since the epoch, `clock` the monotonic one.
    """

    def __init__(self, now: Callable[[], float] = time.time, clock: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._clock = clock
        self._actor = this_actor()
        self._events: tuple[str, ...] = ()
        self._key: str | None = None
        self._file: AuditFile

    @hookimpl
    def extension_activate(self, context: ExtensionContext) -> None:
        """Read the options; the file is made with the first line."""
        options = context.options
        self._events = tuple(options["events"])
        self._key = options.get("digest_key")
        self._file = AuditFile(path_of(options, context.directory), context.logger, fsync=options["fsync"])

    @hookimpl
    def extension_validate(self, context: ExtensionContext) -> list[str]:
        """Say whether the file could be written."""
        path = path_of(context.options, context.directory)
        there = next(place for place in (path, *path.parents) if place.exists())
        if there == path and not path.is_file():
            return [f"the audit log {path} is not a file"]
        if not os.access(there, os.W_OK):
            return [f"the audit log {path} cannot be written: {there} may not be changed by this account"]
        return []

    @hookimpl(wrapper=True)
    def run_operation(self, operation: Operation) -> Call:
        """Stand around the doing of an operation."""
        return (yield from self._audited("run", operation, {}))

    @hookimpl(wrapper=True)
    def compensate_operation(self, operation: Operation, compensation: Compensation) -> Call:
        """Stand around the undoing of an operation."""
        about = {"compensation": {"action": str(compensation.action), "summary": compensation.summary}}
        return (yield from self._audited("compensate", operation, about))

    @hookimpl
    def on_event(self, event: Event) -> None:
        """Write an event that is wanted."""
        if any(fnmatchcase(event.kind, pattern) for pattern in self._events):
            self._add("event", lambda: _told(event))

    def _audited(self, step: str, operation: Operation, about: Mapping[str, Any]) -> Call:
        is_first = not operation.state
        if is_first:
            self._add("begun", lambda: self._what(step, operation, about))
        began = self._clock()
        try:
            outcome = yield
        except BaseException as error:
            how = {"outcome": "failed", "error": _code(error), "seconds": self._since(began)}
            self._add("ended", lambda: {**self._what(step, operation, about), **how})
            raise
        if is_first or not isinstance(outcome, Pending):
            seconds = self._since(began)
            self._add("ended", lambda: {**self._what(step, operation, about), **_ended(outcome), "seconds": seconds})
        return outcome

    def _since(self, began: float) -> float:
        return round(self._clock() - began, 6)

    def _what(self, step: str, operation: Operation, about: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "step": step,
            "workflow_id": operation.workflow_id,
            "operation_id": operation.id,
            "kind": operation.kind,
            "provider": operation.provider,
            "client_token": operation.client_token,
            "parameters": sorted(operation.parameters),
            "digest": digest_of(operation.parameters, self._key),
            **about,
        }

    def _add(self, kind: str, make: Callable[[], Mapping[str, Any]]) -> None:
        at = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds")
        self._file.add(lambda: {"type": kind, "at": at, "who": self._actor, **make()})


def _ended(outcome: Outcome) -> dict[str, Any]:
    """Return how a call ended; a wrapper sees what the handler answered before anybody has checked it."""
    if not isinstance(outcome, Done | Pending):
        return {"outcome": "failed", "error": "ExtensionBroken"}
    resources = [resource.as_dict() for resource in outcome.resources]
    return {"outcome": "done" if isinstance(outcome, Done) else "pending", "resources": resources}


def _code(error: BaseException) -> str:
    """Return the error's code alone: its message is redacted in the event that follows, and is not yet here."""
    return error.code if isinstance(error, ProvisioningError) else type(error).__name__


def _told(event: Event) -> dict[str, Any]:
    """Return an event as the journal holds it, without what a program printed."""
    data = {} if event.kind == EventKind.OPERATION_OUTPUT else dict(event.data)
    told = {"event": event.kind, "sequence": event.sequence, "happened": event.at, "workflow_id": event.workflow_id}
    return {**told, "operation_id": event.operation_id, "data": data}
