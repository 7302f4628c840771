"""webhook-notify: what is posted is signed, named, and tried again; and no run waits for it."""

import hashlib
import hmac
import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.app import App
from provisioning.contract import RunState
from provisioning.errors import ConfigurationError
from tests.bundled.activated import activated, checked, event, module
from tests.bundled.receiver import Receiver

courier = module("webhook-notify", "courier")
endpoint = module("webhook-notify", "endpoint")
message = module("webhook-notify", "message")
pace = module("webhook-notify", "pace")
plugin = module("webhook-notify", "plugin")
signature = module("webhook-notify", "signature")

NAME = "webhook-notify"
LOGGER = logging.getLogger("provisioning.extensions.webhook-notify")
SECRET = "a secret of some length"
LONG = 30.0
"""Seconds within which what must happen has happened; nobody waits for them."""


class Pauses:
    """A sleep that keeps how long it was meant to be, and does not sleep."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, wake: threading.Event, seconds: float) -> None:
        self.seconds.append(seconds)


def carrying(receiver: Receiver, **more: Any) -> Any:
    options = {"pace": pace.Pace(attempts=4), "capacity": 10, "sleep": Pauses(), "chance": lambda: 1.0, **more}
    target = endpoint.Endpoint(f"{receiver.origin}/hook?key=hush", SECRET, timeout=LONG, now=lambda: 1_700_000_000.9)
    return courier.Courier(target.post, target.origin, LOGGER, **options)


def deliver(receiver: Receiver, *events: Any, **more: Any) -> list[float]:
    """Send events, wait until they are delivered or given up, and return the pauses."""
    pauses = Pauses()
    carrier = carrying(receiver, sleep=pauses, **more)
    for one in events:
        carrier.send(message.Message.from_event(one))
    carrier.close(LONG)
    return pauses.seconds


def test_an_event_is_posted_as_its_json_form(receiver: Receiver) -> None:
    """With its kind, its delivery and a signature in the headers."""
    deliver(receiver, event(state="failed"))
    (got,) = receiver.received
    assert got.path == "/hook?key=hush"
    assert json.loads(got.body) == event(state="failed").as_dict()
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["X-Provisioning-Event"] == "WorkflowFailed"
    expected = hmac.new(SECRET.encode(), b"1700000000." + got.body, hashlib.sha256).hexdigest()
    assert got.headers["X-Provisioning-Signature"] == f"t=1700000000,v1={expected}"


@given(st.binary(), st.binary(), st.integers(0, 2**40), st.integers(0, 2**40))
def test_a_signature_stands_for_one_body_at_one_time(one: bytes, other: bytes, now: int, later: int) -> None:
    """Nothing of either can be changed, and no digit can be moved from one to the other."""
    same = signature.signature_of(SECRET, now, one) == signature.signature_of(SECRET, later, other)
    assert same is ((now, one) == (later, other))


def test_nothing_is_signed_without_a_secret(receiver: Receiver) -> None:
    """There is no header rather than one that proves nothing."""
    endpoint.Endpoint(receiver.origin).post(message.Message.from_event(event()))
    assert "X-Provisioning-Signature" not in receiver.received[0].headers


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again_under_the_same_name(receiver: Receiver, status: int) -> None:
    """The receiver can tell a second attempt from a second event, and it is signed anew."""
    receiver.answer(status, status)
    assert deliver(receiver, event(), event(sequence=8)) == [1.0, 2.0]
    deliveries = [got.headers["X-Provisioning-Delivery"] for got in receiver.received]
    assert deliveries[:3] == deliveries[:1] * 3
    assert len(deliveries) == 4
    assert deliveries[3] != deliveries[0]


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_what_is_refused_is_not_sent_again(receiver: Receiver, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """The same request would be refused again."""
    receiver.answer(status)
    assert deliver(receiver, event()) == []
    assert caplog.messages == [
        (
            f"the event WorkflowFailed could not be delivered to {receiver.origin}: it answered {status} (attempts: 1);"
            " further failures are counted"
        ),
        f"events for {receiver.origin} that could not be delivered: 1",
    ]


def test_a_redirect_is_not_followed(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    """What was signed for one receiver is shown to no other."""
    for status in (301, 302, 303, 307, 308):
        receiver.answer((status, {"Location": f"{receiver.origin}/elsewhere"}))
        deliver(receiver, event())
    assert {got.path for got in receiver.received} == {"/hook?key=hush"}
    assert "it answered 308, and redirects are not followed" in caplog.text


def test_attempts_end(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    """One event that nobody takes does not hold up the next for ever; the log says it once, and counts."""
    receiver.answer(*[500] * 8)
    assert deliver(receiver, event(), event(sequence=8), event(sequence=9)) == [1.0, 2.0, 4.0] * 2
    assert len(receiver.received) == 9
    assert caplog.messages == [
        (
            f"the event WorkflowFailed could not be delivered to {receiver.origin}: it answered 500 (attempts: 4);"
            " further failures are counted"
        ),
        f"events for {receiver.origin} that could not be delivered: 2",
    ]


def test_a_receiver_may_say_when(receiver: Receiver) -> None:
    """`Retry-After` in seconds is heeded up to the longest delay; a date, or nonsense, is not."""
    receiver.answer((429, {"Retry-After": "7"}), (503, {"Retry-After": "9999"}), (503, {"Retry-After": "soon"}))
    assert deliver(receiver, event()) == [7.0, 60.0, 4.0]


def test_a_receiver_that_is_not_there_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """A network error may pass; the log names the receiver, and nothing of the URL behind it."""
    with Receiver() as gone:
        pass
    assert deliver(gone, event()) == [1.0, 2.0, 4.0]
    assert "it cannot be reached (Connection refused) (attempts: 4)" in caplog.text
    assert "hush" not in caplog.text
    assert SECRET not in caplog.text


def test_a_receiver_that_is_silent_is_given_up(receiver: Receiver) -> None:
    """The time-out is the request's, and it counts as a network error."""
    receiver.gate.clear()
    target = endpoint.Endpoint(receiver.origin, timeout=0.01)
    reply = target.post(message.Message.from_event(event()))
    assert reply == endpoint.Reply(is_delivered=False, may_retry=True, why="it did not answer in time")


@given(st.integers(1, 20), st.floats(0, 1), st.floats(0, 100), st.floats(0, 100), st.none() | st.floats(0, 1000))
def test_a_delay_is_bounded(attempt: int, chance: float, first: float, most: float, asked: float | None) -> None:
    """Never below nothing or what was asked for, never above the bound."""
    delay = pace.Pace(20, first, most).delay(attempt, chance, asked)
    assert min(asked or 0.0, most) <= delay <= max(min(first * 2 ** (attempt - 1), most), min(asked or 0.0, most))


def test_whoever_sends_never_waits(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    """While the receiver hangs the queue fills, the oldest give way, and what was lost is told at the end."""
    receiver.gate.clear()
    carrier = carrying(receiver, capacity=3)
    carrier.send(message.Message.from_event(event(sequence=0)))
    assert receiver.arrived.acquire(timeout=LONG)
    for sequence in range(1, 6):
        carrier.send(message.Message.from_event(event(sequence=sequence)))
    receiver.gate.set()
    carrier.close(LONG)
    carrier.send(message.Message.from_event(event(sequence=99)))
    assert [json.loads(got.body)["sequence"] for got in receiver.received] == [0, 3, 4, 5]
    assert caplog.messages == [f"events for {receiver.origin} that were dropped because too many were waiting: 2"]


def test_the_end_is_not_waited_for_longer_than_it_was_said(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """What is not delivered by then is counted."""
    receiver.gate.clear()
    carrier = carrying(receiver)
    for sequence in range(3):
        carrier.send(message.Message.from_event(event(sequence=sequence)))
    assert receiver.arrived.acquire(timeout=LONG)
    carrier.close(0.0)
    assert caplog.messages == [f"events for {receiver.origin} that were not delivered before the end: 3"]


def test_the_end_cuts_a_pause_short(receiver: Receiver) -> None:
    """An event that waits for its next attempt gets it while there is time."""
    receiver.answer(503)
    paused = threading.Event()

    def sleep(wake: threading.Event, seconds: float) -> None:
        paused.set()
        wake.wait(seconds)

    carrier = carrying(receiver, sleep=sleep, pace=pace.Pace(3, initial_delay=3600, max_delay=3600))
    carrier.send(message.Message.from_event(event()))
    assert paused.wait(LONG)
    carrier.close(LONG)
    assert len(receiver.received) == 2


def test_a_defect_in_one_delivery_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """The thread lives as long as there is something to deliver."""
    delivered: list[Any] = []

    def post(one: Any) -> Any:
        if not delivered:
            delivered.append(None)
            raise RuntimeError("hush")
        delivered.append(one)
        return endpoint.Reply(is_delivered=True)

    carrier = courier.Courier(post, "there", LOGGER, pace=pace.Pace(), capacity=5)
    carrier.send(message.Message.from_event(event()))
    carrier.send(message.Message.from_event(event(sequence=8)))
    carrier.close(LONG)
    assert delivered[1:] == [message.Message.from_event(event(sequence=8))]
    assert "RuntimeError" in caplog.text
    assert "hush" not in caplog.text


def test_a_courier_without_messages_has_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    """A run that tells nobody costs nothing."""
    before = threading.active_count()
    carrier = courier.Courier(lambda _: None, "there", LOGGER, pace=pace.Pace(), capacity=5)
    assert threading.active_count() == before
    carrier.close(LONG)
    assert caplog.messages == []


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com", "file:///etc/passwd", "example.com", "http://", "https://me:pw@example.com/", "http://a b"],
)
def test_a_url_is_http_and_holds_no_password(url: str) -> None:
    """Anything else is refused before a post is tried."""
    with pytest.raises(ConfigurationError, match="url: must match the pattern"):
        checked(NAME, {"url": url})


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "https://[::1]:1/x", "https://hooks.example.com/a/b?c=d"])
def test_an_ordinary_url_is_taken(url: str) -> None:
    """With a port, a path, a query."""
    assert checked(NAME, {"url": url})["url"] == url


def test_only_chosen_events_are_posted(receiver: Receiver, workspace: Any) -> None:
    """By pattern; by default how a run ended."""
    for options, expected in (({}, ["WorkflowFailed"]), ({"events": ["*Created"]}, ["ResourceCreated"])):
        receiver.received.clear()
        with activated(NAME, plugin.WebhookNotify(), {"url": receiver.origin, **options}, workspace) as notifier:
            for kind in ("ResourceCreated", "WorkflowFailed", "OperationStarted"):
                notifier.on_event(event(kind))
        assert [got.headers["X-Provisioning-Event"] for got in receiver.received] == expected


def flow(*words: str) -> dict[str, Any]:
    return {"name": "flow", "operations": [{"id": "a", "kind": "command", "parameters": {"command": list(words)}}]}


def test_a_run_is_told_of_before_the_program_ends(opened: Callable[..., App], receiver: Receiver) -> None:
    """Closing waits for what is on its way, and for its second attempt; the secret comes by reference."""
    receiver.answer(500)
    options = {"url": receiver.origin, "secret": "{{env.HOOK_SECRET}}", "initial_delay": 0}
    with opened(NAME, options, HOOK_SECRET=SECRET) as app:
        report = app.run(flow("true"))
    assert len(receiver.received) == 2
    got = receiver.received[-1]
    body = json.loads(got.body)
    assert (body["kind"], body["workflow_id"]) == ("WorkflowCompleted", report.workflow_id)
    time, _, _ = got.headers["X-Provisioning-Signature"].removeprefix("t=").partition(",")
    assert got.headers["X-Provisioning-Signature"] == signature.signature_of(SECRET, int(time), got.body)


def test_a_run_is_not_slowed_by_a_receiver_that_hangs(
    opened: Callable[..., App], receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """It ends while the first post still waits for its answer."""
    receiver.gate.clear()
    with opened(NAME, {"url": receiver.origin, "events": ["*"], "drain": 0, "secret": SECRET}) as app:
        assert app.run(flow("true")).state is RunState.SUCCEEDED
        assert receiver.arrived.acquire(timeout=LONG)
        assert not receiver.gate.is_set()
    assert "that were not delivered before the end" in caplog.text
    assert SECRET not in caplog.text


def test_a_secret_is_hidden_where_the_configuration_is_shown(opened: Callable[..., App]) -> None:
    """Its schema says that it is one."""
    with opened(NAME, {"url": "https://example.com", "secret": SECRET}) as app:
        shown = json.dumps(app.configuration.redactor.redact(f"the secret is {SECRET}"))
    assert SECRET not in shown
