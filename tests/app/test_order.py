"""The order of extensions, by `after` and `requires`: who is activated, asked, told first, and stands outermost."""

from pathlib import Path

import pytest

from provisioning.app import App

PLUGIN = """
from provisioning import hookimpl

NAME = {name!r}
TOLD = {told!r}


def tell(what):
    with open(TOLD, "a") as file:
        print(NAME, what, file=file)


class Plugin:
    @hookimpl
    def extension_activate(self, context):
        tell("activated")

    @hookimpl
    def extension_deactivate(self, context):
        tell("deactivated")

    @hookimpl
    def check_operation(self, operation):
        tell("asked")

    @hookimpl
    def on_event(self, event):
        if event.kind == "WorkflowStarted":
            tell("told")

    @hookimpl(wrapper=True)
    def run_operation(self, operation):
        tell("before")
        outcome = yield
        tell("after")
        return outcome
"""
MANIFEST = """
[extension]
name = "{name}"
version = "1.0"
type = "hooks"
after = {after}
[compatibility]
provisioning = ">=1.0,<2"
hook_api = "1"
requires = {requires}
[entry_points]
hooks = "plugin:Plugin"
"""
KIND = """
from provisioning import Done, OperationKind, hookimpl


class Handler:
    @hookimpl
    def run_operation(self, operation):
        return Done()


class Plugin:
    @hookimpl
    def extension_activate(self, context):
        with open({told!r}, "a") as file:
            print("kind activated", file=file)

    @hookimpl
    def operation_kinds(self):
        return [OperationKind("noop", "do nothing", {{}}, Handler())]
"""
FLOW = {"name": "flow", "operations": [{"id": "a", "kind": "noop"}]}


@pytest.fixture
def told(workspace: Path, tmp_path: Path) -> Path:
    """A workspace with four extensions, ordered against their names; the file in which they tell what they hear."""
    told = tmp_path / "told.txt"
    for name, after, requires in (("a", ["b", "nobody"], []), ("b", [], ["c>=1.0"]), ("c", [], [])):
        folder = workspace / "extensions" / name
        folder.mkdir(parents=True)
        (folder / "extension.toml").write_text(MANIFEST.format(name=name, after=after, requires=requires))
        (folder / "plugin.py").write_text(PLUGIN.format(name=name, told=str(told)))
    folder = workspace / "extensions" / "kind"
    folder.mkdir()
    text = MANIFEST.format(name="kind", after=["a"], requires=[]).replace("hooks", "workflow")
    (folder / "extension.toml").write_text(f'{text}[workflow]\noperation_kinds = ["noop"]\n')
    (folder / "plugin.py").write_text(KIND.format(told=str(told)))
    return told


def test_plugins_follow_the_order_of_their_extensions(told: Path, workspace: Path, tmp_path: Path) -> None:
    """Activation, guards and observers first to last; the first wrapper stands outermost; deactivation backwards."""
    with App.open(workspace, environ={"HOME": str(tmp_path)}) as app:
        app.run(FLOW)
    heard: dict[str, list[str]] = {}
    for line in told.read_text().splitlines():
        name, what = line.split()
        heard.setdefault(what, []).append(name)
    assert heard == {
        "activated": ["c", "b", "a", "kind"],
        "asked": ["c", "b", "a"],
        "told": ["c", "b", "a"],
        "before": ["c", "b", "a"],
        "after": ["a", "b", "c"],
        "deactivated": ["a", "b", "c"],
    }
