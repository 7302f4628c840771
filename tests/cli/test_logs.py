"""Structured logs: one JSON object a line, with the run and the operation that each is about."""

import json
from pathlib import Path


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
