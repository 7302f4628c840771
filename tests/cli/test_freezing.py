"""Extensions frozen and restored: the same document for the same extensions, and nothing to do a second time."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from provisioning.extensions import freeze_schema
from tests.cli.test_folder_extensions import write
from tests.distribution import FOLDERS, PLUGINS
from tests.environments import Environment


def entry(**fields: object) -> str:
    """Return the table of one extension."""
    return "[[extensions]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())


def document(*tables: str, form: int = 1, provisioning: str = "1.0") -> str:
    """Return a frozen document."""
    return "\n".join([f'format = {form}\nprovisioning = "{provisioning}"\n', *tables])


def test_what_is_there_is_frozen(run, workspace: Path) -> None:
    """By name, with its origin and whether it is enabled, no path of this machine in it, and always the same."""
    write(workspace / "extensions")
    write(workspace / "extensions", "broken", needs=">=99")
    assert run("extension", "disable", "own").exit_code == 0
    done = run("extension", "freeze")
    assert (0, "left out: broken is incompatible\n") == (done.exit_code, done.stderr)
    frozen = tomllib.loads(done.stdout)
    Draft202012Validator(freeze_schema()).validate(frozen)
    by_name = {one["name"]: one for one in frozen["extensions"]}
    assert list(by_name) == sorted(["own", *FOLDERS, *PLUGINS])
    own = by_name["own"]
    assert own.pop("digest").startswith("sha256:")
    assert own == {
        "name": "own",
        "version": "1.0",
        "origin": "folder_project",
        "enabled": False,
        "folder": "extensions/own",
    }
    assert (by_name["local"]["origin"], by_name["local"]["enabled"]) == ("bundled", True)
    pointed = ("--extension-path", str(write(workspace.parent / "elsewhere", "pointed").parent))
    assert str(workspace.parent) not in run("extension", "freeze", *pointed).stdout
    assert done.stdout == run("extension", "freeze", "--without", "local").stdout, "options of one call do not count"
    assert json.loads(run("extension", "freeze", "-o", "json").stdout)["data"] == tomllib.loads(done.stdout)


def test_a_file_is_written_over_an_older_one_only(run, workspace: Path) -> None:
    """What is no frozen document is left as it is."""
    assert run("extension", "freeze", "frozen.toml").stdout == "wrote frozen.toml\n"
    assert run("extension", "freeze", "frozen.toml").exit_code == 0
    assert (workspace / "frozen.toml").read_text(encoding="utf-8") == run("extension", "freeze").stdout
    (workspace / "config.user.toml").write_text("[vars]\nx = 1\n", encoding="utf-8")
    done = run("extension", "freeze", "config.user.toml")
    assert (2, "error: config.user.toml exists already, and is no frozen document\n") == (
        done.exit_code,
        done.stderr.splitlines(keepends=True)[0],
    )


def test_what_is_enabled_is_restored(run, workspace: Path) -> None:
    """It is told first and asked for; a second time nothing is to be done."""
    assert run("extension", "disable", "local").exit_code == 0
    assert run("extension", "enable", "audit-log").exit_code == 0
    assert run("extension", "freeze", "frozen.toml").exit_code == 0
    assert run("extension", "enable", "local").exit_code == 0
    assert run("extension", "disable", "audit-log").exit_code == 0
    before = (workspace / "config.user.toml").read_text(encoding="utf-8")
    tried = run("extension", "restore", "frozen.toml", "--dry-run")
    assert (0, "would enable audit-log\nwould disable local\n") == (tried.exit_code, tried.stdout)
    asked = run("extension", "restore", "frozen.toml")
    assert asked.stderr.startswith("will enable audit-log\nwill disable local\n")
    question = "Change the extensions to what frozen.toml says? There is nobody to ask here: add --yes to say so."
    assert (2, f"error: {question}") == (asked.exit_code, asked.stderr.splitlines()[2])
    assert before == (workspace / "config.user.toml").read_text(encoding="utf-8")
    done = run("extension", "restore", "frozen.toml", "--yes")
    assert (0, "restored\n") == (done.exit_code, done.stdout)
    again = run("extension", "restore", "frozen.toml")
    assert (0, "nothing to do\n", "") == (again.exit_code, again.stdout, again.stderr)


def test_a_stronger_layer_is_told(run, workspace: Path) -> None:
    """What config.user.toml cannot bring about is no success."""
    assert run("extension", "freeze", "frozen.toml").exit_code == 0
    done = run("extension", "restore", "frozen.toml", "--yes", "--set", 'extensions.disabled=["local"]')
    assert done.exit_code == 1
    assert done.stderr == "will enable local\nerror: something else stands against this: enable local\n"


def test_a_folder_that_differs_is_told_and_not_touched(run, workspace: Path) -> None:
    """Nobody can fetch it; the rest is restored all the same, and the exit code is 1."""
    place = write(workspace / "extensions")
    write(workspace / "extensions", "other")
    assert run("extension", "freeze", "frozen.toml").exit_code == 0
    (place / "plugin.py").write_text("changed", encoding="utf-8")
    shutil.rmtree(workspace / "extensions" / "other")
    assert run("extension", "disable", "local").exit_code == 0
    done = run("extension", "restore", "frozen.toml", "--yes", "-o", "json")
    answer = json.loads(done.stdout)
    left = [
        "the folder of other 1.0 is not there (extensions/other)",
        "the folder of own 1.0 holds something else than it did (extensions/own)",
    ]
    assert (1, left) == (done.exit_code, answer["data"]["left"])
    assert answer["error"]["message"] == "; ".join(left)
    assert answer["data"]["enable"] == ["local"]
    assert json.loads(run("extension", "info", "local", "-o", "json").stdout)["data"]["status"] == "ready"
    assert (place / "plugin.py").read_text(encoding="utf-8") == "changed"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("x = [", "frozen.toml:1"),
        ('format = 1\nprovisioning = "1\\n"\n', "frozen.toml:2: provisioning: holds a line's end"),
        (document(form=2), "frozen.toml:1: format: is 2, and this version of provisioning knows 1"),
        ('format = 1\nprovisioning = "1"\nmore = 1\n', "frozen.toml:3: more: is not known here; known: "),
        (
            document(entry(name="a", version="1", origin="package", enabled=True)),
            "frozen.toml:4: extensions[0]: a is of origin package and has no distribution",
        ),
        (
            document(entry(name="a", version="1", origin="package", enabled=True, distribution="a>=1")),
            "frozen.toml:9: extensions[0].distribution: ",
        ),
        (
            document(entry(name="a", version="1", origin="package", enabled=True, distribution="a==1-x-y")),
            "frozen.toml:9: extensions[0].distribution: 'a==1-x-y' is not a distribution and its version (PEP 440)",
        ),
        (
            document(
                entry(name="a", version="1", origin="package", enabled=True, distribution="a==1"),
                entry(name="b", version="1", origin="package", enabled=True, distribution="A==2"),
            ),
            "frozen.toml:16: extensions[1].distribution: A stands here in two versions",
        ),
        (
            document(entry(name="a", version="1", origin="folder_project", enabled="yes", digest="md5:1")),
            "frozen.toml has 2 problems:\n  frozen.toml:8: extensions[0].enabled: must be true or false, not text\n",
        ),
    ],
    ids=["toml", "line's end", "format", "key", "no pin", "range", "version", "two versions", "types"],
)
def test_a_document_that_is_none_is_told_with_its_lines(run, text: str, error: str, workspace: Path) -> None:
    """Before anything is looked at."""
    (workspace / "frozen.toml").write_text(text, encoding="utf-8")
    done = run("extension", "restore", "frozen.toml", "--yes")
    assert (2, "") == (done.exit_code, done.stdout)
    assert done.stderr.startswith(f"error: {error}"), done.stderr


def test_a_missing_bundled_extension_and_another_version_are_told(run, workspace: Path) -> None:
    """They are no reason to change provisioning itself."""
    table = entry(name="of-tomorrow", version="1", origin="bundled", enabled=True)
    (workspace / "frozen.toml").write_text(document(table, provisioning="9.0"), encoding="utf-8")
    done = run("extension", "restore", "frozen.toml")
    note, error = done.stderr.splitlines()
    assert (1, "nothing to do\n") == (done.exit_code, done.stdout)
    assert note.startswith("this was frozen with provisioning 9.0, and you have ")
    assert error == "error: of-tomorrow 1 is not bundled with this version of provisioning"


def test_packages_are_restored_to_their_versions(tmp_path: Path) -> None:
    """Missing ones and other versions are installed; what the file does not name stays unless it is pruned."""
    here = Environment.made(tmp_path, "uv")
    shutil.unpack_archive(here.offer("audit", "1.0"), here.site, "zip")
    shutil.unpack_archive(here.offer("guard", "1.0", more="[config]"), here.site, "zip")
    for name in ("shy", "extra"):
        here.offer(name)
    assert here.program("extension", "disable", "guard").returncode == 0
    assert here.program("extension", "freeze", "frozen.toml").returncode == 0
    frozen = (here.workspace / "frozen.toml").read_text(encoding="utf-8")
    pins = [one["distribution"] for one in tomllib.loads(frozen)["extensions"] if one["origin"] == "package"]
    assert pins == ["provisioning-audit==1.0", "provisioning-guard==1.0"]
    assert str(tmp_path) not in frozen
    (here.workspace / "config.user.toml").unlink()
    for path in [*here.site.glob("provisioning_audit*"), *here.site.glob("*guard*")]:
        shutil.rmtree(path)
    shutil.unpack_archive(here.offer("audit", "2.0"), here.site, "zip")
    shutil.unpack_archive(here.offer("extra", "1.0"), here.site, "zip")
    done = here.program("extension", "restore", "frozen.toml", "--yes")
    assert (0, "restored\n") == (done.returncode, done.stdout), done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith(("will", "not"))] == [
        "not in it, and left as they are: provisioning-extra; --prune uninstalls them",
        "will downgrade provisioning-audit from 2.0 to 1.0",
        "will install provisioning-guard 1.0",
        "will disable guard",
    ]
    assert {"provisioning_audit-1.0", "provisioning_guard-1.0", "provisioning_extra-1.0"} == here.installed()
    done = here.program("extension", "restore", "frozen.toml", "--yes", "--prune")
    assert done.stderr.splitlines()[0] == "will uninstall provisioning-extra 1.0"
    assert {"provisioning_audit-1.0", "provisioning_guard-1.0"} == here.installed()
    again = here.program("extension", "restore", "frozen.toml", "--prune")
    assert (0, "nothing to do\n", "") == (again.returncode, again.stdout, again.stderr)
    assert frozen == here.program("extension", "freeze").stdout, "what was disabled is disabled again"


def test_packages_that_cannot_be_had_stop_it_before_anything_is_changed(tmp_path: Path) -> None:
    """The installer is asked for all of them together first."""
    here = Environment.made(tmp_path, "uv")
    here.offer("audit")
    tables = [
        entry(name=name, version="1.0", origin="package", enabled=True, distribution=f"provisioning-{name}==1.0")
        for name in ("audit", "nowhere")
    ]
    local = entry(name="local", version="1.0", origin="bundled", enabled=False)
    (here.workspace / "frozen.toml").write_text(document(*tables, local), encoding="utf-8")
    done = here.program("extension", "restore", "frozen.toml", "--yes")
    assert (1, set(), False) == (done.returncode, here.installed(), (here.workspace / "config.user.toml").exists())
    assert done.stderr.startswith("error: uv failed with exit code 1:\n  ")
    assert "provisioning-nowhere" in done.stderr
