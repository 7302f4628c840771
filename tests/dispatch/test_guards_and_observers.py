"""Guards fail closed, observers fail alone."""

import pytest

from provisioning.contract import Decision, Event, OperationContext, hookimpl
from provisioning.dispatch import Guards, Observers
from provisioning.errors import InvalidRequest
from tests.dispatch.clouds import an_operation


class Guard:
    """A guard that answers, or raises what it is given, and counts."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = 0

    @hookimpl
    def check_operation(self, operation):
        """Answer."""
        self.asked += 1
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class Observer:
    """An observer that hears, or raises what it is given."""

    def __init__(self, error=None):
        self.error = error
        self.heard = []

    @hookimpl
    def on_event(self, event):
        """Hear."""
        self.heard.append(event.sequence)
        if self.error is not None:
            raise self.error


def decide(*answers) -> Decision:
    """Return what guards with these answers decide together."""
    guards = Guards([(f"g{number}", Guard(answer)) for number, answer in enumerate(answers)])
    return guards.check(an_operation(), OperationContext())


def test_with_no_guard_everything_is_allowed():
    """A plugin that guards nothing is no guard."""
    guards = Guards([("watcher", Observer())])
    assert not guards
    assert guards.check(an_operation(), OperationContext()) == Decision.allow()


def test_all_must_allow():
    """Allowing and having no opinion let the operation run."""
    assert decide(Decision.allow(), None, Decision.allow()) == Decision.allow()
    assert Guards([("g", Guard(None))])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Decision.deny("too big"), "too big"),
        (Decision.deny(""), "it gave no reason"),
        (ValueError("bad rule"), "it failed when it was asked, which counts as no: ValueError: bad rule"),
        (SystemExit(), "it failed when it was asked, which counts as no: SystemExit"),
        (InvalidRequest("bad rule"), "it failed when it was asked, which counts as no: bad rule"),
        ("no", "it answered with an object of type str and not with a Decision, which counts as no"),
        (True, "it answered with an object of type bool and not with a Decision, which counts as no"),
        (
            Decision("no"),
            "it answered with a Decision whose `allowed` is 'no' and not with a Decision, which counts as no",
        ),
    ],
)
def test_whatever_is_not_a_yes_is_a_no(answer, reason):
    """A denial, an error and nonsense deny, and the reason names the extension."""
    assert decide(Decision.allow(), answer) == Decision.deny(f"extension g1: {reason}")


def test_the_first_denial_wins():
    """Nobody is asked after it."""
    first, second = Guard(Decision.deny("a")), Guard(Decision.deny("b"))
    decision = Guards([("one", first), ("two", second)]).check(an_operation(), OperationContext())
    assert (decision.reason, second.asked) == ("extension one: a", 0)


def event(sequence: int) -> Event:
    """Return an event."""
    return Event(sequence, "wf", "WorkflowStarted", 0.0)


def test_every_observer_hears_every_event():
    """In their order; a plugin that observes nothing is passed over."""
    one, two = Observer(), Observer()
    observers = Observers([("one", one), ("guard", Guard(None)), ("two", two)])
    observers.notify(event(1))
    observers.notify(event(2))
    assert (one.heard, two.heard, observers.failures, bool(observers)) == ([1, 2], [1, 2], {}, True)
    assert not Observers([("guard", Guard(None))])


def test_a_failing_observer_is_logged_once_and_counted(caplog):
    """It goes on being told, the others hear everything, and nothing is raised."""
    bad, worse, good = Observer(OSError("no route")), Observer(SystemExit(3)), Observer()
    observers = Observers([("bad", bad), ("worse", worse), ("good", good)])
    for sequence in range(3):
        observers.notify(event(sequence))
    assert (bad.heard, worse.heard, good.heard) == ([0, 1, 2],) * 3
    assert observers.failures == {"bad": 3, "worse": 3}
    tail = "on WorkflowStarted; it goes on being told, further failures are counted and not shown"
    assert [(record.name, record.getMessage()) for record in caplog.records] == [
        ("provisioning.extensions", f"the observer of extension bad failed with OSError: no route {tail}"),
        ("provisioning.extensions", f"the observer of extension worse failed with SystemExit: 3 {tail}"),
    ]
