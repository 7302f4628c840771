"""Workflow templates, from the command line: listed, planned, drawn and run by their names."""

import json
from pathlib import Path

import pytest

MANIFEST = """
[extension]
name = "shop"
version = "1.0"
type = "workflow"
[compatibility]
provisioning = ">=1.0,<2"
hook_api = "1"
[templates.greet]
file = "greet.toml"
description = "Greets"
"""
GREET = """
name = "greeting"
[inputs]
who = "you"
[[operations]]
id = "write"
kind = "file_write"
parameters = { path = "greeting.txt", content = "hello {{inputs.who}}" }
"""
ROW = {
    "name": "greet",
    "extension": "shop",
    "status": "ready",
    "description": "Greets",
    "inputs": {"who": "you"},
    "problem": None,
}


@pytest.fixture
def shop(workspace: Path) -> Path:
    """An extension that brings a template, and nothing else."""
    folder = workspace / "extensions" / "shop"
    folder.mkdir(parents=True)
    (folder / "extension.toml").write_text(MANIFEST)
    (folder / "greet.toml").write_text(GREET)
    return folder


def test_templates_are_listed_with_their_inputs(run, shop: Path, workspace: Path) -> None:
    """Beside those that are bundled; as JSON each is whole."""
    found = json.loads(run("workflow", "templates", "-o", "json").stdout)["data"]
    assert [row["name"] for row in found] == ["greet", "web-cluster"]
    assert found[0] == ROW
    header, first, _ = run("workflow", "templates").stdout.splitlines()
    assert header.split() == ["NAME", "EXTENSION", "STATUS", "DESCRIPTION", "INPUTS", "PROBLEM"]
    assert first.split() == ["greet", "shop", "ready", "Greets", '{"who":', '"you"}', "-"]


def test_a_template_is_run_planned_and_drawn_by_its_name(run, shop: Path, workspace: Path) -> None:
    """With inputs of one's own; the run is an ordinary one."""
    assert run("workflow", "plan", "greet").stdout.splitlines()[0] == "greeting: 1 operations, at most 10 at once"
    assert "write" in run("workflow", "graph", "greet").stdout
    result = run("workflow", "run", "greet", "--set", "inputs.who=world", "--workflow-id", "wf")
    assert result.exit_code == 0, result.stderr
    assert (workspace / "greeting.txt").read_text() == "hello world"
    assert run("workflow", "rollback", "wf", "--yes").exit_code == 0


@pytest.mark.parametrize("verb", ["run", "plan", "graph"])
def test_an_unknown_name_is_told_with_what_is_near(run, verb: str, shop: Path, workspace: Path) -> None:
    """A word that is neither a file nor a template."""
    result = run("workflow", verb, "gret")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "error: there is no file and no workflow template 'gret'; did you mean greet?\n"
        "  hint: there is: greet, web-cluster; or install its extension\n"
    )


def test_an_input_that_the_template_has_not_is_told(run, shop: Path, workspace: Path) -> None:
    """With the template's file."""
    result = run("workflow", "plan", "greet", "--set", "inputs.hwo=x")
    assert result.exit_code == 2
    assert f"{shop}/greet.toml" in result.stderr
    assert "there is no input 'hwo'; did you mean 'who'?" in result.stderr


def test_one_extension_shows_its_templates(run, shop: Path, workspace: Path) -> None:
    """Among what its manifest says."""
    assert "templates     greet\n" in run("extension", "info", "shop").stdout
