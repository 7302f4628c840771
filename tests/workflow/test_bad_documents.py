"""Documents that cannot be used: everything that is wrong with them is told before anything is done."""

from typing import Any

import pytest

from provisioning.contract import ProviderLimits
from provisioning.errors import ConfigurationError
from provisioning.workflow import check_overrides
from tests.workflow.scripted import Stage, make

WORKFLOW_ID_RULE = "must begin with a letter or a digit, and may hold letters, digits, '.', '_' and '-' after it"


def refused(stage: Stage, document: dict[str, Any], **more: Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        stage.plan(document, **more)
    return caught.value


def flow(*operations: Any, **more: Any) -> dict[str, Any]:
    return {"name": "t", "operations": list(operations), **more}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"operations": [make("a")]}, "document: the key 'name' is missing"),
        (flow(), "document: operations: may not be empty (it is an empty list)"),
        (flow() | {"operations": {"a": 1}}, "document: operations: must be a list (it is a table)"),
        (flow("a"), "document: operations[0]: must be a table (it is 'a')"),
        (flow({"kind": "note"}), "document: operations[0]: the key 'id' is missing"),
        (flow(make("a", when=3)), "document: operations[0].when: must be true or false, or a {{condition}} (it is 3)"),
        (flow(make("a", when=1)), "document: operations[0].when: must be true or false, or a {{condition}} (it is 1)"),
        (flow(make("a", when="yes")), "document: operations[0].when: 'yes' is no {{condition}}"),
        (flow(make("a", timeout="5")), "document: operations[0].timeout: must be a number (it is '5')"),
        (flow(make("a", timeout=0)), "document: operations[0].timeout: must be more than 0 (it is 0)"),
        (
            flow(make("a", retry={"attempts": 1.5})),
            "document: operations[0].retry.attempts: must be a whole number (it is 1.5)",
        ),
        (
            flow(make("a", on_failure="explode")),
            "document: operations[0].on_failure: must be 'rollback', 'stop' or 'continue' (it is 'explode')",
        ),
        (flow(make("a", parameters=["hunter2"])), "document: operations[0].parameters: must be a table (it is a list)"),
        (flow(make("a"), dependencies={"list": 3}), "document: dependencies.list: must be a list (it is 3)"),
        (flow(make("a"), dependencies={"int": ["a", 3]}), "document: dependencies.int[1]: must be text (it is 3)"),
        (
            flow(make("a"), configuration={"parallelism": 0}),
            "document: configuration.parallelism: must be at least 1 (it is 0)",
        ),
        (flow(make("a"), oprations=[]), "document: oprations: unknown key 'oprations'; did you mean 'operations'?"),
        (
            flow(make("a"), workflow_id="../x"),
            f"document: workflow_id: {WORKFLOW_ID_RULE} (it is '../x')",
        ),
        (flow(make("a" * 65)), f"document: operations[0].id: may have at most 64 characters (it is '{'a' * 56}...)"),
    ],
)
def test_a_wrong_shape_is_told_in_the_words_of_who_wrote_it(
    stage: Stage, document: dict[str, Any], message: str
) -> None:
    """One mistake, one problem; what a table holds is not repeated, for it may be a secret."""
    assert refused(stage, document).message == message


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            flow(make("a"), make("b", parameters={"x": "{{operations.a.reslt}}"})),
            "document: operations[1].parameters: {{operations.a.reslt}}: an operation has id and result, and no reslt",
        ),
        (
            flow(make("a", for_each=["x"]), make("b", parameters={"x": "{{operations.a.result.id}}"})),
            "document: operations[1].parameters: {{operations.a.result.id}}: a has no instance 'result'; it has: x",
        ),
        (
            flow(make("a", for_each=["x"]), outputs={"x": "{{operations.a[0].id}}"}),
            "document: outputs.x: {{operations.a[0].id}}: a has no instance 0; it has: x",
        ),
        (
            flow(make("a"), outputs={"x": "{{operations.b.id}}"}),
            "document: outputs.x: {{operations.b.id}}: there is no operation 'b'; there is: a",
        ),
        (
            flow(make("a", parameters={"x": "{{inputs.db.prot}}"}), inputs={"db": {"port": 1}}),
            "document: operations[0].parameters: {{inputs.db.prot}}: inputs.db has no prot",
        ),
        (
            flow(make("a"), inputs={"x": "{{operations.a.id}}"}),
            "document: inputs.x: {{operations.a.id}} is not known before the run, as an input must be",
        ),
        (
            flow(make("a"), inputs={"x": "{{vars.nope}}"}),
            "document: inputs.x: {{vars.nope}}: vars has no nope",
        ),
        (
            flow(make("a"), inputs={"x": "{{vras.size}}"}),
            "document: inputs.x: {{vras.size}}: there is no root 'vras'; did you mean 'vars'?",
        ),
        (
            flow(make("a"), inputs={"x": "{{"}),
            "document: inputs.x: {{: expected a name at the end",
        ),
        (
            flow(make("a", for_each=["x", "y"], parameters={"p": "{{inputs.x"})),
            "document: operations[0].parameters: {{inputs.x: expected a comparison or }} at the end",
        ),
        (
            flow(make("a", for_each="{{vars.nope}}")),
            "document: operations[0].for_each: {{vars.nope}}: vars has no nope",
        ),
        (
            flow(make("a", for_each="{{")),
            "document: operations[0].for_each: {{: expected a name at the end",
        ),
        (
            flow(make("a", parameters={"x": "{{workflow.date}}"})),
            "document: operations[0].parameters: {{workflow.date}}: workflow has only id and name",
        ),
    ],
)
def test_a_reference_that_leads_nowhere_is_told_before_the_run(
    stage: Stage, document: dict[str, Any], message: str
) -> None:
    """In parameters, conditions, inputs, outputs and `for_each`, however deep it points."""
    stage.roots["vars"] = {"size": "small"}
    assert refused(stage, document).message == message


def test_an_operation_that_needs_itself_is_told(stage: Stage) -> None:
    """By its own result, by the dependencies, or by an instance of its own."""
    itself = "operation a needs itself"
    assert refused(stage, flow(make("a", parameters={"x": "{{operations.a.result.id}}"}))).message.endswith(itself)
    assert refused(stage, flow(make("a"), dependencies={"a": ["a"]})).message.endswith(itself)
    single = make("a", for_each=["k"], parameters={"x": "{{operations.a[*].id}}"})
    assert refused(stage, flow(single)).message.endswith("operation a.k needs itself")


def test_a_long_circle_is_shown_in_part(stage: Stage) -> None:
    """A thousand operations that need each other need not all be named."""
    names = [f"o{number}" for number in range(1000)]
    edges = {name: [names[number - 1]] for number, name in enumerate(names)}
    error = refused(stage, flow(*(make(name) for name in names), dependencies=edges))
    assert error.message.startswith("document: operations[0]: operations need each other in a circle: o0 -> o999 -> ")
    assert error.message.endswith(" -> ... (1000 of them)")
    assert error.hint == "take one of these references or dependencies away"


def test_ten_thousand_mistakes_are_counted_and_not_all_told(stage: Stage) -> None:
    """Fifty are enough to begin with, of whichever sort; the number says how many there are."""
    for operations in (
        [{"id": f"o{number}", "kind": "nota"} for number in range(10_000)],
        [{"id": f"o{number}"} for number in range(10_000)],
    ):
        lines = refused(stage, flow(*operations)).message.splitlines()
        assert lines[0] == "document has 51 problems:"
        assert len(lines) == 52
        assert lines[-1] == "  document: and 9950 more"


def test_what_is_wrong_with_a_provider_is_told_with_its_own_hint(stage: Stage) -> None:
    """And what is configured is named."""
    stage.clouds.limits["aws-eu"] = ProviderLimits()
    missing = refused(stage, flow({"id": "a", "kind": "placed"}))
    assert missing.message == "document: operations[0]: placed needs a provider; configured: aws-eu"
    assert missing.hint == 'add provider = "aws-eu"'
    wrong = refused(stage, flow({"id": "a", "kind": "placed", "provider": "aws-ue"}))
    assert wrong.message.endswith("there is no provider instance 'aws-ue'; did you mean 'aws-eu'?")
    assert refused(stage, flow(make("a", provider="aws-eu"))).hint == "take the key away"


def test_an_id_given_beside_the_document_is_checked(stage: Stage) -> None:
    """It goes into labels, file names and URLs."""
    error = refused(stage, flow(make("a")), workflow_id="a b")
    assert error.message == (f"workflow id 'a b' {WORKFLOW_ID_RULE}")
    assert refused(stage, flow(make("a")), workflow_id="").message.startswith("workflow id '' must begin")
    assert refused(stage, flow(make("a")), workflow_id="a\n").message.startswith("workflow id 'a\\n' must begin")
    assert refused(stage, flow(make("a")), workflow_id="a" * 129).message == (
        "workflow id aaaaaaaaaaaaaaaaaaaa... has 129 characters, and may have 128"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parallelism": 0}, "the options of the run: parallelism: must be at least 1 (it is 0)"),
        ({"parallelism": "4"}, "the options of the run: parallelism: must be a whole number (it is '4')"),
        (
            {"on_failure": "explode"},
            "the options of the run: on_failure: must be 'rollback', 'stop' or 'continue' (it is 'explode')",
        ),
    ],
)
def test_options_of_a_run_are_checked_as_a_document_is(options: dict[str, Any], message: str) -> None:
    """A parallelism of nothing would never end."""
    with pytest.raises(ConfigurationError) as caught:
        check_overrides(**options)
    assert caught.value.message == message


def test_a_plan_shows_what_it_cannot_fill_in_as_it_is_written(stage: Stage) -> None:
    """A reference that needs a result to be looked up is no reason to show nothing."""
    document = flow(
        make("a"),
        make("b", parameters={"size": "{{inputs.sizes[operations.a.result.id]}}"}),
        inputs={"sizes": {"a": "small"}},
    )
    entry = stage.plan(document).entry("b")
    assert entry.summary == "make a thing: size={{inputs.sizes[operations.a.result.id]}}"


def test_a_mistake_inside_a_nested_file_is_told_with_that_file_and_its_line(stage: Stage) -> None:
    """Each once, however many instances there are."""
    inner = stage.directory / "inner.toml"
    inner.write_text(
        'name = "inner"\ninputs = { size = "{{operations.x.id}}" }\n'
        '[[operations]]\nid = "x"\nkind = "nota"\nparameters = { a = "{{operations.y.id}}" }\n'
    )
    net = {"id": "net", "kind": "workflow", "for_each": ["a", "b"], "parameters": {"file": "inner.toml"}}
    lines = refused(stage, flow(net)).message.splitlines()
    assert lines == [
        "document has 3 problems:",
        f"  {inner}:6: operations[0].parameters: {{{{operations.y.id}}}}: there is no operation 'y'; there is: x",
        f"  {inner}:5: operations[0].kind: there is no kind of operation 'nota'; did you mean 'note'?",
        f"  {inner}:2: inputs.size: {{{{operations.x.id}}}} is not known before the run, as an input must be",
    ]


def test_a_nested_file_that_cannot_be_read_is_told_where_it_is_named(stage: Stage) -> None:
    """With the path that was looked for."""
    error = refused(stage, flow({"id": "net", "kind": "workflow", "parameters": {"file": "nope.toml"}}))
    assert error.message == f"document: operations[0].parameters: {stage.directory / 'nope.toml'}: does not exist"
    assert error.hint == "check the path"
    odd = refused(stage, flow({"id": "net", "kind": "workflow", "parameters": {"file": "a\0b.toml"}}))
    told, _, reason = odd.message.rpartition(": ")
    assert told.startswith("document: operations[0].parameters: 'a\\x00b.toml' is not a path that a file can have")
    assert reason in {"embedded null byte", "embedded null character in path"}  # as this Python says it
