"""Extensions of a workspace, working on real runs: they watch, forbid, wrap, bring kinds, and may be broken."""

from pathlib import Path
from typing import Any

import pytest

from provisioning.app import App
from provisioning.contract import RunState
from provisioning.errors import ConfigurationError
from provisioning.testing import ExtensionShop, manifest


def write_extension(folder: Path, name: str, code: str, *, kind: str = "hooks", more: str = "") -> Path:
    """Write a folder extension with one module, whose `Plugin` is its plugin."""
    module = f"{name.replace('-', '_')}_plugin"
    text = manifest(name, type=kind, entry=f"{module}:Plugin", more=more)
    shop = ExtensionShop(folder.parent, folder.parent)
    return shop.folder(name, text, {f"{module}.py": code}, under=folder.name)


def flow(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "flow", "operations": list(operations), **more}


def command(name: str, *words: str) -> dict[str, Any]:
    return {"id": name, "kind": "command", "parameters": {"command": list(words)}}


@pytest.fixture
def extensions(workspace: Path) -> Path:
    """The folder in which a workspace keeps its own extensions."""
    return workspace / "extensions"


def opened(workspace: Path, tmp_path: Path) -> App:
    return App.open(workspace, environ={"HOME": str(tmp_path)})


def test_an_observer_hears_every_event_after_it_is_durable(workspace: Path, extensions: Path, tmp_path: Path) -> None:
    """What it hears is what the journal holds; when the run has ended it has heard all."""
    heard = tmp_path / "heard.txt"
    write_extension(
        extensions,
        "listener",
        f"""
        from provisioning import Event, hookimpl
        class Plugin:
            @hookimpl
            def on_event(self, event: Event) -> None:
                with open({str(heard)!r}, "a") as file:
                    print(event.sequence, event.kind, file=file)
        """,
    )
    with opened(workspace, tmp_path) as app:
        report = app.run(flow(command("a", "true")))
        journaled = [f"{event.sequence} {event.kind}" for event in app.events(report.workflow_id)]
    assert heard.read_text().splitlines() == journaled


def test_a_raising_observer_changes_nothing(workspace: Path, extensions: Path, tmp_path: Path) -> None:
    """Observers are isolated from the run and from each other."""
    write_extension(
        extensions,
        "angry",
        """
        from provisioning import hookimpl
        class Plugin:
            @hookimpl
            def on_event(self, event):
                raise SystemExit("I want to stop everything")
        """,
    )
    with opened(workspace, tmp_path) as app:
        assert app.run(flow(command("a", "true"))).state is RunState.SUCCEEDED


def test_a_guard_denies_before_anything_is_done(workspace: Path, extensions: Path, tmp_path: Path) -> None:
    """The reason names the extension; a guard that raises denies as well."""
    write_extension(
        extensions,
        "strict",
        """
        from provisioning import Decision, hookimpl
        class Plugin:
            @hookimpl
            def check_operation(self, operation):
                if operation.id == "broken":
                    raise RuntimeError("oops")
                return Decision.deny("never on a Friday") if operation.id == "denied" else Decision.allow()
        """,
    )
    touched = tmp_path / "touched"
    continuing = {"configuration": {"on_failure": "continue"}}
    with opened(workspace, tmp_path) as app:
        report = app.run(
            flow(
                command("fine", "true"),
                command("denied", "touch", str(touched)),
                command("broken", "touch", str(touched)),
                **continuing,
            )
        )
    assert report.state is RunState.PARTIAL
    messages = {name: error.message for name, error in report.failures}
    assert set(messages) == {"denied", "broken"}
    assert "never on a Friday" in messages["denied"]
    assert "strict" in messages["denied"]
    assert "oops" in messages["broken"]
    assert not touched.exists()


def test_a_wrapper_stands_around_every_kind(workspace: Path, extensions: Path, tmp_path: Path) -> None:
    """It sees each operation go in and come out."""
    log = tmp_path / "log.txt"
    write_extension(
        extensions,
        "wrapper",
        f"""
        from provisioning import hookimpl
        class Plugin:
            @hookimpl(wrapper=True)
            def run_operation(self, operation):
                outcome = yield
                with open({str(log)!r}, "a") as file:
                    print(operation.id, outcome.result["exit_status"], file=file)
                return outcome
        """,
    )
    with opened(workspace, tmp_path) as app:
        app.run(flow(command("a", "true"), command("b", "true"), configuration={"parallelism": 1}))
    assert log.read_text().splitlines() == ["a 0", "b 0"]


def test_an_extension_brings_a_kind(workspace: Path, extensions: Path, tmp_path: Path) -> None:
    """A kind of a stranger's is used like ours, its parameters checked against its schema."""
    write_extension(
        extensions,
        "greeter",
        """
        from provisioning import Done, OperationKind, hookimpl
        class Handler:
            @hookimpl
            def run_operation(self, operation):
                return Done({"said": f"hello {operation.parameters['whom']}"})
        class Plugin:
            @hookimpl
            def operation_kinds(self):
                schema = {"type": "object", "properties": {"whom": {"type": "string"}}, "required": ["whom"]}
                return [OperationKind("greet", "greet somebody", schema, Handler())]
        """,
        kind="workflow",
        more='[workflow]\noperation_kinds = ["greet"]',
    )
    greet = {"id": "a", "kind": "greet", "parameters": {"whom": "you"}}
    with opened(workspace, tmp_path) as app:
        report = app.run(flow(greet, outputs={"said": "{{operations.a.result.said}}"}))
        assert report.outputs == {"said": "hello you"}
        with pytest.raises(ConfigurationError, match=r"operations\[0\].parameters.whom"):
            app.plan(flow({"id": "a", "kind": "greet", "parameters": {"whom": 3}}))


def test_a_broken_extension_takes_nothing_down_that_does_not_need_it(
    workspace: Path, extensions: Path, tmp_path: Path
) -> None:
    """A hooks extension that dies at import is left out; what needs a broken kind stops before any change."""
    write_extension(extensions, "dying", "raise SystemExit(7)")
    write_extension(
        extensions, "missing", "import no_such_module", kind="workflow", more='[workflow]\noperation_kinds = ["gone"]'
    )
    touched = tmp_path / "touched"
    with opened(workspace, tmp_path) as app:
        assert app.run(flow(command("a", "true"))).state is RunState.SUCCEEDED
        with pytest.raises(ConfigurationError, match="no_such_module"):
            app.run(flow(command("a", "touch", str(touched)), {"id": "b", "kind": "gone"}))
        assert len(app.runs()) == 1
    assert not touched.exists()


def test_nothing_is_imported_before_it_is_needed(workspace: Path, extensions: Path, tmp_path: Path) -> None:
    """Opening, listing and planning without an extension import none of its code."""
    marker = tmp_path / "imported"
    write_extension(
        extensions,
        "lazy",
        f"open({str(marker)!r}, 'w')\nclass Plugin: pass",
        kind="workflow",
        more='[workflow]\noperation_kinds = ["lazy_kind"]',
    )
    with opened(workspace, tmp_path) as app:
        app.providers()
        assert {record.name for record in app.registry.records} >= {"kinds", "local", "lazy"}
        app.plan(flow(command("a", "true")))
    assert not marker.exists()


def test_an_answer_that_is_not_json_fails_its_operation_and_not_the_run(
    workspace: Path, extensions: Path, tmp_path: Path
) -> None:
    """What the journal could not keep is the kind's defect, told as one, and what was done is undone."""
    write_extension(
        extensions,
        "odd",
        """
        from provisioning import Done, OperationKind, hookimpl
        class Handler:
            @hookimpl
            def run_operation(self, operation):
                return Done({"thing": object()})
        class Plugin:
            @hookimpl
            def operation_kinds(self):
                return [OperationKind("odd", "be odd", {"type": "object"}, Handler())]
        """,
        kind="workflow",
        more='[workflow]\noperation_kinds = ["odd"]',
    )
    with opened(workspace, tmp_path) as app:
        report = app.run(flow({"id": "a", "kind": "odd"}))
    assert report.state is RunState.ROLLED_BACK
    assert report.failures[0][1].message == (
        "kind odd answered run of operation a with a result that is no table of JSON values"
    )
