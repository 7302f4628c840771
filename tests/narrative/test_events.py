"""Events are told in plain lines."""

import re

import pytest

from provisioning.contract import Event, EventKind
from provisioning.narrative.events import PHRASES, event_line, event_phrases

TOLD = [
    (EventKind.WORKFLOW_STARTED, None, {"name": "tiers", "operations": 4}, "wf-1 workflow started"),
    (
        EventKind.OPERATION_STARTED,
        "web.a",
        {"kind": "server_create", "provider": "local", "attempt": 1},
        "web.a started (server_create on local)",
    ),
    (EventKind.OPERATION_STARTED, "say", {"kind": "command", "provider": None}, "say started (command)"),
    (
        EventKind.OPERATION_RETRIED,
        "web.a",
        {"attempt": 2, "delay": 1.5, "error": {"code": "Throttling", "message": "slow down"}},
        "web.a is tried again: slow down, again in 1.5s",
    ),
    (
        EventKind.RESOURCE_CREATED,
        "web.a",
        {"type": "server", "id": "i-1", "provider": "local", "name": "web-a"},
        "web.a created server web-a on local",
    ),
    (
        EventKind.OPERATION_SKIPPED,
        "web.b",
        {"reason": "its condition is false"},
        "web.b skipped: its condition is false",
    ),
    (EventKind.OPERATION_OUTPUT, "say", {"text": "hello"}, "say | hello"),
    (
        EventKind.COMPENSATION_FAILED,
        "web.a",
        {"summary": "delete server web-a", "error": {"message": "no network"}},
        "web.a could not be undone: delete server web-a: no network",
    ),
    (EventKind.CONFIGURATION_CHANGED, "motd", {"file": "/etc/motd"}, "motd changed /etc/motd"),
    (
        EventKind.CONFIGURATION_CHANGED,
        "limit",
        {"file": "app.toml", "key": "web.limit"},
        "limit changed web.limit in app.toml",
    ),
    ("StrangersEvent", "web.a", {"anything": 1}, "web.a StrangersEvent"),
]


@pytest.mark.parametrize(("kind", "operation_id", "data", "phrase"), TOLD)
def test_an_event_is_one_sentence(kind: str, operation_id: str | None, data: dict[str, object], phrase: str) -> None:
    """Who, what, and what its data adds."""
    assert [phrase] == list(event_phrases(Event(1, "wf-1", kind, 0.0, operation_id, data)))


def test_every_kind_of_event_has_words() -> None:
    """No event of ours is told by its bare name."""
    assert set(EventKind) == set(PHRASES)


def test_a_line_begins_with_the_time_and_may_name_the_run() -> None:
    """The list of all events says of which run each is."""
    event = Event(1, "wf-1", EventKind.OPERATION_SUCCEEDED, 0.0, "web.a")
    assert re.fullmatch(r"\d\d:\d\d:\d\d web.a succeeded", event_line(event))
    assert re.fullmatch(r"\d\d:\d\d:\d\d wf-1 web.a succeeded", event_line(event, with_run=True))


def test_lines_that_were_told_at_once_are_lines_again() -> None:
    """Each with the time and the operation before it."""
    data = {"stream": "stdout", "text": "one\n\ntwo\x1b"}
    lines = event_line(Event(1, "wf-1", EventKind.OPERATION_OUTPUT, 0.0, "web", data), with_run=True).split("\n")
    assert [line.split(" ", 1)[1] for line in lines] == ["wf-1 web | one", "wf-1 web |", "wf-1 web | two\\x1b"]
