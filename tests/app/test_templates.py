"""Workflow templates: documents that an extension ships, run by their names."""

import shutil
from pathlib import Path

import pytest

from provisioning.app import App
from provisioning.contract import RunState
from provisioning.errors import ConfigurationError, ExtensionNotFound, ExtensionNotReady

MANIFEST = """
[extension]
name = "shop"
version = "1.0"
type = "workflow"
[compatibility]
provisioning = ">=1.0,<2"
hook_api = "1"
[templates.greet]
file = "flows/greet.toml"
description = "Greets, and stops until it may go on"
"""
GREET = """
name = "greet"
[inputs]
who = "you"
[[operations]]
id = "net"
kind = "workflow"
parameters = { file = "inner.toml", inputs = { who = "{{inputs.who}}" } }
[[operations]]
id = "gate"
kind = "command"
parameters = { command = ["test", "-e", "open"], on_doubt = "retry" }
[dependencies]
gate = ["net"]
[configuration]
on_failure = "stop"
"""
INNER = """
name = "inner"
[inputs]
who = "nobody"
[[operations]]
id = "write"
kind = "file_write"
parameters = { path = "greeting.txt", content = "hello {{inputs.who}}" }
"""


@pytest.fixture
def shop(workspace: Path) -> Path:
    """The folder of an extension that is a manifest and two documents, and no code at all."""
    folder = workspace / "extensions" / "shop"
    (folder / "flows").mkdir(parents=True)
    (folder / "extension.toml").write_text(MANIFEST)
    (folder / "flows" / "greet.toml").write_text(GREET)
    (folder / "flows" / "inner.toml").write_text(INNER)
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, which is not the workspace."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def opened(workspace: Path, tmp_path: Path) -> App:
    return App.open(workspace, environ={"HOME": str(tmp_path)})


def test_a_template_is_run_by_its_name(shop: Path, elsewhere: Path, workspace: Path, tmp_path: Path) -> None:
    """What it nests is found beside it; what it writes and runs stands in the workspace, as for any workflow."""
    (workspace / "open").touch()
    with opened(workspace, tmp_path) as app:
        assert [entry.id for entry in app.plan("greet").operations] == ["net.write", "net", "gate"]
        assert app.run("greet", inputs={"who": "world"}).state is RunState.SUCCEEDED
        assert str(app.registry.get("shop").status) == "ready"
    assert (workspace / "greeting.txt").read_text() == "hello world"
    assert not (shop / "flows" / "greeting.txt").exists()


def test_a_run_goes_on_without_its_template(shop: Path, elsewhere: Path, workspace: Path, tmp_path: Path) -> None:
    """The journal holds the whole document: a resume and a rollback need no extension, and no file of it."""
    with opened(workspace, tmp_path) as app:
        assert app.run("greet", inputs={"who": "world"}, workflow_id="wf").state is RunState.FAILED
    shutil.rmtree(shop)
    (workspace / "open").touch()
    with opened(workspace, tmp_path) as app:
        assert [template for template in app.templates() if template.extension == "shop"] == []
        assert app.resume("wf").wait().state is RunState.SUCCEEDED
        assert (workspace / "greeting.txt").read_text() == "hello world"
        assert app.rollback("wf").wait().state is RunState.ROLLED_BACK
    assert not (workspace / "greeting.txt").exists()


def test_a_file_wins_over_a_template(shop: Path, elsewhere: Path, workspace: Path, tmp_path: Path) -> None:
    """A file of that name in the current folder is meant, and a folder is not; a path never means a template."""
    with opened(workspace, tmp_path) as app:
        (elsewhere / "greet").mkdir()
        assert len(app.plan("greet").operations) == 3
        for path in ("./greet", Path("greet"), "greet/"):
            with pytest.raises(ConfigurationError, match=r"greet/?: no suffix tells its format"):
                app.plan(path)
        (elsewhere / "greet").rmdir()
        (elsewhere / "greet").write_text(INNER)
        with pytest.raises(ConfigurationError, match=r"^greet: no suffix tells its format"):
            app.plan("greet")


def test_an_unknown_name_is_told_with_what_is_near(shop: Path, workspace: Path, tmp_path: Path) -> None:
    """It is neither a file nor a template; a word with a suffix is a file's name."""
    with opened(workspace, tmp_path) as app:
        with pytest.raises(ExtensionNotFound) as caught:
            app.plan("gret")
        assert caught.value.message == "there is no file and no workflow template 'gret'; did you mean greet?"
        with pytest.raises(ConfigurationError, match=r"^gret\.toml: does not exist"):
            app.plan("gret.toml")


def test_a_template_of_what_is_not_used_is_not_run(shop: Path, workspace: Path, tmp_path: Path) -> None:
    """The error says why, and what to do."""
    (workspace / "config.user.toml").write_text('[extensions]\ndisabled = ["shop"]\n')
    with opened(workspace, tmp_path) as app:
        with pytest.raises(ExtensionNotReady) as caught:
            app.start("greet")
        assert caught.value.hint == "provisioning extension enable shop"


def test_templates_are_listed(shop: Path, workspace: Path, tmp_path: Path) -> None:
    """With their inputs, and with what is wrong: an extension that is not used, a document that is none."""
    manifest = f'{MANIFEST}[templates.torn]\nfile = "torn.toml"\n'
    (shop / "extension.toml").write_text(manifest.replace('"1.0"', '"1.0"\ndefault = "disabled"'))
    (shop / "torn.toml").write_text("name = ")
    with opened(workspace, tmp_path) as app:
        greet, torn, _ = app.templates()
        assert greet.as_dict() == {
            "name": "greet",
            "extension": "shop",
            "status": "disabled",
            "description": "Greets, and stops until it may go on",
            "inputs": {"who": "you"},
            "problem": "its manifest says that it is off until it is enabled",
        }
        assert (torn.inputs, torn.problem) == (
            {},
            f"{shop}/torn.toml:1: is not valid TOML: Invalid value (the text ends here)",
        )
        (found,) = app.extensions.examine(app.registry.get("shop")).problems
        assert (str(found.code), found.message) == ("template_invalid", f"the workflow template torn: {torn.problem}")
