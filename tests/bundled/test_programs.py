"""The bundled extensions that are programs: each does what it is for, in a real run."""

import json
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from provisioning.app import App
from provisioning.bridge import client, decoding, log, session
from provisioning.contract import RunState
from provisioning.extensions import Registry, Selection, Status, bundled_folder
from tests.bundled.activated import folder
from tests.bundled.programs import NAMES, needs

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "provisioning" / "extensions"


def command(name: str, *words: str) -> dict[str, Any]:
    return {"id": name, "kind": "command", "parameters": {"command": list(words)}}


def flow(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"name": "flow", "operations": list(operations)}


@pytest.mark.parametrize("name", NAMES)
def test_each_is_off_until_it_is_enabled(name: str) -> None:
    """Found, read, and not run."""
    registry = Registry.discover(bundled=bundled_folder())
    assert registry.get(name).status is Status.DISABLED


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_it_is_and_how_it_is_configured(name: str) -> None:
    """A README, a description, a section of the documentation, a schema with a sentence for each option."""
    manifest = Registry.discover(bundled=bundled_folder()).get(name).manifest
    assert manifest.extension.description
    assert (folder(name) / "README.md").read_text().startswith(f"# {name}\n")
    section = (DOCS / "bundled.md").read_text().split(f"\n## {name}\n")[1].split("\n## ")[0]
    if manifest.config.schema_file is not None:
        schema = json.loads((folder(name) / manifest.config.schema_file).read_text())
        Draft202012Validator.check_schema(schema)
        assert schema["additionalProperties"] is False
        assert [key for key, part in schema["properties"].items() if "description" not in part] == []
        assert [key for key in schema["properties"] if f"`{key}`" not in section] == []


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_missing_dependency_where_its_language_is_not(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known without running anything, and with a hint."""
    monkeypatch.setenv("PATH", "/nowhere")
    record = Registry.discover(bundled=bundled_folder(), selection=Selection(enabled=[name])).get(name)
    assert record.status is Status.MISSING_DEPENDENCY
    assert {str(problem.code) for problem in record.problems} == {"program_missing"}
    assert all(problem.hint for problem in record.problems)


@needs("bash", "jq")
def test_bash_freeze_denies_while_there_is_its_file(opened: Callable[..., App], workspace: Path) -> None:
    """The text of the file is the reason; without the file everything goes on."""
    freeze = workspace / "frozen here"
    with opened("bash-freeze", {"file": "frozen here"}) as app:
        assert app.run(flow(command("a", "true"))).state is RunState.SUCCEEDED
        freeze.write_text('"no" changes until Monday\n')
        report = app.run(flow(command("b", "touch", "changed")))
    assert [error.message for _, error in report.failures] == [
        'operation b (command) is denied: extension bash-freeze: frozen: "no" changes until Monday'
    ]
    assert not (workspace / "changed").exists()


@needs("bash", "jq")
def test_bash_freeze_denies_when_it_fails(opened: Callable[..., App], workspace: Path) -> None:
    """A guard that cannot tell is no open door, and says what it said itself."""
    (workspace / "folder").mkdir()
    with opened("bash-freeze", {"file": "folder"}) as app:
        report = app.run(flow(command("a", "true")))
    (message,) = [error.message for _, error in report.failures]
    assert (
        "program `bash guard.sh` (extension bash-freeze) ended without an answer, asked for check_operation" in message
    )
    assert "exit status 1; its last lines on stderr: head: error reading 'folder': Is a directory" in message


@needs("node")
def test_node_timeline_tells_how_long_each_operation_took(opened: Callable[..., App], workspace: Path) -> None:
    """In one file a run, written when it ends."""
    with opened("node-timeline", {"directory": "timelines"}) as app:
        report = app.run(flow(command("a", "true"), command("b", "false")))
        app.run(flow(command("c", "true")))
    assert len(list((workspace / "timelines").iterdir())) == 2
    written = json.loads((workspace / "timelines" / f"{report.workflow_id}.json").read_text())
    assert {name: one["ended"] for name, one in written["operations"].items()} == {
        "a": "OperationSucceeded",
        "b": "OperationFailed",
    }
    assert all(one["seconds"] >= 0 for one in written["operations"].values())


@needs("node")
def test_node_timeline_has_a_directory_of_its_own(opened: Callable[..., App], state: Path) -> None:
    """Where none is configured."""
    with opened("node-timeline", {}) as app:
        report = app.run(flow(command("a", "true")))
    assert [path.name for path in (state / "node-timeline").iterdir()] == [f"{report.workflow_id}.json"]


@needs("bash", "jq")
def test_the_example_in_the_documentation_works(workspace: Path, tmp_path: Path) -> None:
    """Manifest and program, as they stand there."""
    page = (DOCS / "programs.md").read_text()
    example = page.split("## The whole of it, in Bash")[1]
    place = tmp_path / "closed-on-monday"
    place.mkdir()
    for language, name in (("toml", "extension.toml"), ("bash", "guard.sh")):
        (place / name).write_text(example.split(f"```{language}\n")[1].split("```")[0].replace("date +%u", "echo 1"))
    with App.open(workspace, extension_paths=[place], environ={"HOME": str(tmp_path)}) as app:
        report = app.run(flow(command("a", "true")))
    assert [error.message for _, error in report.failures] == [
        "operation a (command) is denied: extension closed-on-monday: not on a Monday"
    ]


def test_the_bounds_in_the_documentation_are_those_of_the_code() -> None:
    """Each number is written once more for people."""
    page = (DOCS / "programs.md").read_text()
    for line in (
        f"an answer that spans lines | {decoding.LINE_LIMIT // 2**20} MiB |",
        f"all output of a process in mode `call` | {decoding.TOTAL_LIMIT // 2**30} GiB |",
        f"an answer that is not a list | {client.MOST_RESOURCES:,} |",
        f"a stream of a shared process | {session.FLOOD:,} |",
        f"log lines of one process | {log.MOST:,} of at most {log.LONGEST // 1024} KiB each |",
    ):
        assert line in page


def read(name: str, path: str, *keys: str | int) -> dict[str, Any]:
    return {"id": name, "kind": "data_read", "parameters": {"path": path, "keys": list(keys)}}


@needs("nu")
def test_nushell_data_reads_what_a_later_operation_uses(opened: Callable[..., App], workspace: Path) -> None:
    """A workflow calls a module in Nushell, and its result is one like any other."""
    (workspace / "sizes.csv").write_text("name,cpus\nsmall,1\nlarge,8\n")
    (workspace / "deep.toml").write_text('[a."b.c"]\nd = [1, 2, 3]\n')
    echo = command("echo", "echo", "{{operations.size.result.value}} {{operations.deep.result.value}}")
    with opened("nushell-data", {}) as app:
        report = app.run(
            flow(read("size", "sizes.csv", 1, "name"), read("deep", "deep.toml", "a", "b.c", "d", 2), echo)
        )
        assert report.state is RunState.SUCCEEDED
        results = {record.operation_id: record.result for record in app.operations(report.workflow_id)}
    assert results["size"] == {"value": "large"}
    assert results["echo"]["stdout"] == "large 3\n"


@needs("nu")
def test_nushell_data_says_what_is_not_there(opened: Callable[..., App], workspace: Path) -> None:
    """The file, or what should stand in it."""
    (workspace / "x.json").write_text('{"a": 1}')
    with opened("nushell-data", {}) as app:
        report = app.run(
            {**flow(read("a", "none.json"), read("b", "x.json", "b")), "configuration": {"on_failure": "continue"}}
        )
    assert sorted(error.message for _, error in report.failures) == [
        f"CannotRead: there is no b in {workspace}/x.json",
        f"CannotRead: there is no file {workspace}/none.json",
    ]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build rust-tcp-wait in a place of its own, and return its folder."""
    place = tmp_path_factory.mktemp("rust") / "rust-tcp-wait"
    shutil.copytree(folder("rust-tcp-wait"), place, ignore=shutil.ignore_patterns("target"))
    build = ["cargo", "build", "--release", "--offline", "--quiet", "--target-dir", str(place / "target")]
    subprocess.run(build, cwd=place, check=True, timeout=300)
    return place


@needs("cargo")
def test_rust_tcp_wait_waits_until_somebody_answers(built: Path, workspace: Path, tmp_path: Path) -> None:
    """It is asked again as long as nobody does, and holds no thread up meanwhile."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        host, port = server.getsockname()
        operation = {"id": "up", "kind": "tcp_wait", "parameters": {"host": host, "port": port, "every": 0.05}}
        overrides = {"extensions": {"enabled": ["rust-tcp-wait"], "prefer": {"rust-tcp-wait": str(built)}}}
        environ = {"HOME": str(tmp_path)}
        with App.open(workspace, overrides=overrides, extension_paths=[built], environ=environ) as app:
            run = app.start(flow(operation))
            assert any(event.kind == "OperationWaiting" for event in run.events())
            server.listen()
            assert run.wait().state is RunState.SUCCEEDED
            (record,) = app.operations(run.workflow_id)
    assert record.result == {"address": f"{host}:{port}"}


@needs("cargo")
def test_rust_tcp_wait_keeps_its_own_tests(built: Path) -> None:
    """Its reader of JSON is tried where it is written."""
    test = ["cargo", "test", "--offline", "--quiet", "--target-dir", str(built / "target")]
    subprocess.run(test, cwd=built, check=True, timeout=300, capture_output=True)
