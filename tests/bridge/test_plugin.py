"""A plugin that is a program: kinds of operations, guards, observers, and its life."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from provisioning.bridge import Description, Mode, make_plugin
from provisioning.contract import (
    Absent,
    Compensation,
    CompensationAction,
    Decision,
    Done,
    Event,
    ExtensionContext,
    OnDoubt,
    Operation,
    OperationContext,
    OperationKind,
    Pending,
    Resource,
    Unsettled,
)
from provisioning.dispatch import check_handler, check_plugin
from provisioning.errors import ExtensionBroken, OperationFailed, ResourceConflict
from tests.bridge.workshop import Workshop, described

KEEP = "json.dump(request, open('request', 'w'))\n"
OPERATION = Operation("a", "greet", {"name": "you"}, "wf-1", "token", None, {"team": "a"}, {"seen": 1})
COMPENSATION = Compensation(CompensationAction.CUSTOM_ACTION, "take it back", {"id": "x"})
CONTEXT = OperationContext("wf-1", "a")
KIND: dict[str, Any] = {"name": "greet", "summary": "greet somebody", "parameters": {"type": "object"}}


def asked(workshop: Workshop) -> Any:
    return json.loads((workshop.folder / "request").read_text())


def plugin(workshop: Workshop, code: str, hooks: list[str], **more: Any) -> Any:
    description = Description.model_validate({"protocols": [1], "hooks": [], **more})
    made = make_plugin(workshop.program(code), description, hooks)
    check_plugin(made, "box")
    return made


def kind(workshop: Workshop, code: str, **more: Any) -> OperationKind:
    (found,) = plugin(workshop, code, ["operation_kinds"], kinds=[{**KIND, **more}]).operation_kinds()
    check_handler(found, "box")
    return found  # type: ignore[no-any-return]


def test_a_kind_is_what_the_program_describes(workshop: Workshop) -> None:
    """With a handler that has the hooks which the description promises, and no others."""
    found = kind(
        workshop,
        "",
        result={"type": "object"},
        needs_provider=True,
        prepares=True,
        settles=True,
        action="CustomAction",
        undo="say goodbye",
        on_doubt="retry",
    )
    assert (found.name, found.summary, found.parameters, found.result) == (
        "greet",
        "greet somebody",
        {"type": "object"},
        {"type": "object"},
    )
    assert (found.needs_provider, found.prepares, found.action) == (True, True, CompensationAction.CUSTOM_ACTION)
    assert (found.undo, found.on_doubt) == ("say goodbye", OnDoubt.RETRY)
    assert kind(workshop, "").on_doubt is OnDoubt.FAIL


@pytest.mark.parametrize(
    ("metadata", "resources", "expected"),
    [
        ({}, [], Done()),
        (
            {"result": {"text": "hello"}, "compensation": COMPENSATION.as_dict()},
            [{"type": "file", "id": "/x", "name": None}],
            Done({"text": "hello"}, (Resource("file", "/x"),), COMPENSATION),
        ),
        ({"outcome": "pending", "after": 0.5, "state": {"id": 7}}, [], Pending(0.5, {"id": 7})),
    ],
)
def test_an_operation_ends_or_goes_on_later(
    workshop: Workshop, metadata: Mapping[str, Any], resources: list[Any], expected: object
) -> None:
    """As the contract has it."""
    found = kind(workshop, KEEP + f"say(answer(request, *{resources!r}, **{metadata!r}))")
    assert found.handler.run_operation(OPERATION, None, CONTEXT) == expected  # type: ignore[attr-defined]
    assert asked(workshop)["operation"] == "run_operation"
    assert asked(workshop)["parameters"] == {
        "operation": {
            "id": "a",
            "kind": "greet",
            "parameters": {"name": "you"},
            "workflow_id": "wf-1",
            "client_token": "token",
            "provider": None,
            "labels": {"team": "a"},
            "state": {"seen": 1},
        },
        "provider": None,
    }


def test_a_kind_prepares_settles_and_compensates(workshop: Workshop) -> None:
    """Each hook is one request; the journaled compensation is handed back."""
    answers = {
        "prepare_operation": {"compensation": COMPENSATION.as_dict()},
        "settle_operation": {"outcome": "absent"},
        "compensate_operation": {},
    }
    code = KEEP + f"say(answer(request, **{answers!r}[request['operation']]))"
    handler: Any = kind(workshop, code, prepares=True, settles=True).handler
    assert handler.prepare_operation(OPERATION, None, CONTEXT) == COMPENSATION
    assert handler.settle_operation(OPERATION, None, CONTEXT) == Absent()
    assert handler.compensate_operation(OPERATION, COMPENSATION, None, CONTEXT) == Done()
    assert asked(workshop)["parameters"]["compensation"] == COMPENSATION.as_dict()
    unsure: Any = kind(workshop, "say(answer(request, outcome='unsettled'))", settles=True).handler
    assert unsure.settle_operation(OPERATION, None, CONTEXT) == Unsettled()
    nothing: Any = kind(workshop, "say(answer(request, compensation=None))", prepares=True).handler
    assert nothing.prepare_operation(OPERATION, None, CONTEXT) is None


def test_a_program_knows_which_provider_is_meant_and_nothing_of_its_configuration(workshop: Workshop) -> None:
    """Its name, its type and what it can do."""

    class Cloud:
        name, type, capabilities, config = "eu", "hetzner", frozenset({"reboot", "catalog"}), {"token": "secret"}

    handler: Any = kind(workshop, KEEP + "say(answer(request))", needs_provider=True).handler
    handler.run_operation(OPERATION, Cloud(), CONTEXT)
    expected = {"name": "eu", "type": "hetzner", "capabilities": ["catalog", "reboot"]}
    assert asked(workshop)["parameters"]["provider"] == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("outcome='absent'", "gave an answer that says absent or unsettled, which only `settle_operation` may"),
        ("outcome='maybe'", "gave an answer that holds no outcome: outcome: Input should be 'done', 'pending',"),
        ("outcome='pending', after=-1", "gave an answer that holds no outcome: after: Input should be greater than"),
        ("reslut={}", "gave an answer that holds no outcome: reslut: Extra inputs are not permitted"),
        ("compensation={'action': 'x'}", "gave an answer that holds no Compensation: action: Input should be"),
    ],
)
def test_an_outcome_that_is_none_breaks_the_extension(workshop: Workshop, answer: str, expected: str) -> None:
    """And leaves the operation in doubt, as every broken extension does."""
    handler: Any = kind(workshop, f"say(answer(request, **dict({answer})))").handler
    with pytest.raises(ExtensionBroken, match=re.escape(expected)):
        handler.run_operation(OPERATION, None, CONTEXT)


def test_an_operation_fails_in_the_words_of_the_program(workshop: Workshop) -> None:
    """A code of ours is that error; any other is an operation that failed."""
    handler: Any = kind(workshop, "say(failure(request, 'DiskFull', 'no room', retryable=True))").handler
    with pytest.raises(OperationFailed, match=r"^DiskFull: no room$") as caught:
        handler.run_operation(OPERATION, None, CONTEXT)
    assert caught.value.retryable
    busy: Any = kind(workshop, "say(failure(request, 'ResourceConflict', 'busy'))").handler
    with pytest.raises(ResourceConflict, match=r"^busy$"):
        busy.run_operation(OPERATION, None, CONTEXT)


def test_a_guard_allows_and_denies(workshop: Workshop) -> None:
    """What it answers is a decision, and nothing else is."""
    code = """
parameters = request["parameters"]["operation"]["parameters"]
say(answer(request, allowed=parameters["name"] == "you", reason="only you"))
"""
    guard = plugin(workshop, code, ["check_operation"])
    assert guard.check_operation(OPERATION, CONTEXT) == Decision(True, "only you")
    other = Operation("b", "greet", {"name": "me"}, "wf-1", "token")
    assert guard.check_operation(other, CONTEXT) == Decision.deny("only you")
    broken = plugin(workshop, "say(failure(request, 'Throttling', 'busy'))", ["check_operation"])
    with pytest.raises(ExtensionBroken, match="answered check_operation with Throttling: busy"):
        broken.check_operation(OPERATION, CONTEXT)
    mute = plugin(workshop, "say(answer(request))", ["check_operation"])
    with pytest.raises(ExtensionBroken, match="holds no Decision: allowed: Field required"):
        mute.check_operation(OPERATION, CONTEXT)


def test_an_observer_is_told_the_event(workshop: Workshop) -> None:
    """As the journal holds it."""
    event = Event(7, "wf-1", "WorkflowStarted", 1.5, None, {"a": [1]})
    plugin(workshop, KEEP + "say(answer(request))", ["on_event"]).on_event(event)
    assert asked(workshop)["parameters"] == {"event": event.as_dict()}


def test_options_come_with_activation_and_the_program_ends_with_deactivation(workshop: Workshop) -> None:
    """From then on they are the `config` of every request."""
    code = "open('pid', 'w').write(str(os.getpid()))\nfor request in requests():\n    say(answer(request, problems=[]))"
    program = workshop.program(code + "\nopen('ended', 'w').close()", Mode.SERVE)
    made: Any = make_plugin(program, described("on_event"), ["on_event"])
    disposers: list[Any] = []
    made.extension_activate(ExtensionContext("box", {"color": "red"}, Path("/work"), on_deactivate=disposers.append))
    made.on_event(Event(1, "wf", "WorkflowStarted", 0.0))
    assert not (workshop.folder / "ended").exists()
    for disposer in disposers:
        disposer()
    assert (workshop.folder / "ended").exists()


def test_it_says_of_itself_what_it_described(workshop: Workshop) -> None:
    """Nothing is run for that."""
    assert plugin(workshop, "", [], info={"homepage": "x"}).extension_info() == {"homepage": "x"}


def test_it_may_say_what_keeps_it_from_working(workshop: Workshop) -> None:
    """With its options, before it is activated."""
    code = KEEP + "say(answer(request, problems=['no ' + request['config']['color']]))"
    made = plugin(workshop, code, ["extension_validate"])
    context = ExtensionContext("box", {"color": "red"}, Path("/work"))
    assert made.extension_validate(context) == ["no red"]
    assert asked(workshop)["parameters"] == {"context": {"name": "box", "directory": "/work"}}
    wrong = plugin(workshop, "say(answer(request, problems='all'))", ["extension_validate"])
    with pytest.raises(ExtensionBroken, match="holds `problems` that are not a list of texts"):
        wrong.extension_validate(context)
