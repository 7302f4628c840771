"""A kind of operation as the house sees it."""

import pytest

from provisioning.contract import (
    Absent,
    Compensation,
    CompensationAction,
    Done,
    OperationContext,
    OperationKind,
    Pending,
    Unsettled,
    hookimpl,
)
from provisioning.dispatch import KindHandle
from provisioning.errors import ExtensionBroken, HookRejected, InvalidRequest
from tests.dispatch.clouds import Handler, an_operation, kind_of

CONTEXT = OperationContext(attempt=2)
UNDO = Compensation(CompensationAction.CUSTOM_ACTION, "undo a")


def full(wrappers=()) -> KindHandle:
    """Return a kind that can do everything."""
    kind = kind_of(Handler(), prepares=True, action=CompensationAction.CUSTOM_ACTION)
    return KindHandle(kind, "kinds", wrappers)


class Answering:
    """A handler that gives one answer to everything."""

    def __init__(self, answer=None, error=None):
        self.answer = answer
        self.error = error

    @hookimpl
    def run_operation(self):
        """Run."""
        if self.error is not None:
            raise self.error
        return self.answer


class AnsweringAll(Answering):
    """The same for every hook."""

    prepare_operation = hookimpl(lambda self: self.answer)
    settle_operation = hookimpl(lambda self: self.answer)
    compensate_operation = hookimpl(lambda self: self.answer)


def test_every_hook_reaches_the_handler():
    """With the arguments that it takes."""
    kind = full()
    operation = an_operation(x=1)
    assert kind.prepare(operation, None, CONTEXT) == UNDO
    assert kind.run(operation, None, CONTEXT) == Done(result={"x": 1, "attempt": 2})
    assert kind.settle(operation, None, CONTEXT) == Done(result={"settled": True})
    assert kind.compensate(operation, UNDO, None, CONTEXT) == Done(result={"undone": "undo a"})
    assert (kind.descriptor.name, kind.extension) == ("thing", "kinds")


def test_what_a_handler_does_not_implement():
    """Nothing is prepared, a doubt stays, and undoing is refused with what the journal says."""
    kind = KindHandle(kind_of(Answering(Done())), "kinds")
    operation = an_operation()
    assert kind.prepare(operation, None, CONTEXT) is None
    assert kind.settle(operation, None, CONTEXT) == Unsettled()
    with pytest.raises(ExtensionBroken) as caught:
        kind.compensate(operation, UNDO, None, CONTEXT)
    assert str(caught.value) == (
        "kind thing (extension kinds) cannot undo a: it has no compensate_operation, and the journal says: undo a"
    )


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("prepare", "prepare_operation {} returned an object of type str, not a Compensation or None"),
        ("run", "run_operation {} returned an object of type str, not Done or Pending"),
        ("settle", "settle_operation {} returned an object of type str, not Done, Pending, Absent or Unsettled"),
        ("compensate", "compensate_operation {} returned an object of type str, not Done or Pending"),
    ],
)
def test_wrong_answers(call, expected):
    """An answer of the wrong type is the extension's failure."""
    kind = KindHandle(kind_of(AnsweringAll("done"), prepares=True), "kinds")
    arguments = (UNDO, None, CONTEXT) if call == "compensate" else (None, CONTEXT)
    with pytest.raises(ExtensionBroken) as caught:
        getattr(kind, call)(an_operation(), *arguments)
    assert str(caught.value) == expected.format("of kind thing (extension kinds)")


@pytest.mark.parametrize("answer", [Done(), Pending(1, {}), Absent(), Unsettled()])
def test_every_settlement_passes(answer):
    """Whatever a doubt can end in."""
    kind = KindHandle(kind_of(AnsweringAll(answer), prepares=True), "kinds")
    assert kind.settle(an_operation(), None, CONTEXT) == answer


def test_errors():
    """Ours pass, foreign ones are the extension's failure."""
    with pytest.raises(InvalidRequest, match=r"^no$"):
        KindHandle(kind_of(Answering(error=InvalidRequest("no"))), "kinds").run(an_operation(), None, CONTEXT)
    with pytest.raises(ExtensionBroken) as caught:
        KindHandle(kind_of(Answering(error=SystemExit("bye"))), "kinds").run(an_operation(), None, CONTEXT)
    assert str(caught.value) == "run_operation of kind thing (extension kinds) failed with SystemExit: bye"


def test_wrappers_stand_around_a_handler():
    """A wrapper sees the operation and the answer; its other hooks are not asked here."""
    seen = []

    class Audit:
        @hookimpl(wrapper=True)
        def run_operation(self, operation):
            outcome = yield
            seen.append((operation.id, outcome.result))
            return outcome

        @hookimpl
        def check_operation(self):
            raise AssertionError

    full([("audit", Audit())]).run(an_operation(), None, CONTEXT)
    assert seen == [("a", {"attempt": 2})]


def test_a_handler_that_does_not_fit_is_refused_at_once():
    """A handle is never made of it."""
    with pytest.raises(HookRejected):
        KindHandle(kind_of(object()), "kinds")


def test_parameters_are_checked_with_their_paths():
    """Every problem of the parameters comes with its path, and text with references fits everywhere."""
    schema = {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {"name": {"type": "string"}, "count": {"type": "integer"}},
    }
    kind = KindHandle(OperationKind("thing", "a thing", schema, Handler(), prepares=True), "kinds")
    assert kind.problems({"name": "a", "count": 2}, lambda text: "{{" in text) == []
    assert kind.problems({"name": "a", "count": "{{x}}"}, lambda text: "{{" in text) == []
    assert kind.problems({"nam": "a", "count": "2"}, lambda text: "{{" in text) == [
        ((), "lacks the key 'name'"),
        (("nam",), "is not known here; did you mean 'name'?"),
        (("count",), "must be an integer, not text"),
    ]
