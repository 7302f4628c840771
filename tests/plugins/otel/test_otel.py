"""Traces: one for each run, one span for each operation, at a real collector over HTTP, from every process."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from provisioning.app import App
from provisioning.bridge.request import Request
from provisioning.contract import OperationContext, RunState
from provisioning.contract.trace import span_id, trace_id, traceparent
from tests.fleet import Fleet
from tests.postgres import running_server


class Collector:
    """A collector that keeps every span that it is sent, by name."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        spans = self.spans

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = ExportTraceServiceRequest()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    import gzip

                    body = gzip.decompress(body)
                request.ParseFromString(body)
                for resource in request.resource_spans:
                    for scope in resource.scope_spans:
                        spans.extend(scope.spans)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/traces"

    def close(self) -> None:
        """Collect no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def named(self, name: str) -> list[Any]:
        """Return the spans of a name."""
        return [span for span in self.spans if span.name == name]


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Yield a collector."""
    collector = Collector()
    yield collector
    collector.close()


def settings(url: str) -> dict[str, Any]:
    return {"extensions": {"enabled": ["otel"], "options": {"otel": {"endpoint": url, "flush_seconds": 2}}}}


def opened(folder: Path, url: str) -> App:
    flat = {"extensions.enabled": ["otel"], "extensions.options.otel": settings(url)["extensions"]["options"]["otel"]}
    return App.open(folder, overrides=flat, environ={**os.environ, "HOME": str(folder)})


def command(name: str, *words: str) -> dict[str, Any]:
    return {"id": name, "kind": "command", "parameters": {"command": list(words)}}


def attributes(span: Any) -> Mapping[str, str]:
    return {pair.key: pair.value.string_value for pair in span.attributes}


def test_one_trace_a_run_and_one_span_an_operation(tmp_path: Path, collector: Collector) -> None:
    """The run's span is the root, those of operations stand below it, and those of calls below these."""
    with opened(tmp_path, collector.url) as app:
        document = {"name": "t", "operations": [command("good", "true"), command("bad", "false")]}
        report = app.run({**document, "dependencies": {"bad": ["good"]}}, workflow_id="wf-1")
        assert report.state is RunState.ROLLED_BACK
    (run,), (good,), (bad,) = collector.named("run"), collector.named("good"), collector.named("bad")
    assert {span.trace_id.hex() for span in collector.spans} == {trace_id("wf-1")}
    assert (run.span_id.hex(), run.parent_span_id) == (span_id("wf-1"), b"")
    assert good.span_id.hex() == span_id("wf-1", "good")
    assert {good.parent_span_id, bad.parent_span_id} == {run.span_id}
    assert (good.status.code, bad.status.code, run.status.code) == (0, 2, 2)
    assert attributes(good)["provisioning.kind"] == "command"
    assert attributes(bad)["provisioning.error.code"] == "OperationFailed"
    calls = collector.named("run_operation")
    assert {call.parent_span_id for call in calls} == {good.span_id, bad.span_id}
    assert good.start_time_unix_nano < good.end_time_unix_nano <= run.end_time_unix_nano


def test_a_resumed_run_goes_on_in_its_trace(tmp_path: Path, collector: Collector) -> None:
    """Another process sends its spans into the same trace; the run's own is sent once, at its end."""
    document = {"name": "t", "operations": [command("a", "true"), command("b", "sh", "-c", "[ -e go ]")]}
    with opened(tmp_path, collector.url) as app:
        report = app.run(
            {**document, "configuration": {"on_failure": "stop", "retry": {"attempts": 1}}}, workflow_id="w"
        )
        assert report.state is RunState.FAILED
    (tmp_path / "go").touch()
    with opened(tmp_path, collector.url) as app:
        assert app.resume("w").wait().state is RunState.SUCCEEDED
    assert {span.trace_id.hex() for span in collector.spans} == {trace_id("w")}
    assert [span.status.code for span in collector.named("b")] == [2, 0]


def test_a_collector_that_is_away_changes_nothing(tmp_path: Path) -> None:
    """The run succeeds, and the program ends within the time that it is given."""
    with opened(tmp_path, "http://127.0.0.1:9/v1/traces") as app:
        assert app.run({"name": "t", "operations": [command("a", "true")]}).state is RunState.SUCCEEDED


def test_workers_send_into_the_same_trace(tmp_path: Path, collector: Collector) -> None:
    """The context needs no carrying: a worker's call stands below the operation that its driver tells of."""
    with running_server() as server:
        fleet = Fleet(tmp_path, server, settings(collector.url))
        try:
            worker = fleet.worker()
            with fleet.open() as app:
                document = {"name": "t", "operations": [command("a", "sh", "-c", "echo $PPID")]}
                assert app.run(document, workflow_id="wf").state is RunState.SUCCEEDED
            assert worker.end() == 0
        finally:
            fleet.close()
    ((operation,), (call,)) = collector.named("a"), collector.named("run_operation")
    assert call.parent_span_id == operation.span_id
    assert {span.trace_id.hex() for span in collector.spans} == {trace_id("wf")}


def test_programs_in_other_languages_are_told(tmp_path: Path) -> None:
    """A request says which span it belongs to, as W3C Trace Context writes it; outside of a run it says none."""
    context = OperationContext(workflow_id="wf", operation_id="a", directory=str(tmp_path))
    told = json.loads(Request("run_operation").line("1", "own", str(tmp_path), context))
    assert told["context"]["traceparent"] == traceparent("wf", "a")
    assert traceparent("wf", "a") == f"00-{trace_id('wf')}-{span_id('wf', 'a')}-01"
    outside = json.loads(Request("describe").line("1", "own", str(tmp_path), OperationContext()))
    assert outside["context"]["traceparent"] is None


def test_the_extra_is_missed_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the SDK the extension says what to install, and a run goes on without it."""
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with opened(tmp_path, "http://127.0.0.1:9/v1/traces") as app:
        assert app.run({"name": "t", "operations": [command("a", "true")]}).state is RunState.SUCCEEDED
        problems = [problem.message for problem in app.registry.get("otel").problems]
    assert any("which is not installed" in problem for problem in problems), problems
