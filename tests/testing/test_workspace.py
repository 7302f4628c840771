"""An isolated workspace: real runs, and nothing of them outside."""

import os
from pathlib import Path

import pytest
from platformdirs import user_config_path, user_state_path

from provisioning.contract import RunState
from provisioning.testing import ExtensionShop, IsolatedWorkspace, manifest, run_command

SHOUT = """
    from provisioning import Done, OperationKind, hookimpl

    class Shout:
        @hookimpl
        def run_operation(self, operation):
            return Done({"said": operation.parameters["words"].upper()})

    class Plugin:
        @hookimpl
        def operation_kinds(self):
            return [OperationKind("shout_kind", "shout", {"type": "object"}, Shout())]
"""

LISTENER = """
    from provisioning import hookimpl

    class Plugin:
        @hookimpl
        def extension_activate(self, context):
            self.path = context.directory / context.options["file"]

        @hookimpl
        def on_event(self, event):
            with self.path.open("a") as file:
                print(event.kind, file=file)
"""

FLOW = {"name": "shout", "operations": [{"id": "a", "kind": "shout_kind", "parameters": {"words": "hello"}}]}


def test_a_kind_is_run(isolated_workspace: IsolatedWorkspace, make_extension: ExtensionShop) -> None:
    """A workflow extension is enabled by its folder, and its kind does its work in a real run."""
    isolated_workspace.enable(make_extension.folder("shout", manifest("shout", type="workflow"), {"plugin.py": SHOUT}))
    with isolated_workspace.open() as app:
        report = app.run(FLOW)
        assert report.state is RunState.SUCCEEDED
        assert [record.result for record in app.operations(report.workflow_id)] == [{"said": "HELLO"}]


def test_a_command_sees_what_was_enabled(isolated_workspace: IsolatedWorkspace, make_extension: ExtensionShop) -> None:
    """It is written into the workspace's own configuration, with its options; several may be enabled."""
    isolated_workspace.enable(make_extension.folder("shout", manifest("shout", type="workflow"), {"plugin.py": SHOUT}))
    isolated_workspace.enable(make_extension.folder("listener", files={"plugin.py": LISTENER}), {"file": "heard.txt"})
    (isolated_workspace.folder / "flow.toml").write_text(
        'name = "x"\n[[operations]]\nid = "a"\nkind = "shout_kind"\nparameters = { words = "hello" }\n'
    )
    assert run_command("workflow", "run", "flow.toml").exit_code == 0
    assert (isolated_workspace.folder / "heard.txt").read_text().splitlines() == [
        "WorkflowStarted",
        "OperationStarted",
        "OperationSucceeded",
        "WorkflowCompleted",
    ]


def test_an_installed_extension_is_enabled_by_its_name(
    isolated_workspace: IsolatedWorkspace, make_extension: ExtensionShop
) -> None:
    """Others of the environment are left out of an application; what is bundled may be enabled by its name too."""
    for name in ("one", "two"):
        make_extension.package(name)
    isolated_workspace.enable("one")
    isolated_workspace.enable("audit-log")
    with isolated_workspace.open() as app:
        statuses = {record.name: str(record.status) for record in app.registry.records}
    assert {name: statuses[name] for name in ("one", "two", "audit-log", "policy-guard")} == {
        "one": "ready",
        "two": "disabled",
        "audit-log": "ready",
        "policy-guard": "disabled",
    }


def test_it_is_a_place_of_its_own(
    isolated_workspace: IsolatedWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The current folder, the home and the user's folders are in the test's own; no setting comes from outside."""
    assert (Path.cwd(), Path.home()) == (isolated_workspace.folder, isolated_workspace.home)
    for path in (user_config_path("provisioning"), user_state_path("provisioning"), isolated_workspace.folder):
        assert path.is_relative_to(tmp_path)
    assert [name for name in os.environ if name.startswith("PROVISIONING_")] == []
    with isolated_workspace.open() as app:
        assert (app.workspace, [provider.name for provider in app.providers()]) == (
            isolated_workspace.folder,
            ["local"],
        )


def test_settings_add_up(isolated_workspace: IsolatedWorkspace) -> None:
    """Tables are merged; the newest value holds, and options of one opening are stronger."""
    isolated_workspace.configure({"vars": {"a": 1, "b": 1}})
    isolated_workspace.configure({"vars": {"b": 2}})
    with isolated_workspace.open(overrides={"vars": {"c": 3}}) as app:
        assert dict(app.configuration.vars) == {"a": 1, "b": 2, "c": 3}


def test_what_is_left_is_cleared_away(pytester: pytest.Pytester, tmp_path: Path) -> None:
    """An application that nobody closed is closed, and servers are deleted, even when the configuration is broken."""
    pytester.makepyfile(
        """
        import pytest
        SERVER = {"id": "a", "kind": "server_create", "provider": "local", "parameters": {"name": "web"}}
        LEFT = []

        @pytest.mark.parametrize("end", ["", "broken = ["])
        def test_server(isolated_workspace, end):
            app = isolated_workspace.open()
            app.run({"name": "x", "operations": [SERVER]})
            (server,) = app.servers()
            LEFT.append(server)
            (isolated_workspace.folder / "config.user.toml").write_text(end)

        def test_last():
            import os
            assert len(LEFT) == 2
            for server in LEFT:
                assert not os.path.exists(server.raw["directory"])
                with pytest.raises(ProcessLookupError):
                    os.kill(server.raw["pid"], 0)
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=3)
