"""`provisioning doctor`: what is wrong, in a table or as JSON, and mended where people say so."""

import json
from pathlib import Path

import pytest

from tests.app.test_doctor import checks
from tests.app.test_hooks import write_extension
from tests.hostile import EXTENSIONS, write_hostile

MENDED = """
from pathlib import Path
BROKEN = Path({file!r})
def look():
    return CheckResult.failed("it is broken", "mend it") if BROKEN.exists() else CheckResult.ok("it is whole")
def mend():
    BROKEN.unlink()
    return "removed the file"
"""


@pytest.fixture
def broken(workspace: Path) -> Path:
    """Something that two checks find, one of which asks before it mends it."""
    file = workspace / "broken"
    file.touch()
    checks(
        workspace,
        ["gentle", "harsh"],
        'HealthCheck("gentle", "Well?", look, mend)',
        'HealthCheck("harsh", "Well?", look, mend, destroys=True)',
        more=MENDED.format(file=str(file)),
    )
    return file


def test_all_is_well(workspace: Path, run) -> None:
    """A line for each check; nothing on stderr, and exit code 0."""
    done = run("doctor")
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["CHECK", "STATUS", "MESSAGE", "HINT"]
    assert [line for line in lines[1:] if line.split()[1] != "ok"] == []


def test_what_failed_is_told_and_mended(broken: Path, run) -> None:
    """With exit code 1 until it is mended; a program gets the same."""
    done = run("doctor", "own.gentle", "core.python", "-o", "json")
    document = json.loads(done.stdout)
    assert (done.exit_code, document["status"]) == (1, "error")
    assert document["error"]["message"] == "something is wrong with: own.gentle"
    assert [one["id"] for one in document["data"]] == ["core.python", "own.gentle"]
    assert document["data"][1] == {
        "id": "own.gentle",
        "summary": "Well?",
        "status": "failed",
        "message": "it is broken",
        "hint": "mend it",
        "fixed": None,
    }
    done = run("doctor", "own.gentle", "--fix")
    assert done.exit_code == 0
    assert " ".join(done.stdout.splitlines()[1].split()) == "own.gentle ok it is whole (fixed: removed the file) -"
    assert not broken.exists()


def test_what_destroys_asks(broken: Path, run) -> None:
    """Where nobody can be asked it is left as it is, and the others are told all the same."""
    done = run("doctor", "own.harsh", "core.python", "--fix")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[1].startswith("core.python")
    assert "There is nobody to ask here: add --yes to say so." in done.stdout
    assert broken.exists()
    assert run("doctor", "own.harsh", "--fix", "--yes").exit_code == 0
    assert not broken.exists()


def test_a_check_that_nobody_has(workspace: Path, run) -> None:
    """Is bad input."""
    done = run("doctor", "core.pyton")
    assert done.exit_code == 2
    assert done.stderr.startswith(
        "error: there is no check 'core.pyton'; did you mean core.python?\n  hint: there is: "
    )


def test_a_configuration_that_is_wrong_is_told_as_a_finding(workspace: Path, run) -> None:
    """And does not end the command before the others are told."""
    (workspace / "config.user.toml").write_text("[workflow\n")
    done = run("doctor")
    assert done.exit_code == 1
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]][5] == ["core.configuration", "failed"]


def test_hostile_extensions_are_findings(workspace: Path, tmp_path: Path, run) -> None:
    """Each that cannot be used, and none of them keeps another from being looked at."""
    write_hostile(workspace, tmp_path / "elsewhere")
    done = run("doctor", "-o", "json")
    assert done.exit_code == 1
    found = {one["id"]: one["status"] for one in json.loads(done.stdout)["data"]}
    assert {one.name: found[f"{one.name}.status"] for one in EXTENSIONS} == {
        one.name: "ok" if one.found == "ready" and not one.loaded else "failed" for one in EXTENSIONS
    }
    assert {name: status for name, status in found.items() if name.startswith("core.") and status != "ok"} == {}


def test_an_extension_that_hangs_while_it_is_imported_is_given_up(workspace: Path, program) -> None:
    """And so is what waits for it; the doctor comes to its end."""
    write_extension(workspace / "extensions", "stuck", "import threading\nthreading.Event().wait()")
    done = program("doctor", "stuck.status", "core.python", "--timeout", "0.5", "-o", "json")
    assert done.returncode == 1, done.stderr
    first, second = json.loads(done.stdout)["data"]
    assert (first["id"], first["status"]) == ("core.python", "ok")
    assert second["message"] == "check stuck.status did not answer within 0.5 s"
