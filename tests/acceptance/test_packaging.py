"""What is shipped: a wheel, an sdist, an editable checkout; each installs into an empty environment and works."""

import ast
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from tests.acceptance.conftest import ROOT, Person
from tests.distribution import PACKAGES, PLUGINS, PROJECT

pytestmark = pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="the tests run outside a checkout")

NOT_SHIPPED = {"__pycache__", "build", "dist"}
WHERE = "import json, importlib; print(json.dumps([importlib.import_module(name).__file__ for name in {packages}]))"


def hidden(_: str, names: list[str]) -> set[str]:
    """Return what a checkout holds beside its sources: caches, environments, its history."""
    dotted = {name for name in names if name.startswith(".")} - {".ci", ".gitignore"}
    return dotted | (NOT_SHIPPED & set(names))


def quiet(folder: Path) -> dict[str, str]:
    """Return an environment without network, without the settings of whoever runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(folder), "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_NO_CACHE_DIR": "1"}


def call(*command: str | Path, folder: Path) -> str:
    """Run a command that has to succeed, and return what it printed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=quiet(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(source: Path, out: Path, *targets: str) -> list[Path]:
    """Build the targets of a source tree as any installer would, only without fetching the builder."""
    options = [option for target in targets for option in ("--target", target)]
    call(sys.executable, "-m", "hatchling", "build", "--directory", out, *options, folder=source)
    return sorted(out.iterdir())


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout, so that building leaves no trace in it."""
    copy = tmp_path_factory.mktemp("packaging") / "checkout"
    shutil.copytree(ROOT, copy, ignore=hidden)
    return copy


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist and the wheel of the checkout."""
    wheel, sdist = build(checkout, tmp_path_factory.mktemp("built"), "sdist", "wheel")
    return sdist, wheel


class Environment:
    """An environment with a pip of its own, in which nothing is installed; the running one lends it the dependencies.

    The lent folders come last on its path, so that what is installed is found before any other of the same name.
    """

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=True)
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
        lent = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
        (self.site / "zz-lent.pth").write_text("\n".join(lent) + "\n", encoding="utf-8")

    def install(self, *what: str | Path) -> None:
        """Install something of ours, whatever the running environment holds of the same name."""
        options = ("--no-deps", "--ignore-installed", "--no-build-isolation")
        call(self.python, "-m", "pip", "install", *options, *what, folder=self.folder)

    def origins(self) -> list[Path]:
        """Return the folders that our packages are imported from."""
        found = json.loads(call(self.python, "-c", WHERE.format(packages=PACKAGES), folder=self.folder))
        return [Path(file).parent for file in found]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment in which nothing is installed yet."""
    return Environment(tmp_path / "environment")


def named(wheel: Path) -> dict[str, bytes]:
    """Return what a wheel holds, by name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def check_that_it_works(environment: Environment, person: Person, examples: Path) -> None:
    """Deploy the three tiers with the command that was installed, and nothing of the running environment's own."""
    outside = {name: value for name, value in person.environ.items() if not name.startswith(("PYTHON", "COVERAGE"))}
    command = (str(environment.folder / "bin" / "provisioning"),)
    someone = dataclasses.replace(person, environ=outside, command=command)
    version = someone.run("--version")
    assert (0, "", f"provisioning {version_of_this()}\n") == (version.code, version.err, version.out)
    answer = someone.run("workflow", "run", str(examples / "three-tier.toml"), "--output", "json")
    assert answer.code == 0, answer.err
    assert ["db-1", "web-a", "web-b"] == sorted(server["name"] for server in someone.servers())


def version_of_this() -> str:
    """Return the version that the checkout says it has."""
    text = (ROOT / "core" / "provisioning" / "_version.py").read_text(encoding="utf-8")
    return str(re.findall(r'__version__ = "(.+)"', text)[0])


def test_the_wheel_holds_every_package_and_nothing_else(checkout: Path, built: tuple[Path, Path]) -> None:
    """Every file of the three packages is in it; no test, no benchmark, no cache."""
    _, wheel = built
    files = [
        path.relative_to(root).as_posix()
        for root in (checkout / "core", checkout / "plugins")
        for package in PACKAGES
        for path in (root / package).rglob("*")
        if path.is_file()
    ]
    bundled = checkout / "extensions"
    files += [
        (Path("provisioning/_extensions") / path.relative_to(bundled)).as_posix()
        for path in bundled.rglob("*")
        if path.is_file()
    ]
    information = f"provisioning-{version_of_this()}.dist-info/"
    assert sorted(files) == sorted(name for name in named(wheel) if not name.startswith(information))
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(files)
    assert {f"{package}/extension.toml" for package in PACKAGES[1:]} <= set(files)
    assert "provisioning_local/config.schema.json" in files


def test_the_wheel_says_what_it_is(built: tuple[Path, Path]) -> None:
    """Its name, its version, the command, the extensions, the plugin of pytest, the licence."""
    _, wheel = built
    name, version, _, tags = parse_wheel_filename(wheel.name)
    assert ("provisioning", version_of_this(), ["py3-none-any"]) == (name, str(version), [str(tag) for tag in tags])
    held = {
        name.partition(".dist-info/")[2]: text.decode() for name, text in named(wheel).items() if "dist-info" in name
    }
    assert held["entry_points.txt"].split() == [
        *("[console_scripts]", "provisioning", "=", "provisioning.cli.__main__:main"),
        "[provisioning.extensions]",
        *(word for name, package in PLUGINS.items() for word in (name, "=", package)),
        *("[pytest11]", "provisioning", "=", "provisioning.testing.plugin"),
    ]
    assert "\nRequires-Python: >=3.11\n" in held["METADATA"]
    assert "\nLicense-Expression: Apache-2.0\n" in held["METADATA"]
    assert "licenses/LICENSE" in held


def test_the_manifests_of_the_wheel_agree_with_it(built: tuple[Path, Path]) -> None:
    """What a bundled extension says of its version is the version of the distribution that ships it."""
    held = named(built[1])
    manifests = [tomllib.loads(held[f"{package}/extension.toml"].decode()) for package in PACKAGES[1:]]
    assert [version_of_this()] * len(PLUGINS) == [manifest["extension"]["version"] for manifest in manifests]


def test_the_sdist_is_enough_to_build_the_wheel_and_to_test_it(built: tuple[Path, Path], tmp_path: Path) -> None:
    """A wheel built from it is the wheel of the checkout, byte for byte; the tests and their settings are in it."""
    sdist, wheel = built
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    [source] = tmp_path.iterdir()
    [again] = build(source, tmp_path / "built", "wheel")
    assert named(wheel) == named(again)
    for path in ("tests/acceptance/test_packaging.py", "tox.ini", "docs/generate.py", "schemas", "examples", ".ci/run"):
        assert (source / path).exists(), path


def test_a_clean_install_works(
    checkout: Path, built: tuple[Path, Path], environment: Environment, person: Person
) -> None:
    """The wheel in an empty environment is what runs there, and it deploys real servers."""
    environment.install(built[1])
    assert [environment.site / package for package in PACKAGES] == environment.origins()
    check_that_it_works(environment, person, checkout / "examples")


def test_an_editable_install_works(checkout: Path, environment: Environment, person: Person) -> None:
    """An editable install runs the checkout itself, and it deploys real servers."""
    environment.install("--editable", checkout)
    homes = ["core", *["plugins"] * len(PLUGINS)]
    assert [checkout / home / package for home, package in zip(homes, PACKAGES, strict=True)] == environment.origins()
    check_that_it_works(environment, person, checkout / "examples")


AUTHORS_TEST = """
import pytest
from provisioning.testing import ProviderConformance, ProviderSetup, run_command

class TestConformance(ProviderConformance):
    @pytest.fixture
    def provider_setup(self, tmp_path):
        return ProviderSetup("local", config={"directory": str(tmp_path / "cloud")})

def test_the_command(isolated_workspace):
    assert [one["name"] for one in run_command("provider", "list", "--output", "json").data] == ["local"]
"""


def test_an_author_tests_with_the_kit_of_the_wheel(
    built: tuple[Path, Path], environment: Environment, tmp_path: Path
) -> None:
    """Pytest finds the fixtures by itself; a whole suite is inherited, and passes but for what does not apply."""
    environment.install(built[1])
    folder = tmp_path / "author"
    folder.mkdir()
    (folder / "test_author.py").write_text(AUTHORS_TEST, encoding="utf-8")
    chosen = "same_server or is_found or unreachable or command"
    out = call(environment.python, "-m", "pytest", "-q", "-rs", "-k", chosen, folder=folder)
    assert "4 passed, 3 skipped" in out
    assert "not applicable: no configuration with which the cloud cannot be reached: ProviderSetup.unreachable" in out


def imported(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the first name of every import in some sources."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def declared(requirements: Sequence[str]) -> set[str]:
    """Return the names of some requirements."""
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def test_every_import_is_declared_and_every_dependency_imported() -> None:
    """What the sources import comes with Python, is a dependency of the distribution, or stands in an extra.

    What an extra brings may bring more, which may be imported beside it. No requirement is idle.
    """
    owners = packages_distributions()
    sources = [path for root in ("core", "plugins") for path in (ROOT / root).rglob("*.py")]
    foreign = set(imported(sources)) - sys.stdlib_module_names - set(PACKAGES)
    used = {canonicalize_name(owner) for name in foreign for owner in owners.get(name, [name])} - {"provisioning"}
    extras = [declared(texts) for name, texts in PROJECT["optional-dependencies"].items() if name not in OURS]
    runtime, optional = declared(PROJECT["dependencies"]), set().union(*extras)
    assert runtime | optional <= used | {"httptools"}  # uvicorn reads requests with it where it is there
    assert used - runtime - optional <= {name for one in optional for name in declared(requires(one) or ())}


OURS = {"lint", "test"}
"""The extras that are for those who work on the distribution itself."""
