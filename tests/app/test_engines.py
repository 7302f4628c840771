"""Engines that extensions make: chosen by the configuration, checked before a run begins, and named when they fail."""

from pathlib import Path

import pytest

from provisioning.app import App
from provisioning.contract import RunState
from provisioning.errors import ConfigurationError, ExtensionBroken, ExtensionNotReady, HookRejected
from tests.app.services import EXAMPLES, opened
from tests.app.test_hooks import command, flow, write_extension

ENGINE = """
from provisioning import Cancellation, Finished, hookimpl
class Engine:
    def __init__(self, execute, capacity):
        self.execute, self.capacity, self.done = execute, capacity, []
    def submit(self, job):
        {submit}
    def collect(self, timeout):
        done, self.done = self.done, []
        return done
    def wake(self): pass
    def cancel(self, ticket): pass
    def abandon(self, ticket): pass
    def close(self): pass
    def drain(self): pass
class Plugin:
    @hookimpl
    def create_engine(self, type, execute, capacity, context):
        return {answer}
"""
SUBMIT = "self.done.append(Finished(job.ticket, self.execute(job, Cancellation(), print)))"


def engine(
    workspace: Path, *, submit: str = SUBMIT, answer: str = "Engine(execute, capacity)", name: str = "own"
) -> Path:
    """Write an extension that makes engines of the type `inline`."""
    code = ENGINE.format(submit=submit, answer=answer)
    return write_extension(workspace / "extensions", name, code, more='[engine]\ntypes = ["inline"]')


def using(workspace: Path, tmp_path: Path, kind: str, **options) -> App:
    return opened(workspace, tmp_path, overrides={"engine.type": kind}, **options)


def test_an_engine_of_an_extension_runs_the_operations(workspace: Path, tmp_path: Path) -> None:
    """It is handed the number of jobs at once, and its ends are those of the operations."""
    engine(workspace, submit=f"assert self.capacity == 3; {SUBMIT}")
    with using(workspace, tmp_path, "inline") as app:
        report = app.run(flow(*(command(name, "true") for name in "abcd")), parallelism=3)
        assert report.state is RunState.SUCCEEDED


def test_nothing_is_imported_while_the_core_has_its_own(workspace: Path, tmp_path: Path) -> None:
    """The built-in threads need no extension."""
    folder = engine(workspace)
    (folder / "own_plugin.py").write_text("raise SystemExit")
    with opened(workspace, tmp_path) as app:
        app.plan(flow(command("a", "true")))
        assert app.problems() == []


def test_an_engine_that_nobody_makes_is_refused_with_those_there_are(workspace: Path, tmp_path: Path) -> None:
    """Before a run is recorded, and by `config validate`, with file and line."""
    engine(workspace)
    place = workspace / "config.user.toml"
    place.write_text('[engine]\ntype = "inlien"\n')
    with opened(workspace, tmp_path) as app:
        with pytest.raises(ConfigurationError) as caught:
            app.run(flow(command("a", "true")))
        assert list(app.runs()) == []
        assert [str(problem) for problem in app.problems()] == [str(caught.value)]
    assert (
        str(caught.value) == f"{place}:2: engine.type: there is no engine 'inlien'; there is: threads, inline, workers"
    )
    assert caught.value.hint == "did you mean inline?"
    place.write_text('[engine]\ntype = "inline"\n[extensions]\ndisabled = ["own"]\n')
    with opened(workspace, tmp_path) as app, pytest.raises(ExtensionNotReady, match="is disabled"):
        app.run(flow(command("a", "true")))


def test_an_engine_that_cannot_be_loaded_stops_before_anything_is_recorded(workspace: Path, tmp_path: Path) -> None:
    """A plan is refused by it as a run is."""
    folder = engine(workspace)
    (folder / "own_plugin.py").write_text("raise SystemExit(3)")
    with using(workspace, tmp_path, "inline") as app:
        with pytest.raises(ExtensionBroken, match="could not be imported: SystemExit: 3"):
            app.run(flow(command("a", "true")))
        assert list(app.runs()) == []
    (folder / "own_plugin.py").write_text("class Plugin: pass")
    with using(workspace, tmp_path, "inline") as app, pytest.raises(HookRejected) as caught:
        app.plan(flow(command("a", "true")))
    assert "its manifest is not what its plugin has: [engine] needs create_engine, which the plugin lacks" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            "object()",
            (
                "create_engine of extension own returned an object of type object"
                " without abandon, cancel, capacity, close, collect, drain, submit, wake, not a whole engine"
            ),
        ),
        ("None", "create_engine of extension own returned None without"),
        ("1 / 0", "create_engine of extension own failed with ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_no_engine_is_not_used(workspace: Path, tmp_path: Path, answer: str, message: str) -> None:
    """Everything that it lacks is named; the run can be gone on with by another one."""
    engine(workspace, answer=answer)
    with using(workspace, tmp_path, "inline") as app, pytest.raises(ExtensionBroken) as caught:
        app.run(flow(command("a", "true")), workflow_id="wf")
    assert str(caught.value).startswith(message)
    with opened(workspace, tmp_path) as app:
        assert app.resume("wf").wait().state is RunState.SUCCEEDED


def test_an_engine_that_fails_is_named_and_the_run_goes_on_later(workspace: Path, tmp_path: Path) -> None:
    """What was journaled is what another engine takes up."""
    engine(workspace, submit="raise SystemExit('no')")
    with using(workspace, tmp_path, "inline") as app, pytest.raises(ExtensionBroken) as caught:
        app.run(flow(command("a", "true")), workflow_id="wf")
    assert (str(caught.value), caught.value.hint) == (
        "submit of the engine of extension own failed with SystemExit: no",
        "this is a defect of extension own",
    )
    with opened(workspace, tmp_path) as app:
        assert app.status("wf").state is RunState.RUNNING


def test_two_of_one_type_conflict_until_one_is_preferred(workspace: Path, tmp_path: Path) -> None:
    """Like two of one kind."""
    engine(workspace, name="one")
    engine(workspace, name="two")
    with using(workspace, tmp_path, "inline") as app:
        assert [str(one.code) for one in app.registry.get("two").problems] == ["engine_conflict"]
    overrides = {"engine.type": "inline", "extensions.prefer": {"inline": "two"}}
    with opened(workspace, tmp_path, overrides=overrides) as app:
        assert app.run(flow(command("a", "true"))).state is RunState.SUCCEEDED
        assert app.registry.get("one").status == "active"  # as any hooks extension of a run


def test_the_example_runs_one_after_another(workspace: Path, tmp_path: Path) -> None:
    """Forwards and backwards, with a failure, and with notes in their order."""
    options = {"extension_paths": [EXAMPLES / "serial-engine"]}
    with using(workspace, tmp_path, "serial", **options) as app:
        report = app.run(flow(*(command(name, "sh", "-c", f"echo {name}") for name in "abc")))
        assert report.state is RunState.SUCCEEDED
        kinds = [(event.kind, event.operation_id) for event in app.events(report.workflow_id) if event.operation_id]
        ended = [name for kind, name in kinds if kind == "OperationSucceeded"]
        assert ended == ["a", "b", "c"]
        assert [name for kind, name in kinds if kind == "OperationOutput"] == ["a", "b", "c"]
        path = tmp_path / "written"
        written = {"id": "a", "kind": "file_write", "parameters": {"path": str(path), "content": "x"}}
        failing = {**command("b", "false"), "for_each": ["x"]}
        report = app.run(flow(written, failing, dependencies={"b": ["a"]}))
        assert report.state is RunState.ROLLED_BACK
        assert not path.exists()
