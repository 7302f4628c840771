"""Config sources and secret resolvers behind the command: who imports them, and what is said when they fail."""

import json
from pathlib import Path

import pytest

from tests.app.services import source, vault


@pytest.fixture
def broken(workspace: Path) -> Path:
    """A source that cannot be asked."""
    return source(workspace, "1 / 0")


@pytest.mark.parametrize(
    "line",
    [
        ("extension", "list"),
        ("extension", "info", "shared"),
        ("extension", "why", "shared"),
        ("extension", "enable", "shared"),
        ("extension", "disable", "shared"),
        ("--help",),
        ("--version",),
    ],
    ids=" ".join,
)
def test_nobody_imports_a_source_who_can_do_without(broken: Path, run, line: tuple[str, ...]) -> None:
    """What is written alone says which extensions there are, so a broken one can be found and switched off."""
    assert run(*line).exit_code == 0
    assert not (broken / "imported").exists()


@pytest.mark.parametrize(
    "line", [("config", "show"), ("provider", "list"), ("workflow", "list"), ("server", "list")], ids=" ".join
)
def test_who_needs_the_configuration_is_told_how_to_go_on(broken: Path, run, line: tuple[str, ...]) -> None:
    """In one error, and the way out works."""
    done = run(*line)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "error: load_config of extension shared failed with ZeroDivisionError: division by zero\n"
        "  hint: go on without what it says: --without shared; for good: provisioning extension disable shared\n"
    )
    assert run("--without", "shared", *line).exit_code == 0


def test_explain_names_the_extension(workspace: Path, run) -> None:
    """In the place of the file."""
    source(workspace, "{'workflow': {'parallelism': 3}}")
    lines = run("config", "explain", "workflow.parallelism").stdout.splitlines()
    assert lines[0] == "workflow.parallelism = 3"
    assert lines[2].split() == ["wins", "extension", "3", "extension", "shared", "-"]


def test_info_shows_what_is_written_and_reads_nothing_for_it(workspace: Path, tmp_path: Path, run) -> None:
    """A reference to a secret stays one."""
    vault(workspace, tmp_path / "log")
    (workspace / "config.user.toml").write_text(
        '[extensions.options.hashi]\nurl = "{{vault.db.password}}"\ntoken = "written"\n'
    )
    data = json.loads(run("extension", "info", "hashi", "-o", "json").stdout)["data"]
    assert data["configured"] == {"url": "{{vault.db.password}}", "token": "***"}
    assert not (tmp_path / "log").exists()


def test_info_tells_what_an_extension_does_for_the_program(workspace: Path, tmp_path: Path, run) -> None:
    """As its manifest announces it."""
    vault(workspace, tmp_path / "log", more='[engine]\ntypes = ["far"]\n[api]\nroutes = true')
    lines = run("extension", "info", "hashi").stdout.splitlines()
    assert [line.split() for line in lines if line.split()[0] in ("secrets", "engines", "routes", "stores")] == [
        ["secrets", "vault"],
        ["engines", "far"],
        ["routes", "yes"],
    ]
