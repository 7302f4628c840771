"""Orphans from the command line: told by default, deleted only when it is said, and only those."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioning.app import App
from provisioning.contract import ServerSpec
from provisioning.workflow import Ownership


@pytest.fixture
def orphan(workspace: Path) -> Iterator[str]:
    """A server of ours that no run knows, beside one of another installation; its id."""
    with App.open(workspace) as app:
        local = app.provider("local")
        labels = Ownership(app.journal.installation_id, "wf-gone", "web").as_labels()
        theirs = Ownership("0" * 16, "wf-theirs", "web").as_labels()
        server_id = local.create_server(ServerSpec(name="lost"), "token-1", labels).id
        local.create_server(ServerSpec(name="theirs"), "token-2", theirs)
        yield server_id
        for server in list(app.servers()):
            local.delete_server(server.id)


def _names(run) -> list[str]:
    return sorted(server["name"] for server in json.loads(run("server", "list", "-o", "json").stdout)["data"])


def _last(output: str) -> Any:
    return json.loads(output.splitlines()[-1])


def test_no_orphan(run, workspace: Path) -> None:
    """Where there is none, that is said, and it is no error."""
    result = run("server", "orphans")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "No orphan.\n")


def test_orphans_are_told_and_nothing_is_touched(run, orphan: str) -> None:
    """Each with its standing; a young one is not called an orphan yet."""
    result = run("server", "orphans", "--older-than", "0s")
    rows = {line.split()[1]: line.split() for line in result.stdout.splitlines()[1:]}
    assert (result.exit_code, rows["lost"][0], rows["lost"][3]) == (0, orphan, "orphan")
    assert rows["theirs"][3] == "foreign"
    young = {line.split()[1]: line.split()[3] for line in run("server", "orphans").stdout.splitlines()[1:]}
    assert young == {"lost": "young", "theirs": "foreign"}
    assert _names(run) == ["lost", "theirs"]


def test_deleting_asks(run, orphan: str) -> None:
    """The question names each server; without an answer nothing is touched."""
    result = run("server", "orphans", "--older-than", "0s", "--delete")
    question = (
        f"error: Delete for good: server lost ({orphan} at local)? There is nobody to ask here: add --yes to say so.\n"
    )
    assert (result.exit_code, result.stderr.startswith(question)) == (2, True)
    assert _names(run) == ["lost", "theirs"]


def test_orphans_are_deleted_by_runs(run, orphan: str) -> None:
    """Each deletion is journaled like any; those of others stay."""
    result = run("server", "orphans", "--older-than", "0s", "--delete", "--yes", "-o", "json")
    data = _last(result.stdout)["data"]
    (deleted,) = [stray for stray in data["strays"] if stray["deleted_by"]]
    assert (result.exit_code, deleted["resource"]["id"], _names(run)) == (0, orphan, ["theirs"])
    assert run("workflow", "status", deleted["deleted_by"]).exit_code == 0
    events = [json.loads(line)["kind"] for line in result.stdout.splitlines()[:-1]]
    assert (events[0], "ResourceDeleted" in events) == ("WorkflowStarted", True)
    again = run("server", "orphans", "--older-than", "0s", "--delete", "--yes")
    assert (again.exit_code, [line.split()[3] for line in again.stdout.splitlines()[1:]]) == (0, ["foreign"])


def test_deletions_are_shown(run, orphan: str) -> None:
    """For people the table says what was deleted."""
    result = run("server", "orphans", "--older-than", "0s", "--delete", "--yes")
    rows = {line.split()[1]: line.split()[3] for line in result.stdout.splitlines()[1:]}
    assert (result.exit_code, rows) == (0, {"lost": "deleted", "theirs": "foreign"})


def test_a_guard_that_denies_leaves_the_server(run, orphan: str, workspace: Path) -> None:
    """A deletion that fails is told with its run, and the exit code is 1: nothing was deleted."""
    policy = '[extensions]\nenabled = ["policy-guard"]\n[extensions.options.policy-guard]\n'
    rule = 'rules = [{ action = "deny", kinds = ["server_delete"] }]\n'
    (workspace / "config.user.toml").write_text(policy + rule, encoding="utf-8")
    result = run("server", "orphans", "--older-than", "0s", "--delete", "--yes")
    assert (result.exit_code, f"error: server {orphan} is not deleted: run wf-" in result.stderr) == (1, True)
    assert _names(run) == ["lost", "theirs"]


def test_a_provider_that_cannot_be_asked(run, orphan: str, workspace: Path) -> None:
    """It is told of and hides nothing; the exit code is 3, or 1 when nobody could be asked."""
    text = '[providers.broken]\ntype = "local"\ndirectory = "config.user.toml/below"\n'
    (workspace / "config.user.toml").write_text(text, encoding="utf-8")
    result = run("server", "orphans", "--older-than", "0s")
    assert (result.exit_code, "error: broken: " in result.stderr) == (3, True)
    assert [line.split()[1] for line in result.stdout.splitlines()[1:]] == ["lost", "theirs"]
    answer = json.loads(run("server", "orphans", "--provider", "broken", "-o", "json").stdout)
    assert (answer["status"], list(answer["data"]["failures"])) == ("error", ["broken"])
    assert run("server", "orphans", "--provider", "broken").exit_code == 1
    assert run("server", "orphans", "--provider", "none").exit_code == 2
