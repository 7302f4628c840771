"""`--profile-extensions`: who took how long, on stderr, after the command, and only when it was asked for."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from provisioning.cli.invocation import Invocation
from provisioning.cli.profile import SLOW, say_profile
from provisioning.dispatch import Phase, Times

MANIFEST = """
[extension]
name = "{name}"
version = "1.0"
type = "hooks"
[compatibility]
provisioning = ">=1.0,<2"
hook_api = "1"
[entry_points]
hooks = "plugin:Plugin"
"""
PLUGIN = """
from provisioning import hookimpl
class Plugin:
    @hookimpl
    def extension_activate(self, context):
        context.on_deactivate(lambda: None)
    @hookimpl
    def check_operation(self, operation):
        pass
"""
FLOW = """
name = "flow"
[[operations]]
id = "a"
kind = "command"
parameters = { command = ["true"] }
"""
LINE = re.compile(r"(slow: )?extension (\S+) \S+ \(.*\) took (\d+\.\d) ms \((.*)\)")


def taken(seconds: dict[Phase, float]) -> Times:
    """Return the times of an extension that has taken so long."""
    readings = iter([reading for each in seconds.values() for reading in (0.0, each)])
    times = Times(lambda: next(readings))
    for phase in seconds:
        with times.during(phase):
            pass
    return times


@pytest.fixture(autouse=True)
def extensions(workspace: Path) -> Path:
    """Two extensions of the workspace, of which one cannot be imported."""
    for name, code in (("audit", PLUGIN), ("broken", "1 / 0")):
        folder = workspace / "extensions" / name
        folder.mkdir(parents=True)
        (folder / "extension.toml").write_text(MANIFEST.format(name=name), encoding="utf-8")
        (folder / "plugin.py").write_text(dedent(code), encoding="utf-8")
    (workspace / "flow.toml").write_text(FLOW, encoding="utf-8")
    return workspace / "extensions"


def profile(stderr: str) -> dict[str, tuple[float, list[str]]]:
    """Return the milliseconds and the phases of each extension, in the order of the lines."""
    found = [match for match in map(LINE.fullmatch, stderr.splitlines()) if match]
    for match in found:
        assert bool(match[1]) is (float(match[3]) >= SLOW)
    return {match[2]: (float(match[3]), [part.split()[0] for part in match[4].split(", ")]) for match in found}


def test_each_extension_has_its_line(run) -> None:
    """With what it was doing; the slowest stands first."""
    result = run("workflow", "run", "flow.toml", "--profile-extensions")
    assert result.exit_code == 0, result.output
    found = profile(result.stderr)
    phases = {name: phases for name, (_, phases) in found.items()}
    assert list(Phase) == phases["audit"] == phases["kinds"]
    assert ["manifest", "import"] == phases["broken"]
    assert ["manifest"] == phases["policy-guard"]
    assert [took for took, _ in found.values()] == sorted((took for took, _ in found.values()), reverse=True)


def test_nothing_is_said_unless_it_is_asked_for(run) -> None:
    """And nothing is kept for it."""
    result = run("extension", "list")
    assert ("", []) == (result.stderr, Invocation().opened)


def test_the_answer_stays_one_document(run) -> None:
    """The profile is for people: as text on stderr, with --output json too."""
    result = run("--profile-extensions", "extension", "list", "-o", "json")
    assert json.loads(result.stdout)["status"] == "success"
    assert {"audit", "broken", "kinds", "local"} <= set(profile(result.stderr))


def test_a_command_that_fails_says_it_too(run) -> None:
    """Its exit code and its error stay."""
    result = run("workflow", "status", "nothing", "--profile-extensions")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: there is no run nothing")
    assert "audit" in profile(result.stderr)


def test_a_command_that_opens_twice_says_it_once(run) -> None:
    """What it took the first and the second time is added up."""
    result = run("extension", "disable", "broken", "--profile-extensions")
    assert 1 == len([line for line in result.stderr.splitlines() if "extension broken " in line])


def test_what_is_slow_is_marked(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From a tenth of a second on; an extension of which nothing was read says so."""
    (workspace / "extensions" / "linked").mkdir()
    (workspace / "extensions" / "linked" / "extension.toml").symlink_to("/nowhere")
    with Invocation(profile_extensions=True).open() as app:
        app.registry.get("audit").times = taken({Phase.IMPORT: 0.1})
        app.registry.get("broken").times = taken({Phase.IMPORT: 0.0999})
        app.registry.get("kinds").times = taken({Phase.MANIFEST: 1.0, Phase.HOOKS: 1.5})
    say_profile([app])
    place = workspace / "extensions"
    lines = capsys.readouterr().err.splitlines()
    kinds = app.registry.get("kinds")
    assert f"extension linked (project folder {place}/linked) took 0.0 ms (nothing was read of it)" in lines
    assert lines[:3] == [
        f"slow: extension {kinds} took 2500.0 ms (manifest 1000.0, hooks 1500.0)",
        f"slow: extension audit 1.0 (project folder {place}/audit) took 100.0 ms (import 100.0)",
        f"extension broken 1.0 (project folder {place}/broken) took 99.9 ms (import 99.9)",
    ]


def test_that_nobody_reads_it_is_no_failure(workspace: Path) -> None:
    """The command has done what it was asked."""
    reader, writer = os.pipe()
    os.close(reader)
    line = [sys.executable, "-m", "provisioning", "extension", "list", "--profile-extensions"]
    done = subprocess.run(line, stdout=subprocess.PIPE, stderr=writer, check=False, timeout=60)
    os.close(writer)
    assert (0, b"NAME") == (done.returncode, done.stdout[:4])
