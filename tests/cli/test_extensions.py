"""Extensions, from the command line: looked at, examined and switched, with none of their code imported."""

import json
import os
from pathlib import Path
from textwrap import dedent

import pytest

from tests.distribution import FOLDERS, PLUGINS

MANIFEST = """
[extension]
name = "{name}"
version = "1.0"
type = "hooks"
description = "A test"
{more}
[compatibility]
provisioning = ">=1.0,<2"
hook_api = "1"
[entry_points]
hooks = "plugin:Plugin"
[config]
schema = "config.schema.json"
"""
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "url": {"type": "string", "default": "http://localhost", "description": "Where to."},
        "pin": {"type": "integer", "writeOnly": True},
    },
}

ON = {*PLUGINS} - {"otel"}
OFF = {*FOLDERS, "otel"}
"""What is bundled and off until somebody enables it."""


def write(folder: Path, name: str = "audit", code: str = "class Plugin: pass", more: str = "") -> Path:
    """Write a folder extension; importing it leaves the file `imported` beside it."""
    place = folder / name
    place.mkdir(parents=True)
    (place / "extension.toml").write_text(MANIFEST.format(name=name, more=more), encoding="utf-8")
    (place / "config.schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    marker = f"open({str(folder / 'imported')!r}, 'w').close()\n"
    (place / "plugin.py").write_text(marker + dedent(code), encoding="utf-8")
    return place


@pytest.fixture
def extensions(workspace: Path) -> Path:
    """Where a workspace keeps extensions of its own, with one in it."""
    write(workspace / "extensions")
    return workspace / "extensions"


def data_of(result):
    """Return the data of an answer in JSON."""
    return json.loads(result.stdout)["data"]


def settings(workspace: Path, text: str) -> None:
    (workspace / "config.user.toml").write_text(dedent(text), encoding="utf-8")


def test_no_command_about_extensions_imports_one(run, extensions: Path, workspace: Path) -> None:
    """Neither do --help and --version."""
    for line in (
        ["--help"],
        ["--version"],
        ["extension", "--help"],
        ["extension", "list"],
        ["extension", "info", "audit"],
        ["extension", "why", "audit"],
        ["extension", "validate"],
        ["extension", "disable", "audit"],
        ["extension", "enable", "audit"],
        ["provider", "list"],
        ["config", "validate"],
    ):
        assert run(*line).exit_code == 0, line
        assert not (extensions / "imported").exists(), line
    assert run("extension", "validate", "audit", "--import").exit_code == 0
    assert (extensions / "imported").exists()


def test_all_are_listed(run_anywhere, extensions: Path, workspace: Path) -> None:
    """Those that are broken too, each with what is wrong with it on one line; as JSON the record is whole."""
    (extensions / "torn").mkdir()
    (extensions / "torn" / "extension.toml").write_text("x = [", encoding="utf-8")
    header, *lines = run_anywhere("extension", "list").stdout.splitlines()
    shown = {line.split()[0]: line for line in lines}
    assert header.split() == ["NAME", "VERSION", "TYPE", "STATUS", "ORIGIN", "PROBLEM"]
    assert list(shown) == sorted(["audit", "torn", *PLUGINS, *FOLDERS])
    assert shown["audit"].split() == [
        "audit",
        "1.0",
        "hooks",
        "ready",
        "project",
        "folder",
        str(extensions / "audit"),
        "-",
    ]
    assert "torn/extension.toml:1" in shown["torn"]
    records = {record["name"]: record for record in data_of(run_anywhere("extension", "list", "-o", "json"))}
    audit, torn = records["audit"], records["torn"]
    assert (audit["manifest"]["extension"]["description"], audit["status"]) == ("A test", "ready")
    assert (torn["manifest"], [one["code"] for one in torn["problems"]]) == (None, ["manifest_invalid"])


def test_one_is_shown_with_its_options(run, extensions: Path, workspace: Path) -> None:
    """What is configured of it stands there as well, a secret of its schema hidden."""
    settings(workspace, '[extensions.options.audit]\nurl = "http://here"\npin = 123456\n')
    shown = run("extension", "info", "audit").stdout
    assert f"origin        project folder {extensions / 'audit'}" in shown
    assert "123456" not in shown
    data = data_of(run("extension", "info", "audit", "-o", "json"))
    assert data["configured"] == {"url": "http://here", "pin": "***"}
    assert [(one["name"], one["default"], one["secret"]) for one in data["options"]] == [
        ("url", "http://localhost", False),
        ("pin", None, True),
    ]
    assert (data["manifest"]["entry_points"]["hooks"], data["others"]) == ("plugin:Plugin", [])


def test_two_of_one_name_are_both_shown(run, extensions: Path, workspace: Path, tmp_path: Path) -> None:
    """A conflict names both sides, and so does the answer."""
    write(tmp_path / "more")
    more = ("--extension-path", str(tmp_path / "more"))
    shown = run("extension", "info", "audit", *more).stdout
    assert [shown.count(text) for text in ("name_conflict", "\nlocation")] == [2, 2]
    assert len(data_of(run("extension", "info", "audit", *more, "-o", "json"))["others"]) == 1
    assert run("extension", "why", "audit", *more).stdout.count("the name audit is taken by") == 2


def test_a_status_is_explained_step_by_step(run, extensions: Path, workspace: Path) -> None:
    """The first "no" decides, and what was not asked any more says so."""
    settings(workspace, '[extensions]\ndisabled = ["audit"]\n')
    rows = data_of(run("extension", "why", "audit", "-o", "json"))["reasons"]
    assert [(row["step"], row["passed"], row["text"]) for row in rows] == [
        ("found", True, f"project folder {extensions / 'audit'}"),
        ("manifest", True, "it was read: audit 1.0, of type hooks"),
        ("configuration", False, "the configuration disables it"),
        ("compatibility", None, "not asked any more"),
        ("conflicts", None, "not asked any more"),
        ("requirements", None, "not asked any more"),
        ("options", None, "not asked any more"),
        ("status", False, "disabled"),
    ]
    assert len(run("extension", "why", "audit").stdout.splitlines()) == len(rows) + 1


def test_validating_tells_of_options_and_schema(run, extensions: Path, workspace: Path) -> None:
    """With file and line, the exit code is 1; what is disabled is checked like the others."""
    settings(workspace, '[extensions]\ndisabled = ["audit"]\n[extensions.options.audit]\nurl = 3\npinn = 1\n')
    result = run("extension", "validate", "audit", "-o", "json")
    (found,) = data_of(result)
    assert (result.exit_code, found["valid"], found["status"]) == (1, False, "disabled")
    place = workspace / "config.user.toml"
    assert sorted((one["code"], one["message"]) for one in found["problems"]) == [
        ("config_invalid", f"{place}:4: extensions.options.audit.url: must be text, not an integer"),
        ("config_invalid", f"{place}:5: extensions.options.audit.pinn: is not known here; did you mean 'pin'?"),
    ]
    assert json.loads(result.stdout)["error"]["message"] == "something is wrong with: audit"
    (extensions / "audit" / "config.schema.json").write_text('{"type": "thing"}', encoding="utf-8")
    assert "config_schema_invalid" in run("extension", "validate", "-o", "json").stdout


def test_validating_asks_the_code_where_that_is_wanted(run, extensions: Path, workspace: Path) -> None:
    """What it says itself is a problem; what it says of itself is shown; it is not activated."""
    code = """
    from provisioning import hookimpl
    class Plugin:
        @hookimpl
        def extension_info(self):
            return {"homepage": "http://audit"}
        @hookimpl
        def extension_validate(self, context):
            return [f"{context.options['url']} does not answer"]
        @hookimpl
        def extension_activate(self, context):
            raise AssertionError
    """
    write(extensions, "asked", code)
    assert run("extension", "validate", "asked").exit_code == 0
    result = run("extension", "validate", "asked", "--import", "-o", "json")
    (found,) = data_of(result)
    assert (result.exit_code, found["info"]) == (1, {"homepage": "http://audit"})
    assert [(one["code"], one["message"]) for one in found["problems"]] == [
        ("validation_failed", "http://localhost does not answer")
    ]
    assert "homepage  http://audit" in run("extension", "validate", "asked", "--import").stdout


def test_a_folder_is_validated_where_it_lies(run, workspace: Path, tmp_path: Path) -> None:
    """By its path, also one that imports badly; another path is a usage error."""
    place = write(tmp_path / "elsewhere", "mine", "import no_such_thing")
    assert data_of(run("extension", "validate", f"{place}/", "-o", "json"))[0]["valid"]
    (found,) = data_of(run("extension", "validate", f"{place}/", "--import", "-o", "json"))
    assert [one["code"] for one in found["problems"]] == ["import_failed"]
    os.chdir(place)
    assert data_of(run("extension", "validate", ".", "-o", "json"))[0]["name"] == "mine"
    assert run("extension", "validate", "./nowhere").exit_code == 2
    (place / "extension.toml").unlink()
    assert run("extension", "validate", f"{place}/").exit_code == 1


def test_an_extension_is_switched_off_and_on(run, extensions: Path, workspace: Path) -> None:
    """Everything else in the file stays, comments and layout too."""
    text = (
        '# mine\n[extensions]  # which\nprefer = { a = "b" }\ndisabled = [\n    "other",  # noisy\n]\n\n[vars]\nx = 1\n'
    )
    settings(workspace, text)
    result = run("extension", "disable", "Audit")
    assert result.stdout == f"audit is disabled now ({workspace / 'config.user.toml'})\n"
    after = (workspace / "config.user.toml").read_text(encoding="utf-8")
    assert after == text.replace('"other",  # noisy\n', '"other",  # noisy\n    "audit",\n')
    assert data_of(run("extension", "enable", "audit", "-o", "json"))["status"] == "ready"
    assert (workspace / "config.user.toml").read_text(encoding="utf-8") == text


def test_what_is_off_by_default_waits_for_being_enabled(run, extensions: Path, workspace: Path) -> None:
    """The hint is the command, and the command is enough."""
    write(extensions, "shy", more='default = "disabled"')
    (problem,) = data_of(run("extension", "info", "shy", "-o", "json"))["problems"]
    assert problem == {
        "code": "disabled_by_default",
        "message": "its manifest says that it is off until it is enabled",
        "hint": "provisioning extension enable shy",
    }
    assert run("extension", "enable", "shy").exit_code == 0
    assert (workspace / "config.user.toml").read_text(encoding="utf-8") == '[extensions]\nenabled = ["shy"]\n'
    assert data_of(run("extension", "info", "shy", "-o", "json"))["status"] == "ready"
    assert data_of(run("extension", "disable", "shy", "-o", "json"))["status"] == "disabled"


def test_the_user_and_the_project_each_have_their_say(run, extensions: Path, workspace: Path, tmp_path: Path) -> None:
    """A workspace carries over what the user disables, and may take one of them back; a stronger layer is named."""
    user = tmp_path / "home" / "config" / "provisioning" / "config.toml"
    assert run("extension", "disable", "audit", "--user").exit_code == 0
    assert user.read_text(encoding="utf-8") == '[extensions]\ndisabled = ["audit"]\n'
    assert not (workspace / "config.user.toml").exists()
    assert run("extension", "disable", "local").exit_code == 0
    project = workspace / "config.user.toml"
    assert project.read_text(encoding="utf-8") == '[extensions]\ndisabled = ["audit", "local"]\n'
    assert data_of(run("extension", "enable", "audit", "-o", "json"))["status"] == "ready"
    assert project.read_text(encoding="utf-8") == '[extensions]\ndisabled = ["local"]\n'
    result = run("extension", "enable", "local", "--user")
    assert result.stderr == (
        "something else decides that, and it stays disabled: provisioning config explain extensions.disabled\n"
    )


@pytest.mark.parametrize("verb", ["info", "why", "enable", "disable", "validate"])
def test_an_unknown_name_is_told_with_what_is_near(run, verb: str, extensions: Path, workspace: Path) -> None:
    """Nothing is written for it."""
    result = run("extension", verb, "audti")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "error: there is no extension 'audti'; did you mean audit?\n"
        f"  hint: there is: {', '.join(sorted(['audit', *PLUGINS, *FOLDERS]))}; or install its extension\n"
    )
    assert not (workspace / "config.user.toml").exists()


@pytest.mark.parametrize(
    ("options", "used"),
    [
        ((), {*ON, "audit", "second"}),
        (("--safe-mode",), {*ON}),
        (("--without", "audit", "--without", "local"), {*ON, "second"} - {"local"}),
        (("--only", "second"), {*ON, "second"}),
        (("--only", "audit", "--only", "second", "--without", "audit"), {*ON, "second"}),
    ],
)
def test_options_choose_before_any_import(run, options, used: set[str], extensions: Path, workspace: Path) -> None:
    """What they leave out is disabled for this one invocation, and the record names the option."""
    write(extensions, "second")
    found = data_of(run(*options, "extension", "list", "-o", "json"))
    assert {one["name"] for one in found if one["status"] == "ready"} == used
    left_out = [one["problems"] for one in found if one["status"] == "disabled" and one["name"] not in OFF]
    assert [problem["code"] for problems in left_out for problem in problems] == ["disabled_by_option"] * len(left_out)
    assert all(problem["message"].startswith("the option --") for problems in left_out for problem in problems)


@pytest.mark.parametrize("option", ["--without", "--only"])
def test_a_name_that_nobody_has_cannot_be_chosen(run, option: str, extensions: Path, workspace: Path) -> None:
    """A typing mistake would otherwise leave the wrong ones in use."""
    assert run("extension", "list", option, "adit").exit_code == 2


def test_strict_refuses_what_is_broken_and_takes_what_is_disabled(run, extensions: Path, workspace: Path) -> None:
    """Before anything is run, also where it shows at the import only."""
    write(extensions, "dying", "raise SystemExit(3)")
    (workspace / "flow.toml").write_text(
        'name = "flow"\n[[operations]]\nid = "a"\nkind = "command"\nparameters = { command = ["true"] }\n'
    )
    assert run("extension", "list", "--strict").exit_code == 0
    result = run("workflow", "run", "flow.toml", "--strict", "--workflow-id", "one")
    assert (result.exit_code, "SystemExit: 3" in result.stderr) == (1, True)
    assert run("workflow", "status", "one").exit_code == 2
    (extensions / "dying" / "extension.toml").write_text("x", encoding="utf-8")
    assert run("extension", "list", "--strict").exit_code == 1
    assert run("extension", "list", "--strict", "--without", "dying").exit_code == 0
    assert run("workflow", "run", "flow.toml", "--strict", "--safe-mode").exit_code == 0


def test_options_that_do_not_fit_are_found_by_config_validate(run, extensions: Path, workspace: Path) -> None:
    """Those of extensions that are not there too, and those that belong to a provider's instance."""
    text = """
    [extensions.options.audit]
    url = 3
    [extensions.options.gone]
    x = 1
    [extensions.options.local]
    x = 1
    [providers.local]
    stop_timeout = "long"
    """
    settings(workspace, text)
    result = run("config", "validate", "-o", "json")
    place = str(workspace / "config.user.toml")
    problems = json.loads(result.stdout)["error"]["details"]["problems"]
    assert result.exit_code == 2
    assert {(one["line"], one["key"], one["message"]) for one in problems if one["file"] == place} == {
        (3, "extensions.options.audit.url", "must be text, not an integer"),
        (4, "extensions.options.gone", "there is no extension 'gone'"),
        (
            6,
            "extensions.options.local",
            "extension local is a provider, whose options stand with each of its instances",
        ),
        (9, "providers.local.stop_timeout", "must be a number, not text"),
    }


def test_names_of_extensions_are_completed(program, extensions: Path, workspace: Path) -> None:
    """After `extension disable`, for one."""
    words = {
        "COMP_WORDS": "provisioning extension disable au",
        "COMP_CWORD": "3",
        "_PROVISIONING_COMPLETE": "bash_complete",
    }
    assert program(environment=words).stdout.splitlines() == ["plain,audit", "plain,audit-log"]
