"""Servers from the command line, on the local provider."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def run(run_anywhere: Any) -> Any:
    """These commands do the same at a server."""
    return run_anywhere


@pytest.fixture
def servers(run, workspace: Path) -> Iterator[None]:
    """Whatever a test creates is deleted after it."""
    yield
    listed = json.loads(run("server", "list", "-o", "json").stdout)["data"]
    for server in listed:
        run("server", "delete", server["id"], "--yes")


def last(output: str) -> Any:
    """Return the document that ends JSON lines."""
    return json.loads(output.splitlines()[-1])


def create(run, *options: str, name: str = "web") -> dict[str, Any]:
    """Create a server and return it."""
    result = run("server", "create", name, *options, "-o", "json")
    assert result.exit_code == 0, result.output
    server: dict[str, Any] = last(result.stdout)["data"]["server"]
    return server


@pytest.mark.usefixtures("servers")
def test_a_server_is_created_and_answers(run) -> None:
    """The server of the default image answers with its name and user data: braces in it are text, not a reference."""
    server = create(run, "--user-data", "DB={{operations.db}}")
    assert (server["name"], server["state"], server["provider"]) == ("web", "running", "local")
    with urllib.request.urlopen(server["raw"]["url"], timeout=10) as answer:
        assert "DB={{operations.db}}" in answer.read().decode()


@pytest.mark.usefixtures("servers")
def test_creating_is_journaled_and_told(run) -> None:
    """The progress of a creation is told line by line on stderr, the server is the answer on stdout."""
    result = run("server", "create", "web", "--workflow-id", "wf-create")
    told = [line.split(" ", 1)[1] for line in result.stderr.splitlines()]
    assert (result.exit_code, told[0]) == (0, "wf-create workflow started")
    assert "server started (server_create on local)" in told
    assert told[-1] == "wf-create workflow completed"
    fields = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert (fields["name"], fields["state"]) == ("web", "running")
    assert run("workflow", "status", "wf-create").exit_code == 0


@pytest.mark.usefixtures("servers")
def test_the_same_workflow_id_twice_is_one_server(run) -> None:
    """A script that is run again does not create a second server."""
    first = create(run, "--workflow-id", "wf-once")
    second = create(run, "--workflow-id", "wf-once")
    listed = json.loads(run("server", "list", "-o", "json").stdout)["data"]
    assert (first["id"], [first["id"]]) == (second["id"], [server["id"] for server in listed])


@pytest.mark.usefixtures("servers")
def test_servers_are_listed_as_plain_columns(run) -> None:
    """One line for each server, to be cut with awk."""
    server = create(run)
    header, line = run("server", "list", "--provider", "local").stdout.splitlines()
    assert header.split()[:3] == ["ID", "NAME", "STATE"]
    assert [server["id"], "web", "running", "local"] == line.split()[:4]
    mine = run("server", "list", "--label", "provisioning-operation=server")
    nobodys = run("server", "list", "--label", "nobody=me")
    assert (len(mine.stdout.splitlines()), len(nobodys.stdout), nobodys.stderr) == (2, 0, "No server.\n")


@pytest.mark.usefixtures("servers")
def test_one_server_is_shown(run) -> None:
    """Without --provider every provider is asked for it."""
    server = create(run)
    shown = run("server", "get", server["id"])
    fields = dict(line.split(maxsplit=1) for line in shown.stdout.splitlines())
    assert (server["id"], "running") == (fields["id"], fields["state"])
    assert server["id"] == json.loads(run("server", "get", server["id"], "-o", "json").stdout)["data"]["id"]


def test_a_server_that_is_not_there_is_one_error(run, workspace: Path) -> None:
    """The error names the server; the exit code is 1."""
    result = run("server", "get", "no-such-server")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert "no-such-server" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("servers")
def test_a_server_stops_starts_and_reboots(run) -> None:
    """Each change is waited for, and answers with the server as it is then."""
    server = create(run)
    states = [
        last(run("server", "stop", server["id"], "-o", "json").stdout)["data"]["server"]["state"],
        last(run("server", "start", server["id"], "-o", "json").stdout)["data"]["server"]["state"],
        last(run("server", "reboot", server["id"], "-o", "json").stdout)["data"]["server"]["state"],
    ]
    assert states == ["stopped", "running", "running"]


@pytest.mark.usefixtures("servers")
def test_deleting_needs_a_yes(run) -> None:
    """Where nobody can be asked, deleting without --yes is a usage error and deletes nothing."""
    server = create(run)
    refused = run("server", "delete", server["id"])
    question = f"Delete server {server['id']} for good?"
    expected = (
        f"error: {question} There is nobody to ask here: add --yes to say so.\n"
        "  hint: see 'provisioning server delete --help'\n"
    )
    assert (2, expected) == (refused.exit_code, refused.stderr)
    assert run("server", "delete", server["id"], "-o", "json").exit_code == 2
    assert run("server", "get", server["id"]).exit_code == 0
    assert run("server", "delete", server["id"], "--yes").exit_code == 0
    assert run("server", "get", server["id"]).exit_code == 1


def test_user_data_may_come_from_a_file(run, servers: None, workspace: Path) -> None:
    """A long text is read from a file; one that is missing is one clear error."""
    (workspace / "data.txt").write_text("from a file", encoding="utf-8")
    server = create(run, "--user-data-file", "data.txt")
    with urllib.request.urlopen(server["raw"]["url"], timeout=10) as answer:
        assert "from a file" in answer.read().decode()
    missing = run("server", "create", "other", "--user-data-file", "nowhere.txt")
    assert (missing.exit_code, missing.stderr) == (2, "error: nowhere.txt: does not exist\n  hint: check the path\n")


def test_with_several_providers_one_must_be_named(run, workspace: Path, tmp_path: Path) -> None:
    """Where a server would be created is never guessed."""
    text = f'[providers.other]\ntype = "local"\ndirectory = "{tmp_path / "others"}"\n'
    (workspace / "config.user.toml").write_text(text, encoding="utf-8")
    result = run("server", "create", "web")
    expected = "error: there are several providers: say which with --provider (local, other).\n"
    assert (2, expected) == (result.exit_code, "".join(result.stderr.splitlines(keepends=True)[:1]))
