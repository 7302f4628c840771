"""A command line that is run in this process answers as it would in one of its own."""

import sys

import pytest

from provisioning._version import __version__
from provisioning.testing import IsolatedWorkspace, run_command


def test_what_a_command_leaves_behind(isolated_workspace: IsolatedWorkspace) -> None:
    """Its exit code, what it prints, and the answer in it."""
    assert run_command("--version").stdout == f"provisioning {__version__}\n"
    done = run_command("provider", "list", "--output", "json")
    assert (done.exit_code, done.stderr, done.error) == (0, "", None)
    assert [provider["name"] for provider in done.data] == ["local"]


def test_what_a_failed_command_leaves_behind(isolated_workspace: IsolatedWorkspace) -> None:
    """An error on stderr, or in the document."""
    done = run_command("provider", "show", "nobody")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: there is no provider 'nobody'")
    done = run_command("provider", "show", "nobody", "--output", "json")
    assert (done.exit_code, done.data, done.error["code"]) == (2, None, "ConfigurationError")
    assert run_command("nonsense").exit_code == 2


def test_a_question_is_answered_from_stdin(isolated_workspace: IsolatedWorkspace) -> None:
    """As from a pipe; afterwards the streams are those of before."""
    before = (sys.stdin, sys.stdout, sys.stderr)
    (isolated_workspace.folder / "flow.yaml").write_text("name: x")
    document = b'{"name": "x", "operations": [{"id": "a", "kind": "command", "parameters": {"command": ["true"]}}]}'
    done = run_command("workflow", "plan", "-", "--output", "json", stdin=document)
    assert [entry["id"] for entry in done.data["operations"]] == ["a"]
    assert (sys.stdin, sys.stdout, sys.stderr) == before


def test_the_documents_of_a_run(isolated_workspace: IsolatedWorkspace) -> None:
    """Its events come first, its envelope last; what is no JSON cannot be read as such."""
    text = '{"name": "x", "operations": [{"id": "a", "kind": "command", "parameters": {"command": ["true"]}}]}'
    (isolated_workspace.folder / "flow.json").write_text(text)
    done = run_command("workflow", "run", "flow.json", "--output", "json")
    kinds = [event["kind"] for event in done.documents[:-1]]
    assert (kinds[0], kinds[-1]) == ("WorkflowStarted", "WorkflowCompleted")
    assert done.data["status"] == "success"
    with pytest.raises(ValueError, match="Expecting value"):
        _ = run_command("--version").documents
    with pytest.raises(ValueError, match=r"^there is nothing on stdout; on stderr there is ") as caught:
        _ = run_command("nonsense").data
    assert "No such command 'nonsense'" in str(caught.value)
