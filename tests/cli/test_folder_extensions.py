"""Folder extensions, copied in and taken away: whole or not at all, and nothing behind a link is touched."""

import json
import os
from pathlib import Path

import pytest

from provisioning.errors import ExtensionError
from provisioning.extensions import place_folder
from tests.hostile import EXTENSIONS, write_hostile

MANIFEST = """
[extension]
name = "{name}"
version = "{version}"
type = "hooks"
[compatibility]
provisioning = "{needs}"
hook_api = "1"
requires = {requires}
[entry_points]
hooks = "plugin:Plugin"
"""


def write(
    folder: Path, name: str = "own", version: str = "1.0", needs: str = ">=1.0,<2", requires: list[str] | None = None
) -> Path:
    """Write a folder extension that must not be imported, and return its folder."""
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    manifest = MANIFEST.format(name=name, version=version, needs=needs, requires=json.dumps(requires or []))
    (place / "extension.toml").write_text(manifest, encoding="utf-8")
    (place / "plugin.py").write_text("raise AssertionError", encoding="utf-8")
    return place


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder extension outside of the workspace."""
    return write(tmp_path / "elsewhere")


def files(folder: Path) -> list[str]:
    """Return everything in a folder, hidden things too."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


COPIED = ["own", "own/extension.toml", "own/plugin.py"]


def test_a_folder_is_copied_into_the_workspace(run, workspace: Path, source: Path) -> None:
    """What Python and git leave beside it is not, and nothing but the copy is there afterwards."""
    (source / "__pycache__").mkdir()
    (source / ".git").mkdir()
    target = workspace / "extensions" / "own"
    tried = run("extension", "install", str(source), "--dry-run", "-o", "json")
    assert (0, False) == (tried.exit_code, target.parent.exists())
    assert json.loads(tried.stdout)["data"]["plan"]["folders"] == [
        {"name": "own", "before": None, "after": "1.0", "source": str(source), "target": str(target)}
    ]
    done = run("extension", "install", str(source))
    assert (0, f"will copy own 1.0 to {target}\n") == (done.exit_code, done.stderr)
    assert done.stdout.splitlines()[1].split()[:3] == ["own", "1.0", "ready"]
    assert COPIED == files(target.parent)


def test_a_folder_that_is_there_is_replaced_only_when_asked(run, workspace: Path, source: Path) -> None:
    """As a whole: what the old one had is gone; the same again is nothing to do."""
    assert run("extension", "install", str(source)).exit_code == 0
    target = workspace / "extensions" / "own"
    (target / "old.txt").write_text("old", encoding="utf-8")
    done = run("extension", "install", str(source))
    assert done.exit_code == 2
    assert done.stderr == f"error: {target} exists already\n  hint: add --upgrade to replace it\n"
    write(source.parent, version="2.0")
    done = run("extension", "install", str(source), "--upgrade")
    assert (0, f"will copy own 2.0 to {target}, in place of 1.0\n") == (done.exit_code, done.stderr)
    assert COPIED == files(target.parent)
    done = run("extension", "install", str(source), "--upgrade")
    assert (0, "everything is there already\n") == (done.exit_code, done.stderr)


def test_a_link_in_its_place_is_replaced_and_not_followed(run, workspace: Path, source: Path, tmp_path: Path) -> None:
    """What it led to stays as it is."""
    other = write(tmp_path / "other", version="3.0")
    (workspace / "extensions").mkdir()
    (workspace / "extensions" / "own").symlink_to(other)
    assert run("extension", "install", str(source), "--upgrade").exit_code == 0
    assert COPIED == files(workspace / "extensions")
    assert ["extension.toml", "plugin.py"] == files(other)


def test_a_folder_is_copied_for_all_workspaces(run, workspace: Path, source: Path, tmp_path: Path) -> None:
    """With --user, which is for folders alone."""
    assert run("extension", "install", str(source), "--user").exit_code == 0
    assert COPIED == files(tmp_path / "home" / "config" / "provisioning" / "extensions")
    done = run("extension", "install", "provisioning-audit", "--user")
    assert done.exit_code == 2
    assert done.stderr == (
        "error: provisioning-audit is no folder with an extension.toml, and --user is for those alone\n"
        "  hint: leave out --user: a package is installed into the environment, for all workspaces\n"
    )


def test_a_folder_that_cannot_be_used_is_told_with_its_reason(run, workspace: Path, tmp_path: Path) -> None:
    """It is copied, as it can be mended there, and the hint takes it away."""
    done = run("extension", "install", str(write(tmp_path, "future", needs=">=99")))
    assert done.exit_code == 1
    error, _, hint = done.stderr.splitlines()[-3:]
    assert error.startswith("error: it is installed, and cannot be used: extension future 1.0 ")
    assert hint == "  hint: or take it away again: provisioning extension uninstall future"
    assert run("extension", "uninstall", "future", "--yes").exit_code == 0
    assert [] == files(workspace / "extensions")


@pytest.mark.parametrize(
    ("trap", "message"),
    [
        (lambda place: (place / "out").symlink_to("/etc/passwd"), "{0}/out is a link that leads out of {0}"),
        (lambda place: (place / "out").symlink_to("../.."), "{0}/out is a link that leads out of {0}"),
        (lambda place: os.mkfifo(place / "pipe"), "{0}/pipe is neither a file nor a folder"),
        (lambda place: (place / "extension.toml").write_text("x"), "{0}/extension.toml:1: "),
    ],
    ids=["absolute link", "relative link", "pipe", "manifest"],
)
def test_what_cannot_be_copied_is_refused_before_anything_is(run, trap, message, workspace: Path, source: Path) -> None:
    """A copy that reads other people's files, or never ends, is none."""
    trap(source)
    done = run("extension", "install", str(source))
    assert (2, []) == (done.exit_code, files(workspace))
    assert done.stderr.startswith(f"error: {message.format(source)}")


def test_a_folder_is_not_copied_into_itself(run, workspace: Path) -> None:
    """Where the workspace is the extension itself."""
    write(workspace.parent, workspace.name)
    done = run("extension", "install", ".")
    assert done.exit_code == 2
    target = workspace / "extensions" / "workspace"
    assert done.stderr.startswith(f"error: {target} would be inside of {workspace}, which is to be copied there\n")


def test_two_folders_of_one_name_are_not_copied_over_each_other(run, workspace: Path, tmp_path: Path) -> None:
    """Somebody has to say which of them is meant."""
    one, other = write(tmp_path / "one"), write(tmp_path / "other")
    done = run("extension", "install", str(one), str(other))
    assert (2, []) == (done.exit_code, files(workspace))
    assert done.stderr.startswith(f"error: {one} and {other} are both the extension own\n")


def test_a_failed_replacement_leaves_the_old_one(workspace: Path, source: Path) -> None:
    """A copy that breaks off has changed nothing, and nothing of it is left."""
    target = write(workspace / "extensions")
    before = files(workspace)
    (source / "secret").write_text("x", encoding="utf-8")
    (source / "gone").mkdir()
    os.mkfifo(source / "pipe")
    with pytest.raises(ExtensionError, match="pipe: cannot be changed: "):
        place_folder(source, target)
    assert before == files(workspace)


def test_each_hostile_extension_can_be_uninstalled(run, workspace: Path, tmp_path: Path) -> None:
    """None is imported for that, and what their links lead to stays."""
    elsewhere = tmp_path / "elsewhere"
    write_hostile(workspace, elsewhere)
    before = files(elsewhere)
    for hostile in EXTENSIONS:
        done = run("extension", "uninstall", hostile.name, "--yes")
        place = workspace / "extensions" / hostile.name
        assert (0, f"{hostile.name} is gone ({place})\n") == (done.exit_code, done.stdout), done.stderr
    assert [] == files(workspace / "extensions")
    assert before == files(elsewhere)


def test_uninstalling_asks_and_says_what_would_go(run, workspace: Path, tmp_path: Path) -> None:
    """Who needs it, and which other of its name stays; without an answer nothing is changed."""
    place = write(workspace / "extensions")
    write(workspace / "extensions", "needy", requires=["own"])
    before = files(workspace)
    done = run("extension", "uninstall", "own")
    assert (2, before) == (done.exit_code, files(workspace))
    assert done.stderr == (
        f"will remove {place}\n"
        "it is needed by, and they cannot be used without it: needy\n"
        "error: Uninstall own for good? There is nobody to ask here: add --yes to say so.\n"
        "  hint: see 'provisioning extension uninstall --help'\n"
    )
    done = run("extension", "uninstall", "own", "--yes", "-o", "json")
    assert json.loads(done.stdout)["data"] == {
        "name": "own",
        "version": "1.0",
        "distribution": None,
        "folder": str(place),
        "also": [],
        "needed_by": ["needy"],
        "remaining": [],
    }


def test_of_two_of_one_name_somebody_says_which(run, workspace: Path, tmp_path: Path) -> None:
    """By its kind of origin or its path; the other one stays."""
    users = write(tmp_path / "home" / "config" / "provisioning" / "extensions")
    projects = write(workspace / "extensions")
    done = run("extension", "uninstall", "own", "--yes")
    assert done.exit_code == 2
    assert done.stderr == (
        f"error: extension own is in project folder {projects} and user folder {users}\n"
        "  hint: say which is meant with --origin: package, folder_project, folder_user, a distribution or a path\n"
    )
    assert run("extension", "uninstall", "own", "--origin", "package", "--yes").exit_code == 2
    done = run("extension", "uninstall", "own", "--origin", "folder_user", "--yes")
    assert (0, f"will remove {users}\nanother own stays: project folder {projects}\n") == (done.exit_code, done.stderr)
    assert (False, True) == (users.exists(), projects.exists())


def test_what_is_not_ours_to_remove_is_refused(run, workspace: Path, source: Path) -> None:
    """A part of provisioning, a folder that was only pointed at, the folder that holds all of them; each with a way."""
    pointed = ("--extension-path", str(source.parent))
    write(workspace, "extensions")
    expected = {
        ("local",): (
            "extension local is a part of provisioning itself, and can only be disabled",
            "provisioning extension disable local",
        ),
        ("own", *pointed): (
            f"extension own is a folder that was only pointed at: {source}",
            "take the folder out of extensions.paths or --extension-path, or delete it yourself",
        ),
        ("extensions",): (
            f"extension extensions is the folder {workspace / 'extensions'} itself, in which extensions are looked for",
            "delete it yourself",
        ),
    }
    for words, (error, hint) in expected.items():
        done = run("extension", "uninstall", *words, "--yes")
        assert (2, f"error: {error}\n  hint: {hint}\n") == (done.exit_code, done.stderr)
    assert source.exists()
    assert run("extension", "uninstall", "no-such", "--yes").exit_code == 2
