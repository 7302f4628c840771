"""Workflows over HTTP: submitted once whatever happens, watched, stopped, resumed, undone, and found again."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest

from provisioning._version import __version__
from provisioning.app import App
from tests.api.serving import Asking


def echo(name: str = "echo", **more: Any) -> dict[str, Any]:
    return {"name": name, "operations": [{"id": "a", "kind": "command", "parameters": {"command": ["true"]}}], **more}


def waits(**more: Any) -> dict[str, Any]:
    script = "touch begun; while [ ! -e go-on ]; do sleep 0.05; done"
    operations = [
        {"id": "first", "kind": "file_write", "parameters": {"path": "first.txt", "content": "1"}},
        {
            "id": "waits",
            "kind": "command",
            "parameters": {"command": ["sh", "-c", script], "on_doubt": "retry"},
        },
    ]
    return {"name": "waits", "operations": operations, "dependencies": {"waits": ["first"]}, **more}


def test_a_submitted_workflow_runs_to_its_end(ask: Asking) -> None:
    """The answer is 202 and says where to look; there the run is found succeeded."""
    answer = ask("POST", "/workflows/submit", echo(workflow_id="wf-1"))
    assert (answer.status, answer.headers["Location"]) == (202, "/workflows/wf-1")
    assert answer.body["status"] == "pending"
    assert (answer.data["workflow_id"], answer.data["run"]["name"]) == ("wf-1", "echo")
    assert ask.wait("wf-1") == "succeeded"
    status = ask.get("/workflows/wf-1/status").data
    assert (status["run"]["counts"], status["checkpoint"]["completed_operations"]) == ({"succeeded": 1}, ["a"])
    logs = ask.get("/workflows/wf-1/logs").data
    assert (logs[0]["kind"], logs[-1]["kind"]) == ("WorkflowStarted", "WorkflowCompleted")
    assert [one["id"] for one in ask.get("/workflows/wf-1/operations").data] == ["a"]


def test_both_doors_take_both_forms(ask: Asking) -> None:
    """A bare document, or one with the options of its run, at either path."""
    for number, path in enumerate(("/workflows", "/workflows/submit")):
        assert ask("POST", path, echo(workflow_id=f"bare-{number}")).status == 202
        options = {"document": echo(), "workflow_id": f"wrapped-{number}", "parallelism": 3}
        assert ask("POST", path, options).status == 202
        assert {ask.wait(f"bare-{number}"), ask.wait(f"wrapped-{number}")} == {"succeeded"}


@pytest.mark.parametrize("first", [{"workflow_id": "wf-once"}, {}], ids=["by its workflow_id", "by an Idempotency-Key"])
def test_submitting_twice_is_one_run(first: dict[str, Any], ask: Asking) -> None:
    """The same answer comes again; with another document it is a conflict."""
    headers = {"Idempotency-Key": "any text: at all"}
    answers = [ask("POST", "/workflows/submit", echo(**first), headers) for _ in range(3)]
    assert [answer.status for answer in answers] == [202, 202, 202]
    workflow_id, *others = {answer.data["workflow_id"] for answer in answers}
    assert (others, ask.wait(workflow_id)) == ([], "succeeded")
    assert len(ask.get("/workflows").data) == 1
    conflict = ask("POST", "/workflows/submit", echo("other", **first), headers)
    assert (conflict.status, conflict.error["code"]) == (409, "RunConflict")


def test_many_submissions_of_one_id_at_once_are_one_run(ask: Asking) -> None:
    """Whoever comes first makes it, and all get the same answer."""
    found: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(ask("POST", "/workflows/submit", echo(workflow_id="wf-once")).status)
        )
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, ask.wait("wf-once")) == ([202] * 10, "succeeded")
    kinds = [event["kind"] for event in ask.get("/workflows/wf-once/logs").data]
    assert kinds.count("WorkflowStarted") == 1
    assert "WorkflowResumed" not in kinds


def test_every_reply_is_in_the_envelope_with_its_request_id(ask: Asking) -> None:
    """The id that the client sent comes back; one that is none is replaced."""
    answer = ask.get("/workflows", X_Request_ID="mine-1")
    assert answer.headers["X-Request-ID"] == answer.body["metadata"]["request_id"] == "mine-1"
    assert answer.body == {
        "status": "success",
        "data": [],
        "metadata": {**answer.body["metadata"], "version": __version__, "next_cursor": None},
        "error": None,
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer.body["metadata"]["timestamp"])
    assert ask.get("/workflows", X_Request_ID="not an id").headers["X-Request-ID"] != "not an id"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "message"),
    [
        ("GET", "/nowhere", None, 404, "NotFound", "there is nothing at /nowhere"),
        ("GET", "/workflows/wf-none", None, 404, "RunNotFound", "there is no run wf-none in this journal"),
        ("PUT", "/workflows", {}, 405, "MethodNotAllowed", "/workflows has no PUT"),
        ("GET", "/workflows?limit=0", None, 422, "InvalidParameter", None),
        ("GET", "/workflows?state=odd", None, 422, "InvalidParameter", None),
        ("POST", "/workflows/submit", b"{", 422, "ConfigurationError", None),
        ("POST", "/workflows/submit", {"name": "x"}, 422, "ConfigurationError", None),
        ("POST", "/workflows/submit", [], 422, "ConfigurationError", None),
        ("POST", "/workflows/submit", b"[" * 100_000, 422, "ConfigurationError", None),
        ("POST", "/workflows/submit", b"\xff", 422, "ConfigurationError", "request body: is not UTF-8 text (byte 0)"),
        ("POST", "/workflows", {"template": "../../etc/passwd"}, 422, "ConfigurationError", None),
        ("POST", "/workflows", {"template": "nobodys"}, 404, "ExtensionNotFound", None),
        ("POST", "/workflows/wf-none/resume", None, 404, "RunNotFound", None),
        ("POST", "/workflows/wf-none/rollback", None, 404, "RunNotFound", None),
        ("DELETE", "/workflows/wf-none", None, 404, "RunNotFound", None),
        ("GET", "/workflows/wf-none/events", None, 404, "RunNotFound", None),
        ("GET", "/servers/no-such-server", None, 404, "NotFound", None),
        ("GET", "/servers?label=x", None, 422, "InvalidParameter", "label: expected KEY=VALUE, got 'x'"),
        ("GET", "/providers/nobodys/check", None, 422, "ConfigurationError", None),
        ("GET", "/extensions/nobodys", None, 404, "ExtensionNotFound", None),
        ("GET", "/extensions/nobodys/x", None, 404, "NotFound", "nothing answers at /extensions/nobodys/x"),
    ],
)
def test_every_error_is_in_the_envelope(
    method: str, path: str, body: Any, status: int, code: str, message: str | None, ask: Asking
) -> None:
    """The status is the one that the error declares, whoever refused the request."""
    answer = ask(method, path, body)
    assert (answer.status, answer.body["status"], answer.body["data"]) == (status, "error", None)
    assert answer.error["code"] == code
    assert message in (None, answer.error["message"])
    assert answer.body["metadata"]["request_id"] == answer.headers["X-Request-ID"]


def test_a_failure_that_nobody_foresaw_is_in_the_envelope(
    app: App, ask: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    """500, without a word of what it was; the log has it, under the request's id."""

    def fails() -> None:
        raise RuntimeError("a secret of the inside")

    assert ask.server is not None
    ask.server.api.add_api_route("/fails", fails)
    answer = ask.get("/fails", X_Request_ID="failing")
    assert (answer.status, answer.error["code"], b"secret" in answer.content) == (500, "InternalError", False)
    assert any(record.getMessage() == "request failing failed" and record.exc_info for record in caplog.records)


def test_a_body_that_is_not_json_is_refused(ask: Asking) -> None:
    """A form of a page elsewhere cannot submit anything."""
    answer = ask("POST", "/workflows/submit", echo(), {"Content-Type": "text/plain"})
    assert (answer.status, answer.error["code"]) == (415, "UnsupportedMediaType")


def test_all_problems_of_a_document_come_at_once(ask: Asking) -> None:
    """Each with its place, and no run is made."""
    body = {"name": "bad", "operations": [{"id": "a", "kind": "comand"}, {"id": "a", "kind": "command"}]}
    answer = ask("POST", "/workflows/submit", body)
    assert answer.status == 422
    assert answer.error["details"]["problems"]
    assert ask.get("/workflows").data == []


def test_runs_are_listed_page_by_page(ask: Asking) -> None:
    """Every run once, the newest first, though others come meanwhile; by state and by name if wanted."""
    for number in range(7):
        ask("POST", "/workflows/submit", echo(f"n{number % 2}", workflow_id=f"wf-{number}"))
        ask.wait(f"wf-{number}")
    seen: list[str] = []
    cursor = ""
    while True:
        answer = ask.get(f"/workflows?limit=3{cursor}")
        seen += [run["workflow_id"] for run in answer.data]
        following = answer.body["metadata"]["next_cursor"]
        if following is None:
            break
        cursor = f"&cursor={following}"
    assert seen == [f"wf-{number}" for number in reversed(range(7))]
    assert [run["workflow_id"] for run in ask.get("/workflows?name=n1").data] == ["wf-5", "wf-3", "wf-1"]
    assert ask.get("/workflows?state=failed").data == []
    assert ask.get("/workflows?cursor=wf-none").status == 404


def test_a_run_is_cancelled_resumed_and_rolled_back(ask: Asking, app: App) -> None:
    """Each is accepted at once, and its end is seen in the journal."""
    ask("POST", "/workflows/submit", waits(workflow_id="wf-w"))
    for line in ask.open("GET", "/workflows/wf-w/logs?follow=true"):
        if b'"OperationStarted"' in line and b'"waits"' in line:
            break
    locked = ask("POST", "/workflows/wf-w/resume")
    assert (locked.status, locked.error["code"]) == (409, "RunLocked")
    cancelled = ask("DELETE", "/workflows/wf-w")
    assert (cancelled.status, cancelled.data["run"]["cancel"]) == (202, "stop")
    (app.workspace / "go-on").touch()
    assert ask.wait("wf-w") in ("interrupted", "succeeded")
    assert ask("POST", "/workflows/wf-w/resume").status == 202
    assert ask.wait("wf-w") == "succeeded"
    strange = ask("POST", "/workflows/wf-w/rollback?skip=nobody")
    assert (strange.status, strange.error["code"]) == (422, "ConfigurationError")
    assert ask("POST", "/workflows/wf-w/rollback").status == 202
    assert ask.wait("wf-w") == "rolled_back"
    assert not (app.workspace / "first.txt").exists()
    again = ask("POST", "/workflows/wf-w/rollback")
    assert (again.status, again.error["code"]) == (409, "RunConflict")
    ended = ask("POST", "/workflows/wf-w/cancel")
    assert (ended.status, ended.error["code"]) == (409, "RunConflict")


def test_plans_and_graphs_change_nothing(ask: Asking, app: App) -> None:
    """They tell what would be done, in the forms that the command line has."""
    plan = ask("POST", "/workflows/plan", echo())
    assert (plan.status, plan.data["layers"]) == (200, [["a"]])
    assert ask("POST", "/workflows/graph", echo()).data["graph"].startswith("flowchart")
    assert ask("POST", "/workflows/graph?format=dot", echo()).data["graph"].startswith("digraph")
    assert ask.get("/workflows").data == []
    ask("POST", "/workflows", echo(workflow_id="wf-drawn"))
    assert ask.get("/workflows/wf-drawn/graph").data["format"] == "mermaid"


def test_what_the_workspace_has_is_told(ask: Asking) -> None:
    """Servers, providers, extensions and templates, as the command line lists them."""
    assert ask.get("/servers").data == []
    assert [provider["name"] for provider in ask.get("/providers").data] == ["local"]
    assert ask.get("/providers/local/check").data["reachable"] is True
    assert {"local", "kinds"} <= {record["name"] for record in ask.get("/extensions").data}
    assert {record["status"] for record in ask.get("/extensions?status=ready").data} == {"ready"}
    assert [record["name"] for record in ask.get("/extensions/local").data] == ["local"]
    assert ask.get("/templates").status == 200
    assert ask.get("/orphans").data == {"asked": 1, "strays": [], "failures": {}}


def test_a_server_made_by_a_run_is_listed(ask: Asking) -> None:
    """Page by page, by label, and by its id."""
    make = [
        {"id": f"s{number}", "kind": "server_create", "provider": "local", "parameters": {"name": f"web-{number}"}}
        for number in range(3)
    ]
    ask("POST", "/workflows", {"name": "make", "workflow_id": "wf-make", "operations": make})
    assert ask.wait("wf-make") == "succeeded"
    first = ask.get("/servers?limit=2")
    rest = ask.get(f"/servers?limit=2&cursor={first.body['metadata']['next_cursor']}")
    assert sorted(one["name"] for one in first.data + rest.data) == ["web-0", "web-1", "web-2"]
    assert [one["name"] for one in ask.get("/servers?label=provisioning-operation=s1").data] == ["web-1"]
    assert ask.get(f"/servers/{first.data[0]['id']}").data["id"] == first.data[0]["id"]


def test_figures_are_told_to_prometheus(ask: Asking) -> None:
    """Each has its meaning and its type."""
    ask("POST", "/workflows", echo(workflow_id="wf-1"))
    ask.wait("wf-1")
    answer = ask.get("/metrics")
    lines = answer.content.decode().splitlines()
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'provisioning_runs{state="succeeded"} 1' in lines
    figures = {line.split("{")[0].split()[0] for line in lines if not line.startswith("#")}
    assert {line.split()[2] for line in lines if line.startswith("# TYPE")} == figures
    assert ask.get("/health").data["status"] == "ok"


def test_what_the_command_line_started_is_seen_and_the_reverse(ask: Asking, app: App, tmp_path: Path) -> None:
    """Both write one journal."""
    app.run(echo(), workflow_id="by-hand")
    assert ask.get("/workflows/by-hand").data["state"] == "succeeded"
    ask("POST", "/workflows", echo(workflow_id="by-http"))
    ask.wait("by-http")
    assert app.status("by-http").state == "succeeded"


def test_the_reference_is_one_page_that_asks_nobody_else(ask: Asking) -> None:
    """Every route is on it; it has no script, and works without any network."""
    answer = ask.get("/docs")
    page = answer.content.decode()
    routes = ask.get("/openapi.json").body["paths"]
    assert [f"{method.upper()} {path}" for path, methods in routes.items() for method in methods] == re.findall(
        r"<h2><code>(.*?)</code>", page
    )
    assert ("<script" in page, "http" in page) == (False, False)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
