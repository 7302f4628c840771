"""The shell is told what can be typed next."""

import json
from pathlib import Path

import pytest

from provisioning.cli.root import root

SHELLS = {"bash": "complete -o nosort", "zsh": "compdef", "fish": "complete --no-files"}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_printed_for_each_shell(shell: str, run) -> None:
    """The script asks this very program for completions."""
    result = run("completion", shell)
    assert (0, "") == (result.exit_code, result.stderr)
    assert "_PROVISIONING_COMPLETE" in result.stdout
    assert SHELLS[shell] in result.stdout


def test_the_script_is_in_the_json_answer(run) -> None:
    """As JSON the script is data like any other."""
    answer = json.loads(run("completion", "bash", "-o", "json").stdout)
    assert ("bash", True) == (answer["data"]["shell"], "_PROVISIONING_COMPLETE" in answer["data"]["script"])


def completions(line: str) -> list[str]:
    """Return what is offered at the end of a line."""
    from click.shell_completion import ShellComplete

    *words, incomplete = line.split(" ")
    found = ShellComplete(root, {}, "provisioning", "_PROVISIONING_COMPLETE").get_completions(words, incomplete)
    return [item.value for item in found]


def test_commands_are_completed_from_the_table() -> None:
    """Names come from the table, with no command imported."""
    assert ["schema"] == completions("sc")
    assert ["status"] == completions("workflow stat")
    assert ["--extension-path", "--env"] == sorted(completions("workflow --e"), reverse=True)


def test_names_in_the_workspace_are_completed(run, workspace: Path) -> None:
    """Providers, schemas, keys and runs are asked of the workspace."""
    assert ["local"] == completions("provider show lo")
    assert ["workflow"] == [name for name in completions("schema work") if name == "workflow"]
    assert "workflow.parallelism" in completions("config get workflow.")
    assert [] == completions("workflow status ")
    assert 0 == run("server", "create", "web", "--workflow-id", "wf-complete").exit_code
    assert ["wf-complete"] == completions("workflow status wf-")


def test_a_broken_workspace_completes_nothing(workspace: Path) -> None:
    """A prompt is no place for an error."""
    (workspace / "config.user.toml").write_text("this is = = no toml", encoding="utf-8")
    assert [] == completions("workflow status ")
