"""Programs in real runs: as good as Python, and where they fail, in doubt like any other."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from provisioning.app import App
from provisioning.contract import RunState, ServerState
from provisioning.errors import ConfigurationError, ExtensionError
from provisioning.testing import run_command
from tests.bridge.workshop import PRELUDE, is_gone

MANIFEST = """
[extension]
name = "{name}"
version = "1.0.0"
type = "{type}"
[compatibility]
provisioning = ">=1.0,<2"
hook_api = "1"
[entry_points]
{entry}
{more}
"""

CLOUD = PRELUDE + dedent("""
    HOOKS = "check_connection list_servers get_server create_server find_server delete_server".split()

    def path_of(request, token):
        return os.path.join(request["config"]["directory"], token + ".json")

    def carry_out(request):
        given, operation = request["parameters"], request["operation"]
        if operation == "describe":
            return answer(request, protocols=[1], hooks=HOOKS)
        if operation == "check_connection":
            return answer(request, reachable=True)
        if operation == "create_server":
            made = server(given["client_token"], client_token=given["client_token"], labels=given["labels"])
            made["name"] = given["spec"]["name"]
            path = path_of(request, given["client_token"])
            if not os.path.exists(path):
                with open(path + ".new", "w") as file:
                    json.dump(made, file)
                os.rename(path + ".new", path)
                fail(request)
            return answer(request, made)
        if operation == "delete_server":
            if os.path.exists(path_of(request, given["server_id"])):
                os.remove(path_of(request, given["server_id"]))
            return answer(request)
        if operation == "list_servers":
            names = sorted(os.listdir(request["config"]["directory"]))
            return answer(request, *[json.load(open(os.path.join(request["config"]["directory"], n))) for n in names])
        token = given.get("client_token") or given.get("server_id")
        if os.path.exists(path_of(request, token)):
            return answer(request, json.load(open(path_of(request, token))))
        return answer(request) if operation == "find_server" else failure(request, "NotFound", "no server")

    def fail(request):
        how = request["config"].get("fails")
        if how == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        elif how == "hangs":
            time.sleep(600)
        elif how == "floods":
            os.write(1, b"x" * 9_000_000)
        elif how == "babbles":
            print("created it!", flush=True)
        elif how == "mistakes":
            say({**answer(request), "id": "another"})
        elif how == "lies":
            say(answer({**request, "operation": "delete_server"}))
        elif how == "ends badly":
            say(answer(request))
            sys.exit(1)

    for request in requests():
        say(carry_out(request))
""")
"""A cloud of files. It fails after it has created a server, the first time that it is asked for one."""


def extension(place: Path, name: str, role: str, code: str, more: str = "", entry: str = "", **program: Any) -> Path:
    """Write an extension that is a program, and return its folder."""
    folder = place / name
    folder.mkdir(parents=True)
    (folder / "program.py").write_text(code)
    keys = {"command": [sys.executable, "program.py"], **program}
    words = ", ".join(
        f"{key} = {str(value).lower() if isinstance(value, bool) else value!r}" for key, value in keys.items()
    )
    text = MANIFEST.format(name=name, type=role, entry=f"{role} = {{ {words} }}\n{entry}", more=more)
    (folder / "extension.toml").write_text(text)
    return folder


@contextmanager
def opened(workspace: Path, tmp_path: Path, **overrides: Any) -> Iterator[App]:
    with App.open(workspace, overrides=overrides, environ={"HOME": str(tmp_path)}) as app:
        yield app


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def extensions(workspace: Path) -> Path:
    return workspace / "extensions"


@pytest.fixture
def cloud(tmp_path: Path) -> Path:
    """Where the servers of a cloud of files are."""
    folder = tmp_path / "cloud"
    folder.mkdir()
    return folder


CREATE = {"id": "a", "kind": "server_create", "provider": "box", "parameters": {"name": "a"}}
FLOW = {"name": "flow", "operations": [CREATE]}
FAILURES = ["dies", "hangs", "floods", "babbles", "mistakes", "lies", "ends badly"]


@pytest.mark.parametrize("mode", ["call", "serve"])
@pytest.mark.parametrize("fails", FAILURES)
def test_a_program_that_fails_after_it_has_created_is_in_doubt_and_its_server_adopted(
    workspace: Path, tmp_path: Path, extensions: Path, cloud: Path, mode: str, fails: str
) -> None:
    """Nothing leaks, nothing doubles: the engine asks for the token, and goes on with what it finds."""
    lag = "[provider]\nlisting_lag = 0.1"
    extension(extensions, "box", "provider", CLOUD, lag, mode=mode, timeout=2.0)
    instance = {"directory": str(cloud), "fails": fails}
    with opened(workspace, tmp_path, providers={"box": instance}) as app:
        report = app.run(FLOW)
        kinds = [event.kind for event in app.events(report.workflow_id)]
        servers = list(app.servers("box"))
        assert (report.state, [str(error.message) for _, error in report.failures]) == (RunState.SUCCEEDED, [])
        assert "OperationAdopted" in kinds
        assert [(server.name, server.state) for server in servers] == [("a", ServerState.RUNNING)]
        assert app.rollback(report.workflow_id).wait().state is RunState.ROLLED_BACK
        assert list(cloud.iterdir()) == []


def test_a_program_that_dies_before_it_has_created_is_asked_again(
    workspace: Path, tmp_path: Path, extensions: Path, cloud: Path
) -> None:
    """With the same token, after its absence is certain."""
    begin = 'if operation == "create_server":\n'
    code = CLOUD.replace(
        begin, f"{begin}        if not os.path.exists('died'): open('died', 'w').close(); sys.exit(1)\n"
    )
    extension(extensions, "box", "provider", code, "[provider]\nlisting_lag = 0.1")
    with opened(workspace, tmp_path, providers={"box": {"directory": str(cloud)}}) as app:
        assert app.run(FLOW).state is RunState.SUCCEEDED
        assert [server.name for server in app.servers("box")] == ["a"]


def test_a_kept_open_program_ends_with_the_application(
    workspace: Path, tmp_path: Path, extensions: Path, cloud: Path
) -> None:
    """It is shared by all operations of an instance, and nothing of it is left."""
    code = CLOUD + "\nopen('ended', 'a').write('x')\n"
    code = code.replace(
        "for request in requests():", "open('pids', 'a').write(f'{os.getpid()}\\n')\nfor request in requests():"
    )
    folder = extension(extensions, "box", "provider", code, mode="serve")
    flow = {
        "name": "flow",
        "operations": [{**CREATE, "id": f"n{n}", "parameters": {"name": f"n{n}"}} for n in range(20)],
    }
    with opened(workspace, tmp_path, providers={"box": {"directory": str(cloud)}}) as app:
        assert app.run(flow).state is RunState.SUCCEEDED
    pids = (folder / "pids").read_text().split()
    assert len(pids) == 2  # the one that described itself, and the one that was kept open
    assert all(is_gone(int(pid)) for pid in pids)
    assert (folder / "ended").read_text() == "xx"


def test_a_missing_interpreter_is_found_before_anything_is_changed(
    workspace: Path, tmp_path: Path, extensions: Path
) -> None:
    """The status says it, and a workflow that needs it stops at once."""
    extension(extensions, "box", "provider", CLOUD, command=["no-such-interpreter", "program.py"])
    with opened(workspace, tmp_path, providers={"box": {}}) as app:
        record = app.registry.get("box")
        assert (str(record.status), [problem.message for problem in record.problems]) == (
            "missing_dependency",
            ["it needs the program no-such-interpreter, which is not in PATH"],
        )
        with pytest.raises(ConfigurationError, match="which is not in PATH"):
            app.run(FLOW)
        assert list(app.runs()) == []


def test_a_program_that_is_not_what_its_manifest_says_is_refused(
    workspace: Path, tmp_path: Path, extensions: Path
) -> None:
    """Before it is asked to change anything; its record says so."""
    extension(extensions, "box", "provider", CLOUD, '[provider]\ncapabilities = ["reboot"]')
    with opened(workspace, tmp_path, providers={"box": {}}) as app:
        with pytest.raises(ExtensionError, match="its hooks lack reboot_server; its capabilities lack reboot"):
            app.provider("box")
        assert str(app.registry.get("box").status) == "failed"


def test_secrets_reach_the_program_and_nobody_else(workspace: Path, tmp_path: Path, extensions: Path) -> None:
    """What a schema or a name says is a secret is in no message."""
    begin = 'if operation == "check_connection":\n'
    code = CLOUD.replace(begin, f"{begin}        sys.exit('refused: ' + ' '.join(request['config'].values()))\n")
    folder = extension(extensions, "box", "provider", code, '[config]\nschema = "schema.json"')
    (folder / "schema.json").write_text('{"properties": {"pin": {"type": "string", "writeOnly": true}}}')
    instance = {"pin": "0000-1111", "api_key": "k-98765", "url": "https://box"}
    with opened(workspace, tmp_path, providers={"box": instance}) as app:
        status = app.provider("box").check_connection()
    assert not status.reachable
    assert status.message.endswith("; its last lines on stderr: refused: *** *** https://box")


KIND = PRELUDE + dedent("""
    KIND = {
        "name": "note_add", "summary": "add a line to a file", "parameters": {"type": "object"},
        "prepares": True, "settles": True, "on_doubt": "fail",
    }
    HOOKS = ["run_operation", "prepare_operation", "settle_operation", "compensate_operation", "on_event"]

    def carry_out(request):
        if request["operation"] == "describe":
            return answer(request, protocols=[1], hooks=HOOKS, kinds=[KIND])
        if request["operation"] == "on_event":
            open("events", "a").write(request["parameters"]["event"]["kind"] + "\\n")
            return answer(request)
        operation = request["parameters"]["operation"]
        path = os.path.join(request["context"]["directory"], operation["parameters"]["path"])
        if request["operation"] == "prepare_operation":
            compensation = {"action": "CustomAction", "summary": "remove the note", "data": {"path": path}}
            return answer(request, compensation=compensation)
        if request["operation"] == "run_operation":
            open(path, "a").write("note\\n")
            if operation["parameters"].get("dies"):
                sys.exit(9)
            return answer(request, {"type": "file", "id": path}, result={"length": os.path.getsize(path)})
        if request["operation"] == "settle_operation":
            return answer(request, outcome="done" if os.path.exists(path) else "absent")
        os.remove(request["parameters"]["compensation"]["data"]["path"])
        return answer(request)

    for request in requests():
        say(carry_out(request))
""")
PROGRAM = f"{{ command = ['{sys.executable}', 'program.py'] }}"
BOTH = {
    "more": '[workflow]\noperation_kinds = ["note_add"]\n[hooks]\nimplements = ["on_event"]',
    "entry": f"hooks = {PROGRAM}",
}


def note(path: str, **more: Any) -> dict[str, Any]:
    return {"id": "n", "kind": "note_add", "parameters": {"path": path, **more}}


def test_a_kind_that_is_a_program_runs_and_is_undone(workspace: Path, tmp_path: Path, extensions: Path) -> None:
    """One program may bring kinds and listen as well; its result is one like any other."""
    folder = extension(extensions, "notes", "workflow", KIND, **BOTH)
    echo = {"id": "e", "kind": "command", "parameters": {"command": ["echo", "length {{operations.n.result.length}}"]}}
    with opened(workspace, tmp_path) as app:
        report = app.run({"name": "flow", "operations": [note("x"), echo]})
        assert report.state is RunState.SUCCEEDED
        results = {record.operation_id: record.result for record in app.operations(report.workflow_id)}
        assert results["e"] is not None
        assert results["e"]["stdout"] == "length 5\n"
        assert app.rollback(report.workflow_id).wait().state is RunState.ROLLED_BACK
        heard = [event.kind for event in app.events(report.workflow_id)]
    assert not (workspace / "x").exists()
    assert (folder / "events").read_text().split() == heard


def test_a_kind_that_dies_is_asked_what_it_did(workspace: Path, tmp_path: Path, extensions: Path) -> None:
    """It says so itself, where it can; the note was added, and is not added again."""
    extension(extensions, "notes", "workflow", KIND, **BOTH)
    with opened(workspace, tmp_path) as app:
        assert app.run({"name": "flow", "operations": [note("x", dies=True)]}).state is RunState.SUCCEEDED
    assert (workspace / "x").read_text() == "note\n"


def test_it_is_examined_without_leaving_anything_behind(
    workspace: Path, tmp_path: Path, extensions: Path, cloud: Path
) -> None:
    """`extension validate --import` runs it, and says what is wrong with it."""
    extension(extensions, "box", "provider", CLOUD, mode="serve")
    extension(extensions, "bad", "provider", "import nothing_like_it", mode="serve")
    instances = {"box": {"directory": str(cloud)}, "bad": {}}
    with opened(workspace, tmp_path, providers=instances) as app:
        assert app.extensions.examine(app.registry.get("box"), with_code=True).problems == ()
        (problem,) = app.extensions.examine(app.registry.get("bad"), with_code=True).problems
    assert "ended without an answer, asked for describe; exit status 1" in problem.message
    assert "ModuleNotFoundError: No module named 'nothing_like_it'" in problem.message


GREET = """
[commands.greet]
help = "Say hello"
entry = {{ command = [{python!r}, "greet.py"] }}
"""


def test_a_command_may_be_a_program(workspace: Path, extensions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets the arguments as they are, and what it answers is printed."""
    monkeypatch.chdir(workspace)
    more = BOTH["more"] + GREET.format(python=sys.executable)
    folder = extension(extensions, "notes", "workflow", KIND, more, BOTH["entry"])
    code = """
        request = next(requests())
        given = request["parameters"]
        if given["arguments"] == ["fail"]:
            say(failure(request, "NotToday", "it is Monday"))
        elif given["arguments"] == ["crash"]:
            sys.exit("no")
        else:
            text = json.dumps([request["operation"], given, request["context"]["directory"]])
            say(answer(request, text=text, exit_code=len(given["arguments"])))
    """
    (folder / "greet.py").write_text(PRELUDE + dedent(code))
    result = run_command("--output", "json", "greet", "a b", "--loud", "$(x)")
    given = {"command": "greet", "arguments": ["a b", "--loud", "$(x)"], "output": "json"}
    assert (result.exit_code, result.stderr) == (3, "")
    assert json.loads(result.stdout) == ["run_command", given, str(workspace)]
    failed = run_command("greet", "fail")
    assert (failed.exit_code, failed.stderr) == (1, "error: NotToday: it is Monday\n")
    crashed = run_command("greet", "crash")
    assert crashed.exit_code == 1
    assert (
        "ended without an answer, asked for run_command; exit status 1; its last lines on stderr: no" in crashed.stderr
    )
