"""Structured logs: one JSON object a line, with the run and the operation that each is about."""

import json
import logging
from pathlib import Path

import pytest

from provisioning.app import App
from provisioning.contract.operation_log import OperationLogger
from tests.app.test_programs import extension
from tests.bridge.workshop import PRELUDE


def _flow(workspace: Path) -> None:
    operation = {"id": "a", "kind": "command", "parameters": {"command": ["true"]}}
    (workspace / "flow.json").write_text(json.dumps({"name": "flow", "operations": [operation]}))


def test_json_logs_name_run_and_operation(program, workspace: Path) -> None:
    """Events of the run are logged with what they tell, and every line can be read by a program."""
    _flow(workspace)
    done = program("workflow", "run", "flow.json", "--workflow-id", "wf", "--log-format", "json", "-o", "json")
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    told = [(line.get("operation_id"), line["message"]) for line in lines if line["logger"] == "provisioning.events"]
    assert (None, "run wf: WorkflowStarted") in told
    assert ("a", "run wf: OperationSucceeded a") in told
    assert {line["workflow_id"] for line in lines if line["logger"] == "provisioning.events"} == {"wf"}
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)


def test_what_is_logged_in_a_call_names_it(program, workspace: Path) -> None:
    """Whatever an extension logs while it carries an operation out says for which one that was."""
    folder = workspace / "extensions" / "loud"
    folder.mkdir(parents=True)
    (folder / "extension.toml").write_text(
        '[extension]\nname = "loud"\nversion = "1.0.0"\ntype = "workflow"\ndescription = "Logs"\n'
        '[compatibility]\nprovisioning = ">=1.0.0a1,<2"\nhook_api = "1"\npython = ">=3.11"\n'
        '[entry_points]\nworkflow = "loud_plugin:Plugin"\n[workflow]\noperation_kinds = ["loud"]\n'
    )
    (folder / "loud_plugin.py").write_text(
        "import logging\n"
        "from provisioning.contract import Done, OperationKind, hookimpl\n"
        "class Handler:\n"
        "    @hookimpl\n"
        "    def run_operation(self, operation):\n"
        "        logging.getLogger('provisioning.loud').warning('here')\n"
        "        return Done()\n"
        "class Plugin:\n"
        "    @hookimpl\n"
        "    def operation_kinds(self):\n"
        "        return [OperationKind('loud', 'loud', {'type': 'object'}, Handler())]\n"
    )
    (workspace / "flow.json").write_text(json.dumps({"name": "flow", "operations": [{"id": "x", "kind": "loud"}]}))
    done = program("workflow", "run", "flow.json", "--workflow-id", "wf", "--log-format", "json", "-o", "json")
    assert done.returncode == 0, done.stderr
    (line,) = [json.loads(text) for text in done.stderr.splitlines() if "provisioning.loud" in text]
    assert (line["workflow_id"], line["operation_id"], line["message"]) == ("wf", "x", "here")


def test_text_logs_are_lines(program, workspace: Path) -> None:
    """For people, the same in words."""
    _flow(workspace)
    done = program("workflow", "run", "flow.json", "--log-format", "text", "-o", "json")
    assert "INFO provisioning.events: run wf-" in done.stderr


WAITS = (
    PRELUDE
    + """
KIND = {"name": "chat", "summary": "talks", "parameters": {}}
for request in requests():
    if request["operation"] == "describe":
        say(answer(request, protocols=[1], hooks=["run_operation"], kinds=[KIND]))
    else:
        print("warning: the cloud is slow", file=sys.stderr, flush=True)
        while not os.path.exists("GO"): time.sleep(0.01)
        say(answer(request))
"""
)
"""A program that answers when somebody has heard what it logs."""


class _Waited(logging.Handler):
    """Keeps records, and lets the program go on that waits until it is heard."""

    def __init__(self, go: Path) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self._go = go

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self._go.touch()


def test_a_thread_that_carries_nothing_out_hears_for_whom_it_is(workspace: Path, tmp_path: Path) -> None:
    """That of a program that is kept open hears what it logs while a request is under way."""
    go = tmp_path / "go"
    code = WAITS.replace("GO", str(go))
    brings = '[workflow]\noperation_kinds = ["chat"]'
    extension(workspace / "extensions", "chatty", "workflow", code, brings, mode="serve")
    handler, logger = _Waited(go), logging.getLogger("provisioning.operation")
    logger.addHandler(handler)
    try:
        with App.open(workspace) as app:
            operation = {"id": "a", "kind": "chat", "parameters": {}}
            assert app.run({"name": "flow", "operations": [operation]}, workflow_id="wf").state == "succeeded"
    finally:
        logger.removeHandler(handler)
    (record,) = handler.records
    assert (record.__dict__["workflow_id"], record.__dict__["operation_id"]) == ("wf", "a")
    assert (record.levelname, record.getMessage()) == ("WARNING", "the cloud is slow")


def test_an_operations_logger_is_a_logger_like_its_parent(caplog: pytest.LogCaptureFixture) -> None:
    """It has the parent's level and handlers, and a record may carry more."""
    logger = OperationLogger("wf", "a")
    with caplog.at_level(logging.INFO, "provisioning.operation"):
        logger.debug("not shown")
        logger.info("shown", extra={"size": 3})
    (record,) = caplog.records
    assert (record.name, record.__dict__["workflow_id"], record.__dict__["size"]) == ("provisioning.operation", "wf", 3)
