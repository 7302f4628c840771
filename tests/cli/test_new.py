"""`extension new`: it says what was written and how to go on."""

from pathlib import Path


def test_it_says_what_was_written_and_how_to_go_on(run, workspace: Path) -> None:
    """The files on stdout, the next commands on stderr; the folder is an extension that is found."""
    done = run("extension", "new", "shout", "--type", "hooks", "--language", "node", "--into", "extensions")
    assert done.exit_code == 0, done.output
    files = ["README.md", "config.schema.json", "extension.toml", "hooks.js", "tests/test_hooks.py"]
    assert done.stdout.splitlines() == [f"wrote extensions/shout/{name}" for name in (".gitignore", *files)]
    assert done.stderr.splitlines() == [
        "next: cd extensions/shout",
        "next: pytest",
        "next: cd - && provisioning extension install ./extensions/shout",
    ]
    assert all((workspace / "extensions" / "shout" / name).is_file() for name in files)
    assert run("extension", "info", "shout", "-o", "json").data["version"] == "0.1.0"


def test_a_package_says_how_it_is_installed(run, workspace: Path) -> None:
    """As JSON everything is in the answer, and nothing on stderr."""
    done = run("extension", "new", "sky", "--type", "provider", "-o", "json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.data["folder"] == "provisioning-sky"
    assert done.data["next"] == ["cd provisioning-sky", "pip install -e '.[testing]'", "pytest"]
    assert "provisioning-sky/provisioning_sky/provider.py" in done.data["written"]
    assert all((workspace / name).is_file() for name in done.data["written"])


def test_a_name_that_is_taken_is_refused(run, workspace: Path) -> None:
    """Two extensions of one name could not be used beside each other; nothing is written."""
    done = run("extension", "new", "policy-guard", "--type", "hooks")
    error, hint = done.stderr.splitlines()
    assert done.exit_code == 2
    assert error.startswith("error: there is an extension policy-guard already: bundled folder ")
    assert hint == "  hint: take another name"
    assert list(workspace.iterdir()) == []


def test_what_is_there_is_left_alone(run, workspace: Path) -> None:
    """A second time is an error, and changes nothing."""
    (workspace / "provisioning-sky").mkdir()
    done = run("extension", "new", "sky", "--type", "workflow")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "error: provisioning-sky exists already",
        "  hint: take another name, or another folder with --into",
    ]
    assert list((workspace / "provisioning-sky").iterdir()) == []
