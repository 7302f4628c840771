"""The configuration from the command line."""

import json
from pathlib import Path

import pytest

BAD = """\
[workflow]
parallelism = "many"
[vars]
region = "{{env.NO_SUCH_VARIABLE_HERE}}"
"""


def write(folder: Path, text: str, name: str = "config.user.toml") -> None:
    """Write a configuration file."""
    (folder / name).write_text(text, encoding="utf-8")


def test_a_value_is_printed_as_it_is(run, workspace: Path) -> None:
    """Text is text; every other value is JSON."""
    write(workspace, '[vars]\nregion = "eu west"\nzones = ["a", "b"]\n')
    assert run("config", "get", "vars.region").stdout == "eu west\n"
    assert run("config", "get", "vars.zones").stdout == '["a", "b"]\n'
    assert json.loads(run("config", "get", "vars.zones", "-o", "json").stdout)["data"] == ["a", "b"]


def test_run_time_wins_over_every_file(run, workspace: Path) -> None:
    """--set, --env and the files are layers, and the common options reach them from any place."""
    write(workspace, "[workflow]\nparallelism = 3\n")
    write(workspace, "[workflow]\nparallelism = 4\n", "config.test.toml")
    values = [
        run("config", "get", "workflow.parallelism").stdout,
        run("--env", "test", "config", "get", "workflow.parallelism").stdout,
        run("config", "--set", "workflow.parallelism=5", "get", "workflow.parallelism", "--env", "test").stdout,
    ]
    assert values == ["3\n", "4\n", "5\n"]


def test_explain_shows_every_layer(run, workspace: Path) -> None:
    """The winner stands first, with its file and line."""
    write(workspace, "[workflow]\nparallelism = 3\n")
    lines = run("config", "explain", "workflow.parallelism", "--set", "workflow.parallelism=5").stdout.splitlines()
    assert lines[0] == "workflow.parallelism = 5"
    told = [(line.split()[0] == "wins", "5" in line.split(), "3" in line.split()) for line in lines[2:4]]
    assert told == [(True, True, False), (False, False, True)]
    answer = json.loads(run("config", "explain", "workflow.parallelism", "-o", "json").stdout)["data"]
    assert (answer["value"], answer["settings"][0]["line"]) == (3, 2)


def test_show_lists_every_setting_and_hides_secrets(run, workspace: Path) -> None:
    """No secret is printed, neither in the table nor as JSON."""
    write(workspace, '[vars]\npassword = "hunter2"\nregion = "eu"\n')
    table = run("config", "show")
    rows = {line.split()[0]: line.split()[1] for line in table.stdout.splitlines()}
    assert (rows["vars.region"], rows["vars.password"]) == ("eu", "***")
    answer = run("config", "show", "-o", "json")
    assert json.loads(answer.stdout)["data"]["vars"]["region"] == "eu"
    assert "hunter2" not in table.output + answer.output + run("config", "get", "vars.password").output


def test_a_good_configuration_is_valid(run, workspace: Path) -> None:
    """An empty workspace has nothing wrong with it."""
    result = run("config", "validate")
    assert (result.exit_code, result.stdout) == (0, "The configuration is valid.\n")


@pytest.mark.parametrize("form", ["table", "json"])
def test_every_problem_is_listed(form: str, run, workspace: Path) -> None:
    """A bad configuration is exit code 2, with the file and line of each problem."""
    write(workspace, BAD)
    result = run("config", "validate", "-o", form)
    assert result.exit_code == 2
    assert "config.user.toml:2: workflow.parallelism: " in result.output
    assert "Traceback" not in result.output


def test_a_reference_that_leads_nowhere_is_a_problem(run, workspace: Path) -> None:
    """Nobody has read the value yet, and still it is found."""
    write(workspace, '[vars]\nregion = "{{env.NO_SUCH_VARIABLE_HERE}}"\n')
    result = run("config", "validate")
    assert result.exit_code == 2
    assert "config.user.toml:2: vars.region: " in result.stderr
    assert run("config", "get", "vars.region").exit_code == 2
    assert run("config", "explain", "vars.region").exit_code == 0


def test_a_key_that_is_not_there_is_one_error(run, workspace: Path) -> None:
    """A mistyped key gets the one that was meant."""
    result = run("config", "get", "workflow.paralelism")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no key workflow.paralelism" in result.stderr
    assert "parallelism" in result.stderr.splitlines()[-1]


def test_init_makes_a_workspace(run, workspace: Path) -> None:
    """A configuration and a first workflow are written, and the workflow can be planned."""
    result = run("init")
    names = sorted(path.name for path in workspace.iterdir())
    assert (0, [f"wrote {workspace / name}" for name in names]) == (
        result.exit_code,
        sorted(result.stdout.splitlines()),
    )
    assert "config.user.toml" in names
    assert run("config", "validate").exit_code == 0
    assert run("workflow", "plan", "hello.toml").exit_code == 0


def test_init_overwrites_nothing(run, workspace: Path) -> None:
    """What is there already is left as it is."""
    write(workspace, "# mine\n")
    result = run("init", "--yes", "-o", "json")
    assert (result.exit_code, json.loads(result.stdout)["status"]) == (2, "error")
    assert (workspace / "config.user.toml").read_text(encoding="utf-8") == "# mine\n"
