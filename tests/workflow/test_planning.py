"""From a document to a plan: what fits, what does not, and how the graph grows out of it."""

from pathlib import Path
from typing import Any

import pytest

from provisioning.contract import ProviderLimits
from provisioning.errors import ConfigurationError
from provisioning.source import parse_source, read_source
from provisioning.workflow import DocumentConfiguration, Plan, Planner, RunSettings
from tests.workflow.scripted import Clouds, Script, ScriptedKinds, Stage, VirtualClock, make

OPERATION_ID_RULE = "must begin with a letter or '_', and may hold letters, digits, '_' and '-' after it"


def planner(roots: dict[str, Any] | None = None) -> Planner:
    return Planner(
        kinds=ScriptedKinds(Script()), providers=Clouds(VirtualClock()), roots=roots or {}, defaults=RunSettings()
    )


def plan_text(text: str, form: str = "toml", directory: Path = Path(), **roots: Any) -> Plan:
    source = parse_source(text, form, f"flow.{form}")
    return planner(roots).plan(source, directory=directory, workflow_id="wf-1", new_id=str)


def placed(name: str, provider: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "placed", "provider": provider, **more}


@pytest.fixture
def clouded(stage: Stage) -> Stage:
    """A stage with two provider instances."""
    stage.clouds.limits = {"cloud": ProviderLimits(), "other": ProviderLimits()}
    return stage


def refused(text: str, form: str = "toml", directory: Path = Path(), **roots: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        plan_text(text, form, directory, **roots)
    return caught.value.message


def test_the_same_document_in_three_languages_is_the_same_plan() -> None:
    """TOML, YAML and JSON say the same."""
    toml = 'name = "t"\n[[operations]]\nid = "a"\nkind = "note"\nparameters = { x = 1 }\n'
    yaml = "name: t\noperations:\n  - id: a\n    kind: note\n    parameters: {x: 1}\n"
    json = '{"name": "t", "operations": [{"id": "a", "kind": "note", "parameters": {"x": 1}}]}'
    plans = [plan_text(toml), plan_text(yaml, "yaml"), plan_text(json, "json")]
    assert plans[0].digest == plans[1].digest == plans[2].digest


def test_all_problems_of_a_document_are_told_at_once_each_with_its_line() -> None:
    """One run, one whole list."""
    message = refused(
        """name = "t"
[[operations]]
id = "a b"
kind = "note"
[[operations]]
id = "b"
knid = "note"
timeout = -1
"""
    )
    assert message.splitlines() == [
        "flow.toml has 4 problems:",
        f"  flow.toml:3: operations[0].id: {OPERATION_ID_RULE} (it is 'a b')",
        "  flow.toml:5: operations[1]: the key 'kind' is missing",
        "  flow.toml:8: operations[1].timeout: must be more than 0 (it is -1)",
        "  flow.toml:7: operations[1].knid: unknown key 'knid'; did you mean 'kind'?",
    ]


def test_kinds_providers_references_and_parameters_are_checked_together() -> None:
    """What does not fit what is there is told before anything is changed."""
    message = refused(
        """name = "t"
[[operations]]
id = "a"
kind = "nota"
[[operations]]
id = "b"
kind = "note"
provider = "aws"
parameters = { bad = 1, x = "{{operations.aa.result.y}}", y = "{{inputs.z}}", z = "{{each.key}}", w = "{{what.ever}}" }
[[operations]]
id = "c"
kind = "placed"
[[operations]]
id = "d"
kind = "placed"
provider = "aws"
when = "yes"
"""
    )
    assert "flow.toml:4: operations[0].kind: there is no kind of operation 'nota'; did you mean 'note'?" in message
    assert "{{operations.aa.result.y}}: there is no operation 'aa'; did you mean 'a'?" in message
    assert "{{inputs.z}}: there is no input 'z'; there is: none" in message
    assert "{{each.key}} stands in an operation without for_each" in message
    assert "{{what.ever}}: there is no root 'what'; there is: each, inputs, operations, workflow" in message
    assert "flow.toml:8: operations[1].provider: note takes no provider" in message
    assert "flow.toml:10: operations[2]: placed needs a provider; configured: none" in message
    assert "operations[3].provider: there is no provider instance 'aws'; there is: none" in message
    assert "operations[3].when: 'yes' is no {{condition}}" in message


def test_wrong_parameters_are_told_with_their_path() -> None:
    """The kind's schema speaks, at the place of the parameter."""
    assert refused('name = "t"\n[[operations]]\nid = "a"\nkind = "note"\nparameters = { bad = 1 }\n') == (
        "flow.toml:5: operations[0].parameters.bad: is bad"
    )


def test_a_cycle_is_shown_as_its_path() -> None:
    """References count as edges, too."""
    message = refused(
        """name = "t"
[dependencies]
a = ["c"]
[[operations]]
id = "a"
kind = "note"
[[operations]]
id = "b"
kind = "note"
parameters = { x = "{{operations.a.id}}" }
[[operations]]
id = "c"
kind = "note"
parameters = { x = "{{operations.b.id}}" }
"""
    )
    circles = [" -> ".join(path) for path in (["a", "c", "b", "a"], ["b", "a", "c", "b"], ["c", "b", "a", "c"])]
    assert message.split("circle: ")[1] in circles
    assert "operations need each other in a circle" in message


def test_duplicate_ids_and_unknown_dependencies_are_told() -> None:
    """Both are named, with what was perhaps meant."""
    message = refused(
        """name = "t"
[dependencies]
web = ["dbb"]
wob = []
[[operations]]
id = "web"
kind = "note"
[[operations]]
id = "db"
kind = "note"
[[operations]]
id = "db"
kind = "note"
"""
    )
    assert message.splitlines() == [
        "flow.toml has 3 problems:",
        "  flow.toml:12: operations[2].id: operation id 'db' is used already by operations[1]",
        "  flow.toml:3: dependencies.web[0]: there is no operation 'dbb'; did you mean 'db'?",
        "  flow.toml:4: dependencies.wob: there is no operation 'wob'; did you mean 'web'?",
    ]


def test_for_each_makes_one_operation_of_each_value(stage: Stage) -> None:
    """A list's items are keys and values; a table has both; `each.key` in brackets picks the instance."""
    plan = stage.plan(
        {
            "name": "t",
            "operations": [
                make("db", for_each={"x": 1, "y": 2}, parameters={"n": "{{each.value}}"}),
                make("web", for_each=["x", "y"], parameters={"db": "{{operations.db[each.key].result.id}}"}),
                make("one", parameters={"db": "{{operations.db.y.result.id}}"}),
                make("all", parameters={"dbs": "{{operations.db[*].result.id}}"}),
            ],
        }
    )
    needs = {name: list(plan.graph.needs(name)) for name in plan.nodes}
    assert needs == {
        "db.x": [],
        "db.y": [],
        "web.x": ["db.x"],
        "web.y": ["db.y"],
        "one": ["db.y"],
        "all": ["db.x", "db.y"],
    }


def test_for_each_may_read_what_is_known_before_the_run(stage: Stage) -> None:
    """Inputs and configuration, yes; results, no. The journal keeps the values, not the reference."""
    stage.roots["config"] = {"zones": ["a", "b"]}
    plan = stage.plan({"name": "t", "operations": [make("web", for_each="{{config.zones}}")]})
    assert list(plan.nodes) == ["web.a", "web.b"]
    assert plan.canonical["operations"][0]["for_each"] == ["a", "b"]
    with pytest.raises(ConfigurationError) as caught:
        stage.plan({"name": "t", "operations": [make("a"), make("b", for_each="{{operations.a.result.ids}}")]})
    assert "for_each must be known before the run, and {{operations.a.result.ids}} is not" in caught.value.message


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (["a", "a"], "for_each has the key 'a' twice"),
        (["a.b"], "for_each key 'a.b' may only hold letters, digits, '_' and '-', at most 64 of them"),
        ([1.5], "a for_each list holds texts or whole numbers, not 1.5; use a table for other values"),
        (-1, "for_each must be a list, a table or a whole number from 0 up"),
        (True, "for_each must be a list, a table or a whole number from 0 up"),
        (1.5, "for_each must be a list, a table or a whole number from 0 up"),
        ("{{inputs.n}}", "for_each must be a list, a table or a whole number from 0 up"),
        (10**12, "document: makes more than 250,000 operations"),
    ],
)
def test_a_wrong_for_each_is_told(stage: Stage, value: Any, complaint: str) -> None:
    """With what is wrong about it."""
    with pytest.raises(ConfigurationError) as caught:
        stage.plan({"name": "t", "inputs": {"n": "3"}, "operations": [make("a", for_each=value)]})
    assert caught.value.message.endswith(complaint)


def test_for_each_counts_to_a_number(stage: Stage) -> None:
    """From 1 on, given as it is or read from an input; the journal keeps the number. 0 makes nothing."""
    web = make("web", for_each="{{inputs.n}}", parameters={"n": "{{each.value}}"})
    document = {"name": "t", "inputs": {"n": 2, "m": 0}, "operations": [web, make("db", for_each="{{inputs.m}}")]}
    plan = stage.plan(document, inputs={"n": 3})
    assert list(plan.nodes) == ["web.1", "web.2", "web.3"]
    assert [node.each for node in plan.nodes.values()] == [{"key": str(n), "value": n} for n in (1, 2, 3)]
    assert [one["for_each"] for one in plan.canonical["operations"]] == [3, 0]
    assert list(stage.plan(plan.canonical).nodes) == list(plan.nodes)


def test_a_provider_may_be_read_from_what_is_known_before_the_run(clouded: Stage) -> None:
    """An input, the configuration, or the instance of a `for_each`; the journal keeps the name where it is one."""
    clouded.roots["config"] = {"cloud": "cloud"}
    plan = clouded.plan(
        {
            "name": "t",
            "inputs": {"provider": "other"},
            "operations": [
                placed("a", provider="{{inputs.provider}}"),
                placed("b", provider="{{config.cloud}}"),
                placed("c", provider="{{each.key}}", for_each=["cloud", "other"]),
            ],
        },
        inputs={"provider": "cloud"},
    )
    assert {node.id: node.provider for node in plan.nodes.values()} == {
        "a": "cloud",
        "b": "cloud",
        "c.cloud": "cloud",
        "c.other": "other",
    }
    assert [entry.provider for entry in plan.operations] == ["cloud", "cloud", "cloud", "other"]
    assert [one["provider"] for one in plan.canonical["operations"]] == ["cloud", "cloud", "{{each.key}}"]


def test_a_nested_workflow_may_read_its_provider_from_its_inputs(clouded: Stage) -> None:
    """Another one for each time that it is opened; the journaled document plans the same."""
    inner = {"name": "inner", "inputs": {"at": "cloud"}, "operations": [placed("x", provider="{{inputs.at}}")]}
    parameters = {"document": inner, "inputs": {"at": "{{each.key}}"}}
    nested = {"id": "n", "kind": "workflow", "for_each": ["cloud", "other"], "parameters": parameters}
    plan = clouded.plan({"name": "t", "operations": [nested]})
    assert (plan.nodes["n.cloud.x"].provider, plan.nodes["n.other.x"].provider) == ("cloud", "other")
    again = clouded.plan(plan.canonical)
    assert {node.id: node.provider for node in again.nodes.values()} == {
        node.id: node.provider for node in plan.nodes.values()
    }


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (
            "{{operations.a.result.x}}",
            "operations[0].provider: provider must be known before the run, and {{operations.a.result.x}} is not",
        ),
        (
            "{{each.key}}",
            "operations[0].provider: provider must be known before the run, and {{each.key}} is not",
        ),
        (
            "{{inputs.n}}",
            "operations[0].provider: provider must be a provider instance, or a list of some, and {{inputs.n}} is not",
        ),
        ("{{inputs.name}}", "operations[0].provider: there is no provider instance 'nobody'; there is: cloud, other"),
        ("{{inputs.gone}}", "operations[0].provider: {{inputs.gone}}: inputs has no gone"),
    ],
)
def test_a_wrong_provider_is_told(clouded: Stage, value: str, complaint: str) -> None:
    """Also where it is an input that names none."""
    with pytest.raises(ConfigurationError) as caught:
        clouded.plan({"name": "t", "inputs": {"n": 3, "name": "nobody"}, "operations": [placed("s", provider=value)]})
    assert caught.value.message.endswith(complaint)


def test_each_instance_has_its_provider_looked_at(clouded: Stage) -> None:
    """The second one's is told as well, once."""
    with pytest.raises(ConfigurationError) as caught:
        clouded.plan(
            {"name": "t", "operations": [placed("s", provider="{{each.value}}", for_each={"a": "cloud", "b": "no"})]}
        )
    assert [problem.message for problem in caught.value.problems] == [
        "there is no provider instance 'no'; there is: cloud, other"
    ]


def test_an_unknown_instance_is_told(stage: Stage) -> None:
    """A key that for_each does not make is a mistake of the document."""
    operations = [make("db", for_each=["x"]), make("web", parameters={"db": "{{operations.db.z.result.id}}"})]
    with pytest.raises(ConfigurationError) as caught:
        stage.plan({"name": "t", "operations": operations})
    assert caught.value.message.endswith("{{operations.db.z.result.id}}: db has no instance 'z'; it has: x")


INNER = """name = "inner"
inputs = { size = "small" }
outputs = { id = "{{operations.db.result.id}}", size = "{{inputs.size}}" }
[[operations]]
id = "db"
kind = "make"
parameters = { size = "{{inputs.size}}" }
"""


def outer(**parameters: Any) -> dict[str, Any]:
    return {
        "name": "outer",
        "operations": [
            make("first"),
            {"id": "net", "kind": "workflow", "parameters": {"file": "inner.toml", **parameters}},
            make("after", parameters={"db": "{{operations.net.result.outputs.id}}"}),
        ],
        "dependencies": {"net": ["first"]},
    }


def test_a_nested_workflow_is_opened_into_the_same_graph(stage: Stage) -> None:
    """Its operations need what it needs, it joins them, and what needs it waits for the join."""
    (stage.directory / "inner.toml").write_text(INNER)
    plan = stage.plan(outer(inputs={"size": "{{operations.first.result.id}}"}))
    needs = {name: list(plan.graph.needs(name)) for name in plan.nodes}
    assert needs == {"first": [], "net.db": ["first"], "net": ["first", "net.db"], "after": ["net"]}
    nested = plan.canonical["operations"][1]["parameters"]
    assert "file" not in nested
    assert nested["document"]["name"] == "inner"


def test_a_journaled_document_plans_the_same_without_any_file(stage: Stage) -> None:
    """A resumed run never looks at a file again."""
    (stage.directory / "inner.toml").write_text(INNER)
    plan = stage.plan(outer(inputs={"size": "large"}))
    (stage.directory / "inner.toml").unlink()
    again = stage.plan(plan.canonical)
    assert list(again.nodes) == list(plan.nodes)
    assert again.digest == plan.digest


def test_a_workflow_that_nests_itself_is_shown_as_its_path(stage: Stage) -> None:
    """Files in a circle are refused."""
    a, b = stage.directory / "a.toml", stage.directory / "b.toml"
    a.write_text('name = "a"\n[[operations]]\nid = "x"\nkind = "workflow"\nparameters = { file = "b.toml" }\n')
    b.write_text('name = "b"\n[[operations]]\nid = "y"\nkind = "workflow"\nparameters = { file = "a.toml" }\n')
    with pytest.raises(ConfigurationError) as caught:
        planner().plan(read_source(a), directory=stage.directory, workflow_id="wf-1", new_id=str)
    assert f"the workflow nests itself: {a} -> {b} -> {a}" in caught.value.message


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        (
            {"file": None, "document": {"name": "x"}},
            'a nested workflow takes either "file" or "document", and "inputs"',
        ),
        ({"inputs": {"colour": "red"}}, "inner.toml: there is no input 'colour'; there is: size"),
        ({"inputs": 3}, '"inputs" of a nested workflow must be a table'),
        ({"file": "{{inputs.file}}"}, '"file" of a nested workflow must be a path, known before the run'),
    ],
)
def test_a_wrong_nested_workflow_is_told(stage: Stage, parameters: dict[str, Any], complaint: str) -> None:
    """With the operation that nests it."""
    (stage.directory / "inner.toml").write_text(INNER)
    with pytest.raises(ConfigurationError) as caught:
        stage.plan(outer(**parameters))
    assert complaint in caught.value.message


def test_inputs_replace_defaults_and_unknown_ones_are_refused(stage: Stage) -> None:
    """Only what the document declares can be given."""
    document = {"name": "t", "inputs": {"n": 1}, "operations": [make("a", parameters={"n": "{{inputs.n}}"})]}
    assert stage.plan(document, inputs={"n": 2}).canonical["inputs"] == {"n": 2}
    with pytest.raises(ConfigurationError) as caught:
        stage.plan(document, inputs={"m": 2})
    assert caught.value.message == "document: inputs: there is no input 'm'; there is: n"


def test_a_plan_says_what_each_operation_will_do_and_how_it_is_undone(stage: Stage) -> None:
    """People read this before they say yes."""
    plan = stage.plan(
        {
            "name": "t",
            "operations": [make("a", parameters={"name": "x"}), {"id": "b", "kind": "note"}],
            "dependencies": {"b": ["a"]},
        }
    )
    entries = [entry.as_dict() for entry in plan.operations]
    assert entries == [
        {
            "id": "a",
            "kind": "make",
            "provider": None,
            "needs": [],
            "summary": "make a thing: name=x",
            "undo": "delete the thing",
            "places": [],
        },
        {
            "id": "b",
            "kind": "note",
            "provider": None,
            "needs": ["a"],
            "summary": "note something",
            "undo": None,
            "places": [],
        },
    ]
    assert plan.layers() == [["a"], ["b"]]
    assert "a --> b" in plan.as_mermaid().replace("n0", "a").replace("n1", "b")


def test_settings_come_from_the_call_then_the_document_then_the_configuration(stage: Stage) -> None:
    """The nearest word counts."""
    document = {"name": "t", "operations": [make("a")], "configuration": {"parallelism": 3, "retry": {"attempts": 7}}}
    plan = stage.plan(document, overrides=DocumentConfiguration(on_failure="stop"))
    assert (plan.parallelism, plan.on_failure) == (3, "stop")
    assert (plan.settings.retry.attempts, plan.settings.retry.initial_delay) == (7, 1.0)
