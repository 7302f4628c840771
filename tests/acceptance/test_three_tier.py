"""The main job: a database, two web servers with its address, a check of both; run, undone, killed, resumed."""

import json
import os
import signal
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import EXAMPLES, Person

THREE_TIER = str(EXAMPLES / "three-tier.toml")
FAILING = str(EXAMPLES / "last-step-fails.toml")
ID = ("--workflow-id", "deploy-1")


def names(servers: list[dict[str, Any]]) -> list[str]:
    return sorted(server["name"] for server in servers)


def supervisors(person: Person) -> list[int]:
    """Return the processes of this person's servers, as the machine knows them."""
    cloud = person.environ["PROVISIONING__PROVIDERS__LOCAL__DIRECTORY"].encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if cloud in command:
                found.append(int(entry.name))
    return found


def kill_at(process: subprocess.Popen[str], kind: str, operation: str, signum: int = signal.SIGKILL) -> None:
    """Send a signal as soon as the run tells of an event."""
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event.get("kind") == kind and event.get("operation_id") == operation:
            os.kill(process.pid, signum)
            return
    pytest.fail(f"the run ended without {kind} {operation}: {process.communicate()}")


def test_the_three_tiers_come_up_and_answer(person: Person) -> None:
    """A database, two web servers with its address in their `user_data`, and a run that says where they are."""
    answer = person.run("workflow", "run", THREE_TIER, *ID, "--output", "json")
    assert answer.code == 0, answer.err
    assert names(person.servers()) == ["db-1", "web-a", "web-b"]
    urls = answer.data["result"]["metadata"]["outputs"]["web"]
    database = next(server for server in person.servers() if server["name"] == "db-1")
    for url, name in zip(urls, ("web-a", "web-b"), strict=True):
        with urllib.request.urlopen(url) as reply:
            page = json.load(reply)
        assert page["name"] == name
        assert page["user_data"] == f"DB={database['raw']['url']}"


def test_a_failing_last_step_undoes_everything_newest_first(person: Person) -> None:
    """Nothing is left, no process either, and the exit code says that it was rolled back."""
    answer = person.run("workflow", "run", FAILING, *ID, "--output", "json")
    assert answer.code == 4, answer.err
    undone = [event["operation_id"] for event in answer.documents if event.get("kind") == "OperationCompensated"]
    assert sorted(undone[:2]) == ["net.web.a", "net.web.b"]
    assert undone[2] == "net.db"
    begun = [event["operation_id"] for event in answer.documents if event.get("kind") == "CompensationStarted"]
    taken_up = [
        entry["id"] for entry in person.run("workflow", "status", "deploy-1", "--output", "json").data["operations"]
    ]
    assert [name for name in reversed(taken_up) if name in begun] == begun
    assert person.servers() == []
    if Path("/proc/self/cmdline").exists():
        assert supervisors(person) == []


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        ("WorkflowStarted", None),
        ("OperationStarted", "db"),
        ("ResourceCreated", "db"),
        ("OperationSucceeded", "db"),
        ("OperationStarted", "web.a"),
        ("OperationStarted", "web.b"),
        ("OperationSucceeded", "web.a"),
        ("OperationStarted", "check.a"),
    ],
)
def test_killed_in_the_middle_and_resumed_there_is_one_server_of_each(
    person: Person, kind: str, operation: str
) -> None:
    """SIGKILL at any of these moments; a resume ends the run, and nothing is there twice."""
    process = person.start("workflow", "run", THREE_TIER, *ID, "--output", "json")
    kill_at(process, kind, operation)
    process.communicate()
    answer = person.run("workflow", "resume", "deploy-1")
    assert answer.code == 0, answer.err
    assert names(person.servers()) == ["db-1", "web-a", "web-b"]


def test_killed_in_the_middle_and_rolled_back_nothing_is_left(person: Person) -> None:
    """SIGKILL between a call and its result; the rollback finds what the call had made."""
    process = person.start("workflow", "run", THREE_TIER, *ID, "--output", "json")
    kill_at(process, "OperationStarted", "web.a")
    process.communicate()
    answer = person.run("workflow", "rollback", "deploy-1", "--yes")
    assert answer.code == 0, answer.err
    assert person.servers() == []


def test_interrupted_once_a_run_stops_in_good_order(person: Person) -> None:
    """The first SIGINT lets calls in flight be recorded and says how to go on; exit code 130."""
    process = person.start("workflow", "run", THREE_TIER, *ID, "--output", "json")
    kill_at(process, "OperationStarted", "db", signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "provisioning workflow resume deploy-1" in err
    assert person.run("workflow", "resume", "deploy-1").code == 0
    assert names(person.servers()) == ["db-1", "web-a", "web-b"]


def test_the_same_id_twice_is_one_run(person: Person) -> None:
    """A second submission of the same document changes nothing; of another document it is refused."""
    assert person.run("workflow", "run", THREE_TIER, *ID).code == 0
    assert person.run("workflow", "run", THREE_TIER, *ID).code == 0
    assert names(person.servers()) == ["db-1", "web-a", "web-b"]
    refused = person.run("workflow", "run", FAILING, *ID)
    assert refused.code == 2
    assert "deploy-1" in refused.err
