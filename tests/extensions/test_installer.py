"""The installer: which one it is, how its words are passed on, and how its failure is told."""

import sys
from pathlib import Path

import pytest

from provisioning.errors import InstallerFailed
from provisioning.extensions import Change, extension_folder, find_installer, own_distributions, requested_name
from provisioning.extensions.tool import Tool


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment without pip and uv, which has only what a test puts there."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("pip", "uv"):
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def provide(folder: Path, *names: str) -> None:
    """Put modules into a folder, and a program of the name uv where one is called `uv program`."""
    for name in names:
        if name == "uv program":
            (folder / "uv").write_text("#!/bin/sh\n", encoding="utf-8")
            (folder / "uv").chmod(0o755)
        else:
            (folder / f"{name}.py").write_text("", encoding="utf-8")


@pytest.mark.parametrize(
    ("there", "config", "command"),
    [
        (["pip"], "home = /usr", ["{python}", "-P", "-m", "pip"]),
        (["pip", "uv program"], "home = /usr", ["{python}", "-P", "-m", "pip"]),
        (["pip", "uv program"], "home = /usr\nuv = 0.5", ["{prefix}/uv"]),
        (["pip"], "uv = 0.5", ["{python}", "-P", "-m", "pip"]),
        (["uv"], "uvular = 1", ["{python}", "-P", "-m", "uv"]),
        (["uv", "uv program"], None, ["{prefix}/uv"]),
    ],
)
def test_the_installer_is_that_of_the_environment(prefix: Path, there, config, command) -> None:
    """Uv where the environment is uv's or has no pip, and it can be had; always on the running interpreter."""
    provide(prefix, *there)
    if config is not None:
        (prefix / "pyvenv.cfg").write_text(config, encoding="utf-8")
    words = {"python": sys.executable, "prefix": str(prefix)}
    assert [word.format(**words) for word in command] == list(find_installer().tool.command)


def test_an_environment_without_both_is_told_what_to_do(prefix: Path) -> None:
    """Before anything is tried."""
    with pytest.raises(InstallerFailed) as raised:
        find_installer()
    assert raised.value.message == (
        f"there is neither pip nor uv to install with: {sys.executable} has no pip, and no uv is on the PATH"
    )
    assert raised.value.hint == f"{sys.executable} -m ensurepip"


def tool(code: str) -> Tool:
    """Return a program that does something else than to install."""
    return Tool("pip", (sys.executable, "-c", code), lambda text: text.replace("geheim", "***"))


def test_the_tail_of_a_failure_is_told_without_secrets() -> None:
    """Those that the configuration knows, and whoever logs in in a URL, with an @ in the password too."""
    lines = [f"line {number}" for number in range(300)]
    lines += ["see http://me:pa@ss@host/simple", "https://token@host/x, geheim"]
    code = f"import sys; print({chr(10).join(lines)!r}, file=sys.stderr); sys.exit(7)"
    heard: list[str] = []
    with pytest.raises(InstallerFailed) as raised:
        tool(code).run((), heard.append)
    tail = [*lines[-12:-2], "see http://***@host/simple", "https://***@host/x, ***"]
    assert raised.value.message == "pip failed with exit code 7:" + "".join(f"\n  {line}" for line in tail)
    assert raised.value.details == {"tool": "pip", "exit_code": 7, "said": tail}
    assert heard == [*lines[:-2], *tail[-2:]]
    with pytest.raises(InstallerFailed) as raised:
        tool(code).ask()
    assert raised.value.details["said"] == tail


def test_a_failure_without_words_and_words_that_are_no_text_are_told() -> None:
    """Whatever comes out of the program."""
    with pytest.raises(InstallerFailed, match=r"^pip failed with exit code 3: it said nothing$"):
        tool("import sys; sys.exit(3)").ask()
    heard: list[str] = []
    tool(r"import sys; sys.stdout.buffer.write(b'\xff\n')").run((), heard.append)
    assert heard == ["\ufffd"]
    with pytest.raises(InstallerFailed, match=r"^pip cannot be run: No such file or directory$"):
        Tool("pip", ("/no/such/program",)).run((), heard.append)


def test_an_interrupt_ends_the_program() -> None:
    """It is not left running behind whoever has gone."""

    def interrupt(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tool("while True: print('on and on', flush=True)").run((), interrupt)


@pytest.mark.parametrize(
    ("requirement", "name"),
    [
        ("Provisioning.Hetzner[dns]>=1; python_version > '3'", "provisioning-hetzner"),
        ("thing @ https://host/x.whl", "thing"),
        ("dist/provisioning_audit-1.0-py3-none-any.whl", "provisioning-audit"),
        ("https://host/provisioning_audit-1.0.tar.gz", "provisioning-audit"),
        ("https://host/archive.zip", None),
        ("git+https://host/thing", None),
        ("./no/such/folder", None),
        ("not-a-wheel.whl", None),
    ],
)
def test_the_name_of_what_is_asked_for_is_read_from_the_words(requirement: str, name: str | None) -> None:
    """Where they hold it; else only the installer can know."""
    assert name == requested_name(requirement)


def test_a_folder_is_a_project_or_an_extension(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One with both files is a package; a bare word is never a path."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "extension.toml").write_text("", encoding="utf-8")
    assert [extension_folder(text) for text in ("own", "./own", "own/", str(folder))] == [None, folder, folder, folder]
    (folder / "pyproject.toml").write_text('[project]\nname = "My_Own"\n', encoding="utf-8")
    assert (extension_folder("./own"), requested_name("./own")) == (None, "my-own")


def test_what_we_need_ourselves_is_known_down_to_the_last() -> None:
    """Our dependencies and theirs, and nothing that only an extra wants."""
    ours = own_distributions()
    assert {"provisioning", "click", "pydantic", "pydantic-core", "jsonschema", "rpds-py"} <= ours
    assert ours & {"pytest", "hypothesis", "mypy", "uv"} == set()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, "1.0", "install a 1.0"),
        ("1.0", "1.1", "change a from 1.0 to 1.1"),
        ("1.10", "1.9", "downgrade a from 1.10 to 1.9"),
        ("1.0", "1.0", "install a 1.0 again"),
        ("1.0", None, "uninstall a 1.0"),
        ("1.0", "https://host/a.zip", "change a from 1.0 to https://host/a.zip"),
    ],
)
def test_a_change_is_told_as_what_it_is(before: str | None, after: str | None, words: str) -> None:
    """In the order of versions and not of letters."""
    assert words == str(Change("a", before, after))
