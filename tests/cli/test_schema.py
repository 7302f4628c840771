"""The published schemas can be printed."""

import json
from pathlib import Path

import jsonschema


def test_schemas_are_listed(run, workspace: Path) -> None:
    """One line each; as JSON all of them whole."""
    names = [line.split()[0] for line in run("schema").stdout.splitlines()[1:]]
    data = json.loads(run("schema", "-o", "json").stdout)["data"]
    assert sorted(data) == names
    assert "workflow" in names


def test_one_schema_is_printed_as_it_is(run, workspace: Path) -> None:
    """What is printed is a valid JSON Schema, to be saved."""
    jsonschema.Draft202012Validator.check_schema(json.loads(run("schema", "workflow").stdout))


def test_an_unknown_schema_is_a_usage_error(run, workspace: Path) -> None:
    """The error lists those that there are."""
    result = run("schema", "nonsense")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: there is no schema 'nonsense'; there are: ")
