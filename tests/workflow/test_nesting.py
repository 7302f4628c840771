"""Nested workflows and `for_each`: what they read, when they wait, what they skip, and how far they may go."""

from typing import Any

import pytest

from provisioning.contract import OperationState, RunState
from provisioning.errors import ConfigurationError, OperationFailed
from provisioning.workflow import Report, Runner, expansion, read_report, submit
from tests.workflow.scripted import Stage, make


def run(stage: Stage, *operations: dict[str, Any], **document: Any) -> Report:
    plan = stage.plan({"name": "test", "operations": list(operations), **document})
    submit(plan, stage.journal)
    Runner(plan, stage.surroundings).run(is_new=True)
    return read_report(stage.journal, plan.workflow_id)


def states(stage: Stage) -> dict[str, str]:
    return {record.operation_id: str(record.state) for record in stage.journal.list_operations("wf-1")}


def nested(name: str, *operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an operation that nests these; `inputs` are handed in, `own` are the nested document's keys."""
    document = {"name": name, "operations": list(operations), **more.pop("own", {})}
    parameters = {"document": document, "inputs": more.pop("inputs", {})}
    return {"id": name, "kind": "workflow", "parameters": parameters, **more}


def needs(stage: Stage, *operations: dict[str, Any], **document: Any) -> dict[str, list[str]]:
    plan = stage.plan({"name": "t", "operations": list(operations), **document})
    return {name: list(plan.graph.needs(name)) for name in plan.nodes}


# -- for_each ------------------------------------------------------------------------------------------------------


def test_an_empty_for_each_gives_an_empty_list(stage: Stage) -> None:
    """Nobody is made, whoever reads all of them reads none, and the run succeeds."""
    report = run(
        stage,
        make("web", for_each=[]),
        make("all", parameters={"ids": "{{operations.web[*].id}}"}),
        outputs={"ids": "{{operations.web[*].result.id}}"},
        dependencies={"all": ["web"]},
    )
    assert report.state is RunState.SUCCEEDED
    assert report.outputs == {"ids": []}
    assert stage.script.operations[-1].parameters == {"ids": []}


def test_a_nested_workflow_of_nobody_is_joined_at_once(stage: Stage) -> None:
    """A join with no members still waits for what its outputs read."""
    inner = nested(
        "net",
        make("web", for_each="{{inputs.zones}}"),
        inputs={"zones": [], "db": "{{operations.db.result.id}}"},
        own={
            "inputs": {"zones": ["a"], "db": ""},
            "outputs": {"db": "{{inputs.db}}", "ids": "{{operations.web[*].id}}"},
        },
    )
    assert needs(stage, make("db"), inner) == {"db": [], "net": ["db"]}
    report = run(stage, inner, make("db"), outputs={"net": "{{operations.net.result.outputs}}"})
    assert report.outputs == {"net": {"db": "db", "ids": []}}


def test_a_nested_for_each_reads_one_input_and_minds_no_other(stage: Stage) -> None:
    """An input that is known only during the run does not keep another one from being known before it."""
    inner = nested(
        "net",
        make("web", for_each="{{inputs.zones}}", parameters={"db": "{{inputs.db}}"}),
        inputs={"zones": "{{inputs.zones}}", "db": "{{operations.db.result.id}}"},
        own={"inputs": {"zones": [], "db": ""}},
    )
    found = needs(stage, make("db"), inner, inputs={"zones": ["a", "b"]})
    assert found == {"db": [], "net.web.a": ["db"], "net.web.b": ["db"], "net": ["net.web.a", "net.web.b"]}


def test_what_each_reads_of_its_value_is_looked_at_for_every_instance(stage: Stage) -> None:
    """The third instance lacks a key: told before the first one is made."""
    values = {"a": {"port": 1}, "b": {"port": 2}, "c": {"prot": 3}}
    with pytest.raises(ConfigurationError) as caught:
        needs(stage, make("web", for_each=values, parameters={"port": "{{each.value.port}}"}))
    assert caught.value.message == "document: operations[0].parameters: {{each.value.port}}: each.value has no port"
    assert caught.value.hint == "did you mean prot?"


def test_an_instance_may_be_named_by_its_value(stage: Stage) -> None:
    """A text of a list is a key and a value, and picks the same instance by both."""
    found = needs(
        stage,
        make("db", for_each=["x", "y"]),
        make("web", for_each=["y"], parameters={"db": "{{operations.db[each.value].id}}"}),
    )
    assert found["web.y"] == ["db.y"]


def test_an_operation_may_be_named_by_a_value(stage: Stage) -> None:
    """Known before the run it is one edge; known only during it, it may be any operation but itself."""
    operations = [make("x"), make("y"), make("web", for_each=["x"], parameters={"of": "{{operations[each.key].id}}"})]
    assert needs(stage, *operations)["web.x"] == ["x"]
    late = make("web", parameters={"of": "{{operations[inputs.which].id}}"})
    assert needs(stage, make("x"), make("y"), late, inputs={"which": "x"})["web"] == ["x", "y"]
    with pytest.raises(ConfigurationError) as caught:
        needs(stage, make("x"), make("web", for_each=["xx"], parameters={"of": "{{operations[each.key].id}}"}))
    assert caught.value.message.endswith("{{operations[each.key].id}}: there is no operation 'xx'; did you mean 'x'?")


def test_an_operation_and_an_instance_may_have_the_same_word_in_their_names(stage: Stage) -> None:
    """A group key is no operation id: both are found, each where it stands."""
    found = needs(
        stage,
        make("a"),
        make("web", for_each=["a", "web"]),
        make("one", parameters={"x": "{{operations.a.id}}", "y": "{{operations.web.a.id}}"}),
        nested("net", make("web"), make("net")),
    )
    assert found["one"] == ["a", "web.a"]
    assert found["net"] == ["net.web", "net.net"]


# -- conditions ----------------------------------------------------------------------------------------------------


def test_a_nested_workflow_that_is_not_wanted_is_skipped_as_a_whole(stage: Stage) -> None:
    """Its operations, its join, and what needs it runs."""
    report = run(
        stage,
        nested("net", make("db"), make("web", parameters={"db": "{{operations.db.result.id}}"}), when=False),
        make("after"),
        dependencies={"after": ["net"]},
    )
    assert states(stage) == {"net.db": "skipped", "net.web": "skipped", "net": "skipped", "after": "succeeded"}
    assert report.state is RunState.SUCCEEDED


def test_an_inner_condition_is_not_looked_at_where_an_outer_one_is_false(stage: Stage) -> None:
    """It would read what was skipped."""
    inner = make("web", when="{{operations.db.result.size > 3}}")
    report = run(stage, nested("net", make("db"), inner, when="{{1 == 2}}"))
    assert set(states(stage).values()) == {"skipped"}
    assert report.state is RunState.SUCCEEDED


def test_a_condition_of_the_owner_is_waited_for_by_all_that_it_nests(stage: Stage) -> None:
    """What the condition reads comes first."""
    found = needs(stage, make("flag"), nested("net", make("db"), when="{{operations.flag.result.on == true}}"))
    assert found == {"flag": [], "net.db": ["flag"], "net": ["flag", "net.db"]}


def test_who_reads_the_result_of_a_skipped_operation_is_told_so(stage: Stage) -> None:
    """The message names the key and the reference, and the hint the cause."""
    report = run(
        stage,
        make("a", when=False),
        make("b", parameters={"deep": {"of": ["{{operations.a.result.id}}"]}}),
        configuration={"on_failure": "stop"},
    )
    ((_, error),) = report.failures
    assert error.message == (
        "operation b: parameters.deep.of[0]: {{operations.a.result.id}}: operations.a.result is null, and has no id"
    )
    assert error.hint == "operation a was skipped and has no result; give this one the same `when`"


def test_whether_an_operation_was_skipped_can_be_asked(stage: Stage) -> None:
    """Its result is null."""
    report = run(stage, make("a", when=False), make("b", when="{{operations.a.result == null}}"))
    assert states(stage) == {"a": "skipped", "b": "succeeded"}
    assert report.state is RunState.SUCCEEDED


def test_outputs_that_cannot_be_read_fail_the_run_and_undo_nothing(stage: Stage) -> None:
    """All operations are done and stay; the message names the output; a resume tries again to read them."""
    plan = stage.plan(
        {"name": "t", "operations": [make("a", when=False)], "outputs": {"db": {"id": "{{operations.a.result.id}}"}}}
    )
    submit(plan, stage.journal)
    for _ in range(2):
        assert Runner(plan, stage.surroundings).run() is RunState.FAILED
    error = read_report(stage.journal, "wf-1").error
    assert error is not None
    assert error.message == (
        "outputs.db.id cannot be read: {{operations.a.result.id}}: operations.a.result is null, and has no id"
    )
    assert error.hint == "operation a was skipped and has no result; give this one the same `when`"


# -- how far -------------------------------------------------------------------------------------------------------


def test_a_nested_workflow_that_fails_blocks_its_join_and_what_needs_that(stage: Stage) -> None:
    """As any failure would."""
    stage.script.on("net.db", "run", OperationFailed("broken"))
    run(
        stage,
        nested("net", make("db"), make("other")),
        make("after"),
        dependencies={"after": ["net"]},
        configuration={"on_failure": "continue"},
    )
    assert states(stage) == {
        "net.db": "failed",
        "net.other": "succeeded",
        "net": "blocked",
        "after": "blocked",
    }


def test_a_document_that_makes_too_many_operations_is_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """`for_each` in `for_each` grows fast: it is stopped, not waited for."""
    monkeypatch.setattr(expansion, "MAX_OPERATIONS", 1000)
    keys = [str(number) for number in range(50)]
    inner = nested("b", make("c", for_each=keys), for_each=keys)
    with pytest.raises(ConfigurationError) as caught:
        needs(stage, nested("a", inner, for_each=keys))
    assert caught.value.message == "document: makes more than 1,000 operations"
    assert caught.value.hint == "look at its for_each and at the workflows it nests, or make several runs of it"


def test_a_file_that_is_nested_many_times_is_read_once(stage: Stage) -> None:
    """Whatever happens to the file in between, it says the same everywhere."""
    file = stage.directory / "inner.toml"
    file.write_text('name = "inner"\n[[operations]]\nid = "x"\nkind = "make"\n')
    operations = [{"id": f"n{n}", "kind": "workflow", "parameters": {"file": "inner.toml"}} for n in range(3)]
    plan = stage.plan({"name": "t", "operations": operations})
    opened = {id(node.scope.document) for node in plan.nodes.values() if node.id.endswith(".x")}
    assert len(opened) == 1


def test_workflows_are_nested_sixteen_deep_at_most(stage: Stage) -> None:
    """Deeper is a mistake, and told as one."""
    document = nested("n", make("x"))
    for _ in range(20):
        document = nested("n", document)
    with pytest.raises(ConfigurationError) as caught:
        needs(stage, document)
    assert caught.value.message.endswith("parameters: workflows are nested deeper than 16")


def test_the_joins_of_a_for_each_are_told_apart(stage: Stage) -> None:
    """Each instance of a nested workflow has its own inputs, operations and outputs."""
    inner = nested(
        "net",
        make("db", parameters={"size": "{{inputs.size}}"}),
        for_each={"x": 1, "y": 2},
        inputs={"size": "{{each.value}}"},
        own={"inputs": {"size": 0}, "outputs": {"size": "{{operations.db.result.size}}"}},
    )
    report = run(stage, inner, outputs={"sizes": "{{operations.net[*].result.outputs.size}}"})
    assert report.outputs == {"sizes": [1, 2]}
    assert states(stage) == dict.fromkeys(["net.x.db", "net.y.db", "net.x", "net.y"], str(OperationState.SUCCEEDED))


def test_the_nearest_word_counts_in_a_nested_workflow(stage: Stage) -> None:
    """An operation's own, its document's, that of who nests it, and at last the run's."""
    inner = nested(
        "net",
        make("own", timeout=1, retry={"attempts": 7}, on_failure="stop"),
        make("documents"),
        own={"configuration": {"timeout": 2, "retry": {"factor": 5}}},
        timeout=3,
        retry={"attempts": 4, "factor": 3},
        on_failure="continue",
    )
    outer = {"configuration": {"timeout": 9, "retry": {"attempts": 2, "initial_delay": 0.5}}}
    plan = stage.plan({"name": "t", "operations": [inner, make("outside")], **outer})
    settings = plan.settings
    found = {
        name: (
            settings.timeout_of(node),
            settings.on_failure_of(node),
            settings.retry_of(node).attempts,
            settings.retry_of(node).factor,
            settings.retry_of(node).initial_delay,
        )
        for name, node in plan.nodes.items()
    }
    assert found == {
        "net.own": (1, "stop", 7, 5, 0.5),
        "net.documents": (2, "continue", 4, 5, 0.5),
        "net": (3, "continue", 4, 3, 0.5),
        "outside": (9, "rollback", 2, 2, 0.5),
    }
    assert stage.plan(plan.canonical).digest == plan.digest


def test_a_nested_workflow_may_fail_by_itself(stage: Stage) -> None:
    """Said of the operation that nests it, `continue` holds for all that it nests."""
    stage.script.on("net.db", "run", OperationFailed("broken"))
    report = run(stage, nested("net", make("db"), on_failure="continue"), make("other"))
    assert states(stage) == {"net.db": "failed", "net": "blocked", "other": "succeeded"}
    assert report.state is RunState.PARTIAL
