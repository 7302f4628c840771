"""What traces must not do: tell a secret, hold a run up, or contradict what the environment says."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from provisioning.contract import RunState
from provisioning.contract.trace import span_id, trace_id, traceparent
from provisioning.testing import ExtensionShop, IsolatedWorkspace, manifest
from tests.plugins.otel.test_otel import Collector, attributes, command

INSTRUMENTED = """
from opentelemetry import trace
from provisioning import Done, OperationKind, Throttling, hookimpl
class Handler:
    tries = 0
    @hookimpl
    def run_operation(self, operation):
        self.tries += 1
        if self.tries < operation.parameters.get("tries", 1):
            raise Throttling("too many", provider="none")
        found = trace.get_current_span().get_span_context()
        return Done({"trace_id": f"{found.trace_id:032x}", "flags": int(found.trace_flags)})
class Plugin:
    @hookimpl
    def operation_kinds(self):
        return [OperationKind("ask", "asks", {"properties": {"tries": {"type": "integer"}}}, Handler())]
"""

BASH = """
request=$(cat)
case $(jq -r .operation <<< "$request") in
  describe)
    kinds='[{"name": "ask", "summary": "asks", "parameters": {}}]'
    answer='{"protocols": [1], "hooks": ["run_operation"], "kinds": '$kinds'}' ;;
  *) answer=$(jq -c --arg env "$TRACEPARENT" '{result: {env: $env, context: .context.traceparent}}' <<< "$request") ;;
esac
jq -c --argjson answer "$answer" '{status: "success", result: {operation, metadata: $answer}}' <<< "$request"
"""


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()
    yield found
    found.close()


@pytest.fixture
def ask(isolated_workspace: IsolatedWorkspace, make_extension: ExtensionShop) -> Callable[..., None]:
    """Use an extension that brings the kind `ask`: a module, or a program."""

    def use(file: str, code: str) -> None:
        more = '[workflow]\noperation_kinds = ["ask"]'
        text = manifest("asker", type="workflow", entry="asker_plugin:Plugin", more=more)
        if not file.endswith(".py"):
            text = text.replace('"asker_plugin:Plugin"', f'{{ command = ["bash", "{file}"] }}')
        isolated_workspace.enable(make_extension.folder("asker", text, {file: code}))

    return use


def flow(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"workflow_id": "wf", "name": "deploy", "operations": list(operations), **more}


def asking(**parameters: Any) -> dict[str, Any]:
    return {"id": "a", "kind": "ask", "parameters": parameters}


def test_no_span_tells_a_secret(
    isolated_workspace: IsolatedWorkspace, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a call raises is not redacted yet: its span has the error's code, and no message."""
    monkeypatch.setenv("THE_PASSWORD", "swordfish-9876")
    bad = command("bad", "sh", "-c", "echo trying $P; echo no login with $P >&2; exit 1")
    bad["parameters"]["env"] = {"P": "{{env.THE_PASSWORD}}"}
    isolated_workspace.enable("otel", {"endpoint": collector.url})
    with isolated_workspace.open() as app:
        assert app.run(flow(bad)).state is RunState.ROLLED_BACK
    assert "swordfish" not in str(collector.spans)
    (call,) = collector.named("run_operation")
    assert (call.status.code, call.status.message, len(call.events)) == (2, "", 0)
    assert attributes(call)["provisioning.error.code"] == "OperationFailed"
    (span,) = collector.named("bad")
    assert span.status.message.endswith("no login with *** failed") or "***" in span.status.message
    assert [event.name for event in span.events] == []


def test_the_undoing_has_a_span_and_its_call_stands_below(
    isolated_workspace: IsolatedWorkspace, collector: Collector
) -> None:
    """Below the run, like the operation's; what never began has none."""
    done = {**command("done", "true"), "parameters": {"command": ["true"], "undo": ["true"]}}
    isolated_workspace.enable("otel", {"endpoint": collector.url})
    with isolated_workspace.open() as app:
        needs = {"bad": ["done"], "never": ["bad"]}
        app.run(flow(done, command("bad", "false"), command("never", "true"), dependencies=needs))
    (undo,), (call,) = collector.named("undo done"), collector.named("compensate_operation")
    assert (undo.span_id.hex(), undo.parent_span_id.hex()) == (span_id("wf", "undo done"), span_id("wf"))
    assert call.parent_span_id == undo.span_id
    assert len(collector.named("done")) == 1
    assert collector.named("never") == []


def test_a_run_that_is_undone_later_has_its_whole_time(
    isolated_workspace: IsolatedWorkspace, collector: Collector
) -> None:
    """Its span begins where the run began, whoever ends it."""
    done = {**command("a", "true"), "parameters": {"command": ["true"], "undo": ["true"]}}
    isolated_workspace.enable("otel", {"endpoint": collector.url})
    with isolated_workspace.open() as app:
        app.run(flow(done))
    with isolated_workspace.open() as app:
        app.rollback("wf").wait()
    first, second = collector.named("run")
    assert (first.span_id, first.start_time_unix_nano) == (second.span_id, second.start_time_unix_nano)
    assert attributes(second)["provisioning.name"] == "deploy"
    assert "provisioning.created_at" not in attributes(second)


def test_a_retry_is_an_event_of_one_span(
    isolated_workspace: IsolatedWorkspace, collector: Collector, ask: Callable[..., None]
) -> None:
    """However often an operation is tried; each call has a span below it."""
    ask("asker_plugin.py", INSTRUMENTED)
    isolated_workspace.enable("otel", {"endpoint": collector.url})
    with isolated_workspace.open() as app:
        report = app.run(flow({**asking(tries=3), "retry": {"attempts": 3, "initial_delay": 0.01}}))
        assert report.state is RunState.SUCCEEDED, report.failures
    (span,) = collector.named("a")
    assert [event.name for event in span.events] == ["OperationRetried", "OperationRetried"]
    assert [call.parent_span_id for call in collector.named("run_operation")] == [span.span_id] * 3


@pytest.mark.parametrize(("sampler", "flags"), [("parentbased_always_on", 1), ("parentbased_always_off", 0)])
def test_a_trace_is_sampled_as_a_whole(
    isolated_workspace: IsolatedWorkspace,
    collector: Collector,
    ask: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    sampler: str,
    flags: int,
) -> None:
    """Every process decides as any other would; what an instrumented SDK does in a call is in the trace."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
    ask("asker_plugin.py", INSTRUMENTED)
    isolated_workspace.enable("otel", {"endpoint": collector.url})
    with isolated_workspace.open() as app:
        app.run(flow(asking()))
        (record,) = app.operations("wf")
    assert record.result == {"trace_id": trace_id("wf"), "flags": flags}
    assert len(collector.spans) == 3 * flags


@pytest.mark.parametrize(
    ("said", "options", "name"),
    [({}, {}, "provisioning"), ({"OTEL_SERVICE_NAME": "ours"}, {}, "ours"), ({}, {"service_name": "mine"}, "mine")],
)
def test_the_service_is_what_option_or_environment_say(
    isolated_workspace: IsolatedWorkspace,
    monkeypatch: pytest.MonkeyPatch,
    said: dict[str, str],
    options: Any,
    name: str,
) -> None:
    """The option wins."""
    from provisioning_otel.tracing import _resource

    for variable, value in said.items():
        monkeypatch.setenv(variable, value)
    assert _resource(options.get("service_name")).attributes["service.name"] == name


def test_a_program_in_another_language_is_told_where_it_belongs(
    isolated_workspace: IsolatedWorkspace, ask: Callable[..., None]
) -> None:
    """In the request, in the environment of one that serves one request, and in that of a command."""
    ask("ask.sh", BASH)
    with isolated_workspace.open() as app:
        report = app.run(flow(asking(), command("b", "sh", "-c", "echo $TRACEPARENT")))
        assert report.state is RunState.SUCCEEDED, report.failures
        told = {record.operation_id: dict(record.result or {}) for record in app.operations("wf")}
    assert told["a"] == {"env": traceparent("wf", "a"), "context": traceparent("wf", "a")}
    assert told["b"]["stdout"].strip() == traceparent("wf", "b")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_an_unreachable_collector_costs_nothing(
    isolated_workspace: IsolatedWorkspace, caplog: pytest.LogCaptureFixture
) -> None:
    """The end is not waited for, and one line says that spans are lost, without what may be secret of the URL."""
    port = free_port()
    url = f"http://me:hunter22@127.0.0.1:{port}/hidden"
    isolated_workspace.enable("otel", {"endpoint": url, "flush_seconds": 60})
    with isolated_workspace.open() as app:
        assert app.run(flow(command("a", "true"))).state is RunState.SUCCEEDED
        began = time.monotonic()
    assert time.monotonic() - began < 10
    lost = "3 are lost, further ones are counted; runs go on as they would"
    assert warnings_in(caplog) == [f"spans could not be sent to http://127.0.0.1:{port}: {lost}"]


def test_a_collector_that_hangs_is_waited_for_as_long_as_was_said(
    isolated_workspace: IsolatedWorkspace, caplog: pytest.LogCaptureFixture
) -> None:
    """The program ends, and says what became of the spans."""
    gate = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            gate.wait(30)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        isolated_workspace.enable("otel", {"endpoint": f"{url}/v1/traces", "flush_seconds": 0.1})
        with isolated_workspace.open() as app:
            assert app.run(flow(command("a", "true"))).state is RunState.SUCCEEDED
            began = time.monotonic()
        assert time.monotonic() - began < 10
        assert warnings_in(caplog)[-1] == f"spans that were left could not be sent to {url} in 0.1 s"
    finally:
        gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_every_option_is_documented() -> None:
    """A setting without documentation is a failing test."""
    import json

    root = Path(__file__).parents[3]
    schema = json.loads((root / "plugins" / "provisioning_otel" / "config.schema.json").read_text())
    section = (root / "docs" / "bundled.md").read_text().split("\n## otel\n")[1].split("\n## ")[0]
    assert [name for name in schema["properties"] if f"`{name}`" not in section] == []
