"""The shell is told what can be typed next."""

import json
from pathlib import Path

import pytest

from provisioning.cli.root import root

ONE = 'name = "one"\n[[operations]]\nid = "a"\nkind = "file_write"\nparameters = { path = "a.txt", content = "a" }\n'
SHELLS = {"bash": "complete -o nosort", "zsh": "compdef", "fish": "complete --no-files"}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_printed_for_each_shell(shell: str, run) -> None:
    """The script asks this very program for completions."""
    result = run("completion", shell)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "_PROVISIONING_COMPLETE" in result.stdout
    assert SHELLS[shell] in result.stdout


def test_the_script_is_in_the_json_answer(run) -> None:
    """As JSON the script is data like any other."""
    answer = json.loads(run("completion", "bash", "-o", "json").stdout)
    assert (answer["data"]["shell"], "_PROVISIONING_COMPLETE" in answer["data"]["script"]) == ("bash", True)


def completions(line: str) -> list[str]:
    """Return what is offered at the end of a line."""
    from click.shell_completion import ShellComplete

    *words, incomplete = line.split(" ")
    found = ShellComplete(root, {}, "provisioning", "_PROVISIONING_COMPLETE").get_completions(words, incomplete)
    return [item.value for item in found]


def test_commands_are_completed_from_the_table() -> None:
    """Names come from the table, with no command imported."""
    assert completions("sc") == ["schema"]
    assert completions("workflow stat") == ["status"]
    assert sorted(completions("workflow --e"), reverse=True) == ["--extension-path", "--env"]


def test_names_in_the_workspace_are_completed(run, workspace: Path) -> None:
    """Providers, schemas, keys and runs are asked of the workspace."""
    assert completions("provider show lo") == ["local"]
    assert [name for name in completions("schema work") if name == "workflow"] == ["workflow"]
    assert "workflow.parallelism" in completions("config get workflow.")
    assert completions("workflow status ") == []
    assert run("workflow", "run", "-", "--workflow-id", "wf-complete", stdin=ONE).exit_code == 0
    assert completions("workflow status wf-") == ["wf-complete"]


def test_a_broken_workspace_completes_nothing(workspace: Path) -> None:
    """A prompt is no place for an error."""
    (workspace / "config.user.toml").write_text("this is = = no toml", encoding="utf-8")
    assert completions("workflow status ") == []
