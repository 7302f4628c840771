"""The template that comes with the program: switched on, run by its name, undone; by the commands of its README."""

import json
import urllib.request

from tests.acceptance.conftest import Person


def test_a_web_cluster_comes_up_by_its_name(person: Person) -> None:
    """Three web servers that answer, and nothing is left after the rollback."""
    assert person.run("workflow", "run", "web-cluster").code == 2
    assert person.run("extension", "enable", "web-cluster").code == 0
    answer = person.run("workflow", "run", "web-cluster", "--set", "inputs.count=3", "--workflow-id", "w", "-o", "json")
    assert answer.code == 0, answer.err
    servers = person.servers()
    assert sorted(server["name"] for server in servers) == ["web-1", "web-2", "web-3"]
    assert sorted(answer.data["result"]["metadata"]["outputs"]["web"]) == sorted(server["id"] for server in servers)
    for server in servers:
        with urllib.request.urlopen(server["raw"]["url"]) as reply:
            assert json.load(reply)["name"] == server["name"]
    assert person.run("workflow", "rollback", "w", "--yes").code == 0
    assert person.servers() == []


def test_the_audit_log_is_looked_at_by_its_own_command(person: Person) -> None:
    """A command that an extension brings stands beside the built-in ones."""
    assert person.run("audit-log", "tail").code == 2
    assert person.run("extension", "enable", "audit-log").code == 0
    assert person.run("extension", "enable", "web-cluster").code == 0
    assert person.run("workflow", "run", "web-cluster", "--set", "inputs.count=1", "--workflow-id", "w").code == 0
    last = person.run("audit-log", "tail", "--run", "w", "-n", "1", "--output", "json")
    assert [entry["event"] for entry in last.data] == ["WorkflowCompleted"]
    assert person.run("audit-log", "verify").out == "12 lines\n"
