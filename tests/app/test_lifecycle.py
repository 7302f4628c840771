"""Extensions are activated before their first hook and deactivated when the application is closed."""

import json
import logging
from pathlib import Path

import pytest

from provisioning.app import App
from provisioning.contract import RunState
from provisioning.errors import ConfigurationError, ExtensionBroken, ExtensionError, ExtensionNotFound
from provisioning.extensions import Status
from tests.app.test_hooks import command, flow, write_extension

LIVING = """
from provisioning import hookimpl
from pathlib import Path
FILE = Path({file!r})
def tell(word):
    with FILE.open("a") as file:
        print(word, file=file)
class Plugin:
    @hookimpl
    def extension_activate(self, context):
        tell(f"activate {{dict(context.options)}} {{context.directory.name}}")
        context.on_deactivate(lambda: tell("one"))
        context.on_deactivate(lambda: 1 / 0)
        context.on_deactivate(lambda: tell("three"))
    @hookimpl
    def extension_deactivate(self):
        tell("deactivate")
    @hookimpl
    def on_event(self, event):
        tell(event.kind)
"""
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"pin": {"type": "string", "writeOnly": True}, "url": {"type": "string", "default": "http://x"}},
}


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """The file in which an extension writes what happens to it."""
    return tmp_path / "told"


@pytest.fixture
def living(workspace: Path, told: Path) -> Path:
    """An extension with a life, a schema, and nothing configured of it."""
    more = '[config]\nschema = "config.schema.json"'
    place = write_extension(workspace / "extensions", "living", LIVING.format(file=str(told)), more=more)
    (place / "config.schema.json").write_text(json.dumps(SCHEMA))
    return place


def opened(workspace: Path, tmp_path: Path, **options) -> App:
    return App.open(workspace, environ={"HOME": str(tmp_path), "PIN": "12345678"}, **options)


def test_a_life_from_the_first_hook_to_the_close(
    living: Path, workspace: Path, tmp_path: Path, told: Path, caplog
) -> None:
    """Once, with checked options; each step is told by the log, which belongs to no run."""
    caplog.set_level(logging.INFO, "provisioning.extensions")
    with opened(workspace, tmp_path) as app:
        app.plan(flow(command("a", "true")))
        app.run(flow(command("a", "true")))
        app.run(flow(command("a", "true")))
        assert app.registry.get("living").status is Status.ACTIVE
    lines = told.read_text().splitlines()
    assert lines[:2] == ["activate {'url': 'http://x'} workspace", "WorkflowStarted"]
    assert lines[-3:] == ["three", "one", "deactivate"]
    assert len([line for line in lines if line.startswith("activate")]) == 1
    events = [(record.event, record.levelname) for record in caplog.records if record.extension == "living"]  # type: ignore[attr-defined]
    assert events == [
        ("ExtensionActivated", "INFO"),
        ("ExtensionFailed", "WARNING"),
        ("ExtensionDeactivated", "INFO"),
    ]
    (failed,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert failed.endswith("failed while it was deactivated: ZeroDivisionError: division by zero")
    assert app.registry.get("living").status is Status.READY


def test_an_application_that_needed_nobody_deactivates_nobody(
    living: Path, workspace: Path, tmp_path: Path, told: Path
) -> None:
    """Nothing was activated."""
    with opened(workspace, tmp_path) as app:
        app.providers()
    assert not told.exists()


def test_a_failed_activation_is_one_line_and_the_run_goes_on(workspace: Path, tmp_path: Path, caplog) -> None:
    """The record says why; a secret in the error is hidden."""
    code = """
    from provisioning import hookimpl
    class Plugin:
        @hookimpl
        def extension_activate(self, context):
            raise ValueError("bad\\ntoken 12345678")
    """
    write_extension(workspace / "extensions", "dying", code)
    options = {"extensions.options.dying.token": "{{env.PIN}}"}
    with opened(workspace, tmp_path, overrides=options) as app:
        assert app.run(flow(command("a", "true"))).state is RunState.SUCCEEDED
        record = app.registry.get("dying")
        assert (record.status, [str(problem.code) for problem in record.problems]) == (
            Status.FAILED,
            ["activation_failed"],
        )
    (message,) = [one.getMessage() for one in caplog.records]
    assert message == f"extension {record} could not be activated: ValueError: bad token ***"


def test_a_provider_has_a_life_when_it_brings_a_plugin_beside_itself(
    workspace: Path, tmp_path: Path, told: Path
) -> None:
    """It is activated before the provider is made, and hears of events like any other."""
    place = workspace / "extensions" / "cloud"
    code = f"""
    from provisioning import hookimpl
    def tell(word):
        with open({str(told)!r}, "a") as file:
            file.write(word)
    class Plugin:
        @hookimpl
        def extension_activate(self):
            tell("activate ")
    class Cloud:
        def __init__(self, name, config):
            tell("made ")
    """
    write_extension(workspace / "extensions", "cloud", code)
    text = (place / "extension.toml").read_text().replace('type = "hooks"', 'type = "provider"')
    (place / "extension.toml").write_text(text + 'provider = "cloud_plugin:Cloud"\n')
    with opened(workspace, tmp_path, overrides={"providers.c.type": "cloud"}) as app, pytest.raises(ExtensionError):
        app.provider("c")  # it has none of the hooks of a provider
    assert told.read_text() == "activate made "


def test_a_workflow_extension_has_a_life_too(workspace: Path, tmp_path: Path, told: Path) -> None:
    """Two entry points that name one object are one plugin, activated once."""
    code = f"""
    from provisioning import Done, OperationKind, hookimpl
    def tell(word):
        with open({str(told)!r}, "a") as file:
            file.write(word)
    class Handler:
        @hookimpl
        def run_operation(self, operation):
            return Done()
    class Plugin:
        @hookimpl
        def extension_activate(self):
            tell("activate ")
        @hookimpl
        def operation_kinds(self):
            return [OperationKind("greet", "greet", {{"type": "object"}}, Handler())]
        @hookimpl
        def extension_deactivate(self):
            tell("deactivate ")
    """
    more = 'hooks = "greeter_plugin:Plugin"\n[workflow]\noperation_kinds = ["greet"]'
    write_extension(workspace / "extensions", "greeter", code, kind="workflow", more=more)
    with opened(workspace, tmp_path) as app:
        assert app.run(flow({"id": "a", "kind": "greet"})).state is RunState.SUCCEEDED
    assert told.read_text() == "activate deactivate "


def test_wrong_options_stop_before_anything_is_done(living: Path, workspace: Path, tmp_path: Path, told: Path) -> None:
    """They are an error of the configuration, with file and line, and not left out like a broken extension."""
    (workspace / "config.user.toml").write_text("[extensions.options.living]\nurl = 3\n")
    with opened(workspace, tmp_path) as app:
        with pytest.raises(ConfigurationError) as caught:
            app.run(flow(command("a", "true")))
        assert list(app.runs()) == []
        assert [str(problem) for problem in app.problems()] == [str(caught.value)]
    place = workspace / "config.user.toml"
    assert str(caught.value) == f"{place}:2: extensions.options.living.url: must be text, not an integer"
    assert not told.exists()


def test_options_are_resolved_when_the_extension_is_used(living: Path, workspace: Path, tmp_path: Path) -> None:
    """A variable that is not set keeps nobody from disabling it."""
    (workspace / "config.user.toml").write_text('[extensions.options.living]\nurl = "{{env.NOT_SET}}"\n')
    with opened(workspace, tmp_path) as app:
        app.extensions.disable("living")
        with pytest.raises(ConfigurationError, match="NOT_SET"):
            app.run(flow(command("a", "true")))
    with opened(workspace, tmp_path) as app:
        assert app.run(flow(command("a", "true"))).state is RunState.SUCCEEDED


def test_what_a_schema_calls_a_secret_is_hidden_from_the_start(living: Path, workspace: Path, tmp_path: Path) -> None:
    """For an extension and for a provider's instance, before anything is loaded; also behind a reference."""
    place = workspace / "extensions" / "cloud"
    more = '[config]\nschema = "config.schema.json"'
    write_extension(workspace / "extensions", "cloud", "class Plugin: pass", kind="provider", more=more)
    (place / "config.schema.json").write_text(json.dumps(SCHEMA))
    (workspace / "config.user.toml").write_text(
        '[extensions.options.living]\npin = "{{vars.one}}"\n[vars]\none = "abcdefgh"\n'
        '[providers.c]\ntype = "cloud"\npin = "ijklmnop"\nurl = "http://here"\n'
    )
    with opened(workspace, tmp_path) as app:
        shown = app.configuration.show()
    assert shown["extensions"]["options"] == {"living": {"pin": "***"}}
    assert shown["providers"]["c"] == {"type": "cloud", "pin": "***", "url": "http://here"}


def test_strict_wants_every_hooks_extension_to_load(workspace: Path, tmp_path: Path) -> None:
    """A guard that cannot be loaded forbids nothing, so who relies on one says so."""
    write_extension(workspace / "extensions", "dying", "raise SystemExit(7)")
    with opened(workspace, tmp_path, strict=True) as app:
        with pytest.raises(ExtensionBroken, match="SystemExit: 7"):
            app.run(flow(command("a", "true")))
        assert list(app.runs()) == []
    with opened(workspace, tmp_path, strict=True, without=["dying"]) as app:
        assert app.run(flow(command("a", "true"))).state is RunState.SUCCEEDED


def test_strict_lists_all_that_cannot_be_used(workspace: Path, tmp_path: Path) -> None:
    """In one error, before anything else."""
    for name in ("one", "two"):
        place = write_extension(workspace / "extensions", name, "")
        (place / "extension.toml").write_text("")
    with pytest.raises(ExtensionError) as caught:
        opened(workspace, tmp_path, strict=True)
    folder = workspace / "extensions"
    assert str(caught.value) == "2 extensions cannot be used:" + "".join(
        f"\n  extension {name} (project folder {folder}/{name}) is invalid: {folder}/{name}/extension.toml: is empty"
        for name in ("one", "two")
    )
    assert caught.value.hint == "mend or disable them, or leave out --strict"
    with pytest.raises(ExtensionNotFound, match="there is no extension 'onee'; did you mean one"):
        opened(workspace, tmp_path, only=["onee"])
