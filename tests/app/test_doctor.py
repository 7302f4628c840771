"""The doctor: everything is looked at by itself, and whatever one check does, the others are made."""

import sqlite3
import time
from collections.abc import Collection
from pathlib import Path

import pytest

from provisioning.app import App, Doctor, Finding
from provisioning.contract import NewRun
from provisioning.errors import ConfigurationError
from provisioning.store import open_journal
from tests.app.services import EXAMPLES, opened, source
from tests.app.test_hooks import command, flow, write_extension
from tests.users import ordinary_user

CODE = """
import sys, time, threading
from provisioning import CheckResult, HealthCheck, hookimpl
{more}
class Plugin:
    @hookimpl
    def health_checks(self, context):
        return [{checks}]
"""
CORE = [
    "core.python",
    "core.dependencies",
    "core.clock",
    "core.user-folder",
    "core.cache-folder",
    "core.configuration",
    "core.workspace",
    "core.disk",
    "core.journal",
    "core.leases",
    "core.provider.local",
]


def checks(workspace: Path, names: Collection[str], *written: str, name: str = "own", more: str = "") -> Path:
    """Write an extension with health checks, each a Python expression."""
    code = CODE.format(checks=", ".join(written), more=more)
    listed = ", ".join(f'"{one}"' for one in names)
    return write_extension(workspace / "extensions", name, code, more=f"[health]\nchecks = [{listed}]")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of the user's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def doctor(workspace: Path, home: Path, *, patience: float = 60.0, **options) -> Doctor:
    options.setdefault("overrides", {"providers.local.directory": str(home / "cloud")})

    def open_app() -> App:
        return opened(workspace, home, **options)

    return Doctor(open_app, patience=patience)


def found(workspace: Path, home: Path, *only: str, **options) -> dict[str, Finding]:
    with doctor(workspace, home, **options) as asked:
        return {one: asked.examine(one) for one in asked.ids(only)}


def told(finding: Finding) -> tuple[str, str, str | None]:
    return str(finding.status), finding.message, finding.hint


def test_a_sound_workspace_is_sound(workspace: Path, home: Path) -> None:
    """Every check of the core and one of each extension, in a stable order; nothing is made by looking."""
    every = found(workspace, home)
    names = ["audit-log", "kinds", "local", "policy-guard"]
    assert [one for one in every if one.startswith("core.")] == CORE
    assert [f"{name}.status" for name in names if f"{name}.status" not in every] == []
    assert [told(one) for one in every.values() if one.status != "ok"] == []
    assert list(workspace.iterdir()) == []


def test_only_what_is_asked_for_is_looked_at(workspace: Path, home: Path) -> None:
    """An id that nobody has is refused with those there are."""
    folder = checks(workspace, ["one"], 'HealthCheck("one", "One?", lambda: CheckResult.ok("fine"))')
    with (folder / "own_plugin.py").open("a") as file:
        file.write("\nfrom pathlib import Path\nPath(__file__ + '.imported').touch()\n")
    marker = folder / "own_plugin.py.imported"
    assert list(found(workspace, home, "core.python")) == ["core.python"]
    assert not marker.exists()
    assert told(found(workspace, home, "own.one")["own.one"]) == ("ok", "fine", None)
    assert marker.exists()
    with pytest.raises(ConfigurationError, match=r"there is no check 'core.pyton'; did you mean core.python\?"):
        found(workspace, home, "core.pyton")


HOSTILE = {
    "raises": ("lambda: 1 / 0", "check own.raises of extension own failed with ZeroDivisionError: division by zero"),
    "exits": ("lambda: sys.exit(7)", "check own.exits of extension own failed with SystemExit: 7"),
    "interrupts": ("interrupt", "check own.interrupts of extension own failed with KeyboardInterrupt"),
    "nonsense": (
        "lambda: True",
        "check own.nonsense of extension own answered with an object of type bool, not with a CheckResult",
    ),
    "prints": ('lambda: print("noise") or CheckResult.failed("no")', "no"),
}


def test_a_hostile_check_is_a_failed_one_and_the_rest_goes_on(workspace: Path, home: Path, capsys) -> None:
    """It is named with its extension; nothing that it prints is in the answer."""
    written = [f'HealthCheck("{name}", "Well?", {code})' for name, (code, _) in HOSTILE.items()]
    more = "def interrupt():\n    raise KeyboardInterrupt"
    checks(workspace, HOSTILE, *written, more=more)
    checks(workspace, ["fine"], 'HealthCheck("fine", "Well?", lambda: CheckResult.ok("fine"))', name="second")
    every = found(workspace, home)
    assert {name: (every[f"own.{name}"].status, every[f"own.{name}"].message) for name in HOSTILE} == {
        name: ("failed", message) for name, (_, message) in HOSTILE.items()
    }
    assert every["own.raises"].hint == "this is a defect of extension own"
    assert every["second.fine"].message == "fine"
    assert capsys.readouterr().out == ""


def test_a_check_that_hangs_is_given_up(workspace: Path, home: Path) -> None:
    """And so is an extension that does not say what it brings."""
    hang = "threading.Event().wait"
    checks(workspace, ["hangs"], f'HealthCheck("hangs", "Well?", {hang})')
    checks(workspace, ["any"], f"{hang}()", name="silent")
    every = found(workspace, home, "own.hangs", "silent.any", "core.python", patience=0.2)
    assert {name: one.message for name, one in every.items() if name != "core.python"} == {
        "own.hangs": "check own.hangs of extension own did not answer within 0.2 s",
        "silent.any": "health_checks of extension silent did not answer within 0.2 s",
    }
    assert every["core.python"].status == "ok"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise SystemExit(3)", "could not be imported: SystemExit: 3"),
        ("class Plugin: pass", "[health] needs health_checks, which the plugin lacks"),
        (CODE.format(checks="", more=""), "health.checks in its manifest is not what its plugin brings: "),
        (CODE.format(checks="3", more=""), "returned an object of type int among its answers, not objects of type"),
    ],
)
def test_an_extension_that_does_not_bring_its_checks_has_failed_them(
    workspace: Path, home: Path, code: str, message: str
) -> None:
    """Its status says so as well."""
    folder = checks(workspace, ["one", "two"])
    (folder / "own_plugin.py").write_text(code)
    every = found(workspace, home)
    assert [every[f"own.{name}"].status for name in ("one", "two", "status")] == ["failed"] * 3
    assert message in every["own.one"].message
    assert message in every["own.status"].message


def test_what_failed_is_mended_and_looked_at_again(workspace: Path, home: Path) -> None:
    """The finding says what was done, and how it is now; a fix that fails says so."""
    broken = workspace / "broken"
    broken.touch()
    more = f"""
from pathlib import Path
BROKEN = Path({str(broken)!r})
def look():
    return CheckResult.failed("broken", "mend it") if BROKEN.exists() else CheckResult.ok("whole")
def mend():
    BROKEN.unlink()
    return "removed it"
"""
    checks(
        workspace,
        ["mended", "stays"],
        'HealthCheck("mended", "Well?", look, mend, destroys=True)',
        'HealthCheck("stays", "Well?", lambda: CheckResult.failed("broken"), lambda: 1 / 0)',
        more=more,
    )
    with doctor(workspace, home) as asked:
        asked.ids(["own.mended", "own.stays"])
        first, second = asked.examine("own.mended"), asked.examine("own.stays")
        assert [(asked.can_mend(one), asked.destroys(one)) for one in (first, second)] == [(True, True), (True, False)]
        again = asked.mend(first)
        assert (told(first), told(again), again.fixed) == (
            ("failed", "broken", "mend it"),
            ("ok", "whole", None),
            "removed it",
        )
        assert not asked.can_mend(again)
        assert asked.mend(second).hint == "it could not be mended: ZeroDivisionError: division by zero"


def test_what_is_wrong_with_the_configuration_is_a_finding(workspace: Path, home: Path) -> None:
    """What needs none is looked at all the same."""
    place = workspace / "config.user.toml"
    place.write_text("[workflow]\nparalelism = 1\n")
    every = found(workspace, home)
    assert list(every) == CORE[:6]
    assert told(every["core.configuration"]) == (
        "failed",
        f"{place}:2: workflow.paralelism: is not a known key",
        "did you mean parallelism?",
    )
    assert every["core.python"].status == "ok"


def test_a_configuration_that_cannot_be_had_is_a_finding(workspace: Path, home: Path) -> None:
    """As it is when a config source fails: extensions are looked at, as one of them is to blame."""
    source(workspace, "1 / 0")
    every = found(workspace, home)
    assert [one for one in every if one.startswith("core.")] == CORE[:6]
    assert every["core.configuration"].message.startswith("load_config of extension shared failed")
    assert "--without shared" in str(every["core.configuration"].hint)
    assert "shared.status" in every


def test_wrong_settings_are_found(workspace: Path, home: Path) -> None:
    """Those too that only somebody who reads them meets."""
    (workspace / "config.user.toml").write_text('[vars]\nx = "{{env.NOT_SET}}"\n')
    finding = found(workspace, home, "core.configuration")["core.configuration"]
    assert finding.status == "failed"
    assert "NOT_SET" in finding.message
    assert finding.hint == "provisioning config validate"


def test_the_journal_is_looked_into(workspace: Path, home: Path) -> None:
    """A sound one, a damaged one, another program's database, and one of a later version."""
    with opened(workspace, home) as app:
        app.run(flow(command("a", "true")))
    file = workspace / ".provisioning" / "journal.db"

    def journal() -> tuple[str, str, str | None]:
        return told(found(workspace, home, "core.journal")["core.journal"])

    assert journal() == ("ok", f"{file} is sound", None)
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert journal()[:2] == (
        "failed",
        f"journal {file} has format 99, and this version of provisioning knows formats up to 2",
    )
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 1")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET rootpage = 2 WHERE name = 'events_of_a_run'")
    connection.close()
    status, message, hint = journal()
    assert status == "failed"
    assert message.startswith((f"{file} is damaged: ", f"journal {file} is damaged"))
    assert hint is not None
    file.write_bytes(b"no database at all, and long enough to be read as one" * 100)
    assert journal()[0] == "failed"
    assert file.read_bytes().startswith(b"no database")


def test_a_run_that_was_left_behind_is_worth_a_word(workspace: Path, home: Path) -> None:
    """It is safe, and somebody should go on with it."""
    with open_journal(workspace / ".provisioning" / "journal.db", clock=lambda: time.time() - 3600) as journal:
        journal.create_run(NewRun("wf-1", "flow", {}, "digest", 1))
        journal.acquire("wf-1", "elsewhere/boot/1/1/nonce")
    assert told(found(workspace, home, "core.leases")["core.leases"]) == (
        "warning",
        "nobody drives wf-1 (running) any more",
        "go on with it: provisioning workflow resume wf-1",
    )


def test_a_journal_that_is_ahead_of_the_clock_is_found(workspace: Path, home: Path) -> None:
    """Leases that end by time would not."""
    with open_journal(workspace / ".provisioning" / "journal.db", clock=lambda: time.time() + 7200) as journal:
        journal.create_run(NewRun("wf-1", "flow", {}, "digest", 1))
    finding = found(workspace, home, "core.leases")["core.leases"]
    assert (finding.status, finding.hint) == ("failed", "set the clock")
    assert "ahead of the clock" in finding.message


def test_a_folder_that_cannot_be_written_is_found_and_given_back(workspace: Path, home: Path) -> None:
    """By its owner; what is no folder at all is left to people."""
    cache = home / "cache" / "provisioning"
    cache.mkdir(parents=True)
    cache.chmod(0o500)
    workspace.chmod(0o500)
    try:
        with ordinary_user(), doctor(workspace, home) as asked:
            asked.ids(["core.cache-folder", "core.workspace"])
            finding = asked.examine("core.cache-folder")
            assert told(finding) == (
                "failed",
                f"{cache} cannot be written",
                f"give your user the permission: chmod u+rwx {cache}",
            )
            assert asked.examine("core.workspace").status == "failed"
            mended = asked.mend(finding)
            assert (mended.status, mended.fixed) == ("ok", f"gave you the right to read and write {cache}")
    finally:
        workspace.chmod(0o700)
    assert cache.stat().st_mode & 0o700 == 0o700


def test_a_provider_that_does_not_answer_is_found(workspace: Path, home: Path) -> None:
    """One that is not there at all, too; the others are asked."""
    overrides = {"providers.local.directory": str(home / "cloud"), "providers.far.type": "nowhere"}
    every = found(workspace, home, "core.provider.local", "core.provider.far", overrides=overrides)
    assert every["core.provider.local"].status == "ok"
    assert told(every["core.provider.far"])[:2] == ("failed", "there is no provider type 'nowhere'")


def test_an_extension_that_cannot_be_used_is_found(workspace: Path, home: Path) -> None:
    """One that is disabled is as somebody wants it."""
    folder = write_extension(workspace / "extensions", "old", "class Plugin: pass")
    text = (folder / "extension.toml").read_text().replace(">=1.0,<2", ">=7")
    (folder / "extension.toml").write_text(text)
    every = found(workspace, home, "old.status", "audit-log.status")
    assert every["old.status"].status == "failed"
    assert "is incompatible: you have provisioning" in every["old.status"].message
    assert every["audit-log.status"].status == "ok"
    overrides = {"extensions.disabled": ["old"]}
    assert found(workspace, home, "old.status", overrides=overrides)["old.status"].status == "ok"


def test_a_store_of_an_extension_is_opened(workspace: Path, home: Path) -> None:
    """By the extension, as there is no file to look into."""
    overrides = {"store.url": "sqlite-tuned:///x.db", "providers.local.directory": str(home / "cloud")}
    every = found(
        workspace, home, "core.journal", "core.leases", overrides=overrides, extension_paths=[EXAMPLES / "tuned-store"]
    )
    assert every["core.journal"].message == "it can be opened and read"
    assert every["core.leases"].message == "no run was left behind"


def test_the_example_looks_at_the_disk(workspace: Path, home: Path) -> None:
    """As much as its options want is there, or is not."""
    room = "disk-room.room"
    options = {"extension_paths": [EXAMPLES / "disk-room"]}
    assert (
        found(workspace, home, room, overrides={"extensions.options.disk-room.gigabytes": 0}, **options)[room].status
        == "ok"
    )
    overrides = {"extensions.options.disk-room.gigabytes": 10**9}
    finding = found(workspace, home, room, overrides=overrides, **options)[room]
    assert (finding.status, finding.hint) == ("warning", "remove what nobody needs any more")
