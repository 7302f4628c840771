"""Every command that needs no server, run beside extensions that do everything they should not."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.app import App
from provisioning.cli.tree import leaves
from tests.hostile import EXTENSIONS, write_extension, write_hostile

FLOW = """
workflow_id = "flow"
name = "flow"
[[operations]]
id = "a"
kind = "command"
parameters = { command = ["true"] }
"""

LINES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("init",): ("--workspace", "new"),
    ("config", "show"): (),
    ("config", "get"): ("workflow.parallelism",),
    ("config", "explain"): ("workflow.parallelism",),
    ("config", "validate"): (),
    ("provider", "list"): (),
    ("provider", "check"): (),
    ("provider", "show"): ("local",),
    ("server", "list"): (),
    ("server", "get"): ("no-such-server",),
    ("server", "orphans"): (),
    ("server", "sizes"): (),
    ("server", "images"): (),
    ("server", "zones"): (),
    ("extension", "list"): (),
    ("extension", "info"): ("local",),
    ("extension", "why"): ("local",),
    ("extension", "validate"): ("local",),
    ("extension", "new"): ("fresh", "--type", "provider"),
    ("extension", "enable"): ("local",),
    ("extension", "disable"): ("kinds", "--user"),
    ("extension", "install"): ("./own", "--yes"),
    ("extension", "uninstall"): ("mine", "--yes"),
    ("extension", "freeze"): (),
    ("extension", "restore"): ("frozen.toml", "--yes"),
    ("workflow", "plan"): ("flow.toml",),
    ("workflow", "run"): ("flow.toml", "--workflow-id", "another"),
    ("workflow", "list"): (),
    ("workflow", "status"): ("flow",),
    ("workflow", "logs"): ("flow",),
    ("workflow", "resume"): ("flow",),
    ("workflow", "rollback"): ("flow", "--yes"),
    ("workflow", "cancel"): ("flow",),
    ("workflow", "graph"): ("flow.toml",),
    ("workflow", "templates"): (),
    ("doctor",): ("core.workspace", "core.journal"),
    ("journal", "check"): (),
    ("journal", "export"): ("--run", "flow"),
    ("journal", "prune"): ("--older-than", "30d"),
    ("journal", "vacuum"): (),
    ("journal", "move"): ("--to", "sqlite:///moved.db"),
    ("journal", "salvage"): (".provisioning/journal.db", "salvaged.db"),
    ("worker",): ("--pool", "default"),
    ("cluster", "status"): (),
    ("events",): ("flow",),
    ("serve",): ("--host", "0.0.0.0"),
    ("token", "create"): ("mine",),
    ("token", "list"): (),
    ("token", "revoke"): ("nobodys",),
    ("schema",): ("workflow",),
    ("completion",): ("bash",),
}
NEED_A_SERVER = {("server", verb) for verb in ("create", "delete", "start", "stop", "reboot")}


@pytest.fixture(autouse=True)
def shown_log() -> Iterator[None]:
    """Warnings go to stderr, as in a process of its own, where nobody has set the log up."""
    handler = logging.lastResort
    assert handler is not None
    logging.getLogger("provisioning").addHandler(handler)
    yield
    logging.getLogger("provisioning").removeHandler(handler)


@pytest.fixture
def flow(workspace: Path, run) -> Path:
    """A workspace with a run in its journal, from before anything hostile was there."""
    (workspace / "flow.toml").write_text(FLOW, encoding="utf-8")
    assert run("workflow", "run", "flow.toml").exit_code == 0
    (workspace / "new").mkdir()
    for folder, name in ((workspace, "own"), (workspace / "extensions", "mine")):
        write_extension(folder / name, name)
    assert run("extension", "freeze", "frozen.toml").exit_code == 0
    return workspace


def test_every_command_of_the_table_is_in_the_list() -> None:
    """A new command is run beside them, or says that it needs a server."""
    assert set(LINES) | NEED_A_SERVER == {path for path, _ in leaves()}


@pytest.mark.parametrize("path", LINES, ids=" ".join)
def test_the_command_goes_on(path: tuple[str, ...], flow: Path, tmp_path: Path, run) -> None:
    """Its exit code is the one without them, and each of them is worth one line on stderr at most."""
    line = [*path, *LINES[path]]
    before = run(*line) if path not in NOT_TWICE else None
    write_hostile(flow, tmp_path / "elsewhere")
    result = run(*line)
    assert (before.exit_code if before else 0) == result.exit_code, result.output
    assert "Traceback" not in result.output
    quiet = before.stderr.splitlines() if before else []
    added = [text for text in result.stderr.splitlines() if text not in quiet]
    for hostile in EXTENSIONS:
        assert len([text for text in added if hostile.name in text]) <= 1, added
    assert len(added) <= len(EXTENSIONS), added


def test_each_failure_is_one_line(flow: Path, tmp_path: Path, program) -> None:
    """Who runs a workflow is told of each extension that is left out, once."""
    write_hostile(flow, tmp_path / "elsewhere")
    done = program("workflow", "run", "flow.toml", "--workflow-id", "told", "-o", "json")
    assert done.returncode == 0
    loud = ("raising-observer", "raising-deactivation", "raising-disposer")
    expected = sorted(one.name for one in EXTENSIONS if one.loaded or one.name in loud)
    told = [one.name for text in done.stderr.splitlines() for one in EXTENSIONS if f"extension {one.name} " in text]
    assert sorted(told) == expected, done.stderr
    assert [text for text in done.stderr.splitlines() if "extension " not in text] == ["I print at import"]


NOT_TWICE = {
    *(("init",), ("workflow", "run"), ("workflow", "rollback"), ("journal", "move"), ("journal", "salvage")),
    *(("extension", "new"), ("extension", "install"), ("extension", "uninstall")),
}
"""Commands that do another thing when they are called again."""


def test_the_records_say_why(flow: Path, tmp_path: Path) -> None:
    """Before anything is imported, and after a run has loaded what could be loaded."""
    write_hostile(flow, tmp_path / "elsewhere")
    with App.open(flow) as app:
        found = {one.name: [str(app.registry.get(one.name).status), *_codes(app, one.name)] for one in EXTENSIONS}
        assert found == {one.name: [one.found, *([one.problem] if one.problem else [])] for one in EXTENSIONS}
        app.run(flow / "flow.toml", workflow_id="loading")
        ready = [one for one in EXTENSIONS if one.found == "ready"]
        assert {one.name: str(app.registry.get(one.name).status) for one in ready} == {
            one.name: "failed" if one.loaded else "active" for one in ready
        }
        assert {one.name: _codes(app, one.name) for one in ready} == {
            one.name: [one.loaded] if one.loaded else [] for one in ready
        }


def _codes(app: App, name: str) -> list[str]:
    return [str(problem.code) for problem in app.registry.get(name).problems]


def test_each_can_be_disabled_and_is_then_quiet(flow: Path, tmp_path: Path, run) -> None:
    """Whatever is wrong with it; afterwards nothing of it is said any more."""
    write_hostile(flow, tmp_path / "elsewhere")
    for hostile in EXTENSIONS:
        assert run("extension", "disable", hostile.name).exit_code == 0
    result = run("workflow", "run", "flow.toml", "--workflow-id", "quiet")
    assert result.exit_code == 0
    assert [one.name for one in EXTENSIONS if one.name in result.stderr] == []


def test_safe_mode_and_strict(flow: Path, tmp_path: Path, run) -> None:
    """The one leaves them all out, the other refuses to go on with them."""
    write_hostile(flow, tmp_path / "elsewhere")
    safe = run("--safe-mode", "--strict", "workflow", "run", "flow.toml", "--workflow-id", "safe")
    assert safe.exit_code == 0, safe.output
    assert [one.name for one in EXTENSIONS if one.name in safe.stderr] == []
    strict = run("--strict", "workflow", "run", "flow.toml", "--workflow-id", "strict")
    assert strict.exit_code == 1
    assert strict.stderr.startswith("error: 8 extensions cannot be used:\n")
    assert run("workflow", "status", "strict").exit_code == 2
