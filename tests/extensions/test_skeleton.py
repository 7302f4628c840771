"""The beginnings of extensions: whole, working, and written over nothing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path, PurePath

import pytest

from provisioning.cli.commands.extension import new
from provisioning.errors import ConfigurationError, ExtensionError
from provisioning.extensions import ExtensionType, Language, Registry, Skeleton, Status
from provisioning.extensions.placing import write_folder
from tests.bundled.programs import needs
from tests.environments import Environment, build_wheel, unpack_pip

EVERY = [(kind, language) for kind in ExtensionType for language in Language]
PROGRAMS = {
    Language.PYTHON: (),
    Language.NUSHELL: ("nu",),
    Language.BASH: ("bash", "jq"),
    Language.NODE: ("node",),
    Language.RUST: ("cargo",),
}


def written(into: Path, language: Language) -> list[Path]:
    """Write one extension of each type, and return their folders."""
    return [Skeleton(f"a-{kind}", kind, language).write(into) for kind in ExtensionType]


def passed(*folders: Path, site: Path | None = None) -> str:
    """Run the tests of some extensions, with what stands in `site` installed; return what pytest said."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST_", "COVERAGE_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-W", "error", "-p", "no:cacheprovider", *folders],
        cwd=folders[0].parent,
        env={**kept, "CARGO_NET_OFFLINE": "true", **({"PYTHONPATH": str(site)} if site else {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_packages_pass_their_own_tests(tmp_path: Path) -> None:
    """Untouched, installed from their wheels; no contract is left out but those of what its cloud cannot do."""
    folders = written(tmp_path, Language.PYTHON)
    for folder in folders:
        shutil.unpack_archive(build_wheel(folder, tmp_path / f"{folder.name}.built"), tmp_path / "site", "zip")
    said = passed(*folders, site=tmp_path / "site")
    skipped = [line for line in said.splitlines() if line.startswith("SKIPPED")]
    cannot = ("Trouble.", "ProviderSetup.assets", "volume_attachment")
    assert [line for line in skipped if not any(word in line for word in cannot)] == []


@pytest.mark.parametrize(
    "language",
    [pytest.param(one, marks=needs(*words)) for one, words in PROGRAMS.items() if one is not Language.PYTHON],
)
def test_folders_with_programs_pass_their_own_tests(language: Language, tmp_path: Path) -> None:
    """Untouched, in every language; and once they are built, they are ready to be used."""
    folders = written(tmp_path, language)
    passed(*folders)
    records = Registry.discover(search_path=[], explicit=folders).records
    assert [(f"a-{kind}", Status.READY) for kind in sorted(ExtensionType)] == [
        (record.name, record.status) for record in records
    ]


def test_packages_are_ready_once_they_are_installed(tmp_path: Path) -> None:
    """By pip, from their wheels, into an environment that has nothing of ours but provisioning."""
    wheels = [build_wheel(folder, tmp_path / f"{folder.name}.built") for folder in written(tmp_path, Language.PYTHON)]
    environment = Environment.made(tmp_path, "pip", unpack_pip(tmp_path / "pip"))
    done = environment.program("extension", "install", *map(str, wheels))
    assert done.returncode == 0, done.stderr
    assert [line.split()[:4] for line in done.stdout.splitlines()[1:]] == [
        [f"a-{kind}", "0.1.0", "ready", "package"] for kind in sorted(ExtensionType)
    ]


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_every_word_is_filled_in_and_no_file_is_written_twice(kind: ExtensionType, language: Language) -> None:
    """What was meant for one language is not shadowed by another, and nobody sees how it was made."""
    skeleton = Skeleton("my-cloud", kind, language)
    found = skeleton.files()
    forms = [form for layer in skeleton._layers() for form in forms_in(layer)]
    assert len(forms) == len(found)
    assert [str(path) for path, text in found.items() if "@@" in f"{path}{text}"] == []
    assert {"README.md", ".gitignore"} <= {path.name for path in found}


def test_every_file_is_used() -> None:
    """A layer that nothing is made of would never be tried."""
    layers = {layer for kind, language in EVERY for layer in Skeleton("x", kind, language)._layers()}
    home = files("provisioning.extensions.skeletons")
    assert {entry.name for entry in home.iterdir() if entry.is_dir()} - {"__pycache__"} <= layers


def forms_in(layer: str) -> Iterator[Path]:
    """Return the files of one layer."""
    home = Path(str(files("provisioning.extensions.skeletons")))
    yield from (path for path in (home / layer).rglob("*.tmpl"))


@pytest.mark.parametrize("name", ["", "A", "3par", "my_cloud", "-x", "x-", "x--y", "a b", "../x", "x\n", "ä"])
def test_a_name_that_cannot_be_one_is_refused(name: str, tmp_path: Path) -> None:
    """A name becomes that of a package, a class and a kind of operation, so it is a plain one."""
    with pytest.raises(ConfigurationError) as caught:
        Skeleton(name, ExtensionType.HOOKS, Language.PYTHON)
    assert caught.value.message == f"{name!r} cannot be the name of a new extension"
    assert caught.value.hint == "use lower-case letters, digits and single hyphens, a letter first, as in my-cloud"


@pytest.mark.parametrize("there", ["folder", "file", "link"])
def test_nothing_is_overwritten(there: str, tmp_path: Path) -> None:
    """Not even an empty folder, or a link that leads nowhere."""
    target = tmp_path / "mine"
    {"folder": target.mkdir, "file": target.touch, "link": lambda: target.symlink_to("nowhere")}[there]()
    with pytest.raises(ConfigurationError) as caught:
        Skeleton("mine", ExtensionType.HOOKS, Language.BASH).write(tmp_path)
    assert caught.value.message == f"{target} exists already"
    assert [target] == list(tmp_path.iterdir())
    assert not target.is_dir() or list(target.iterdir()) == []


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """What fails half-way leaves no trace."""
    with pytest.raises(ExtensionError, match=r"cannot be changed: (Not a directory|File exists)$"):
        write_folder(tmp_path / "mine", {PurePath("a"): "", PurePath("a/b"): ""})
    assert list(tmp_path.iterdir()) == []


def test_the_next_steps_are_words_of_a_shell() -> None:
    """A folder with a space in its name is one word."""
    skeleton = Skeleton("mine", ExtensionType.HOOKS, Language.RUST)
    assert skeleton.next_steps(Path("my things/mine")) == [
        "cd 'my things/mine'",
        "cargo build --release",
        "pytest",
        "cd - && provisioning extension install './my things/mine'",
    ]


def test_the_command_offers_every_type_and_language() -> None:
    """It names them itself, as its help imports nothing."""
    assert list(map(str, ExtensionType)) == list(new.TYPES)
    assert list(map(str, Language)) == list(new.LANGUAGES)
