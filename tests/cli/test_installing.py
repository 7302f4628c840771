"""Packages installed and uninstalled by the real pip and the real uv, into real environments, without a network."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.environments import Environment, lend, make_wheel, unpack_pip

TOOLS = pytest.mark.parametrize("tool", ["pip", "uv"])


@pytest.fixture(scope="module")
def pip_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds pip, as Python itself brings it."""
    return unpack_pip(tmp_path_factory.mktemp("pip"))


@pytest.fixture
def make(tmp_path: Path, pip_site: Path) -> Callable[[str], Environment]:
    """Make an environment of pip's or of uv's."""
    return lambda tool: Environment.made(tmp_path, tool, pip_site)


@pytest.fixture
def uvs(tmp_path: Path) -> Environment:
    """An environment of uv's, which is quicker."""
    return Environment.made(tmp_path, "uv")


def data_of(done: subprocess.CompletedProcess[str]):
    """Return the data of an answer in JSON."""
    return json.loads(done.stdout)["data"]


@TOOLS
def test_a_package_comes_and_goes(make: Callable[[str], Environment], tool: str) -> None:
    """What would change is told first and needs no answer; its record is shown; gone, it is listed no more."""
    environment = make(tool)
    environment.offer("audit", requires=["audit-words"])
    make_wheel(environment.links, "audit-words", "2.0", {"audit_words.py": ""})
    tried = environment.program("extension", "install", "provisioning-audit", "--dry-run", "-o", "json")
    assert (0, set()) == (tried.returncode, environment.installed()), tried.stderr
    assert data_of(tried)["plan"] == {
        "changes": [
            {"distribution": "audit-words", "before": None, "after": "2.0", "is_downgrade": False},
            {"distribution": "provisioning-audit", "before": None, "after": "1.0", "is_downgrade": False},
        ],
        "own_dependencies": [],
        "folders": [],
    }
    done = environment.program("extension", "install", "provisioning-audit")
    assert done.returncode == 0, done.stderr
    told = ["will install audit-words 2.0", "will install provisioning-audit 1.0"]
    assert told == done.stderr.splitlines()[:2]
    assert "nstalled" in "".join(done.stderr.splitlines()[2:]), "the installer is heard as well"
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["NAME", "VERSION", "STATUS", "ORIGIN", "PROBLEM"],
        ["audit", "1.0", "ready", "package", "provisioning-audit", "1.0", "-"],
    ]
    assert {"audit_words-2.0", "provisioning_audit-1.0"} == environment.installed()
    gone = environment.program("extension", "uninstall", "audit", "--yes")
    assert (0, "audit is gone (provisioning-audit 1.0)\n") == (gone.returncode, gone.stdout), gone.stderr
    assert gone.stderr.splitlines()[0] == "will uninstall provisioning-audit 1.0"
    assert {"audit_words-2.0"} == environment.installed()


def test_an_upgrade_is_asked_for(uvs: Environment) -> None:
    """Without it what is there stays, and is shown."""
    shutil.unpack_archive(uvs.offer("audit", "1.0"), uvs.site, "zip")
    uvs.offer("audit", "2.0")
    done = uvs.program("extension", "install", "provisioning-audit", "-o", "json")
    assert (0, ["everything is there already"]) == (done.returncode, done.stderr.splitlines())
    assert [(one["name"], one["version"]) for one in data_of(done)["extensions"]] == [("audit", "1.0")]
    done = uvs.program("extension", "install", "provisioning-audit", "--upgrade")
    assert done.stderr.splitlines()[0] == "will change provisioning-audit from 1.0 to 2.0"
    assert {"provisioning_audit-2.0"} == uvs.installed()


@TOOLS
def test_what_provisioning_needs_itself_is_changed_only_when_somebody_says_so(
    make: Callable[[str], Environment], tool: str
) -> None:
    """It is told with a warning, and nothing is changed while nobody answers."""
    environment = make(tool)
    environment.offer("old", requires=["packaging<21"])
    make_wheel(environment.links, "packaging", "20.0", {})
    tried = environment.program("extension", "install", "provisioning-old")
    assert (2, set()) == (tried.returncode, environment.installed())
    warning, downgrade, install, error, hint = tried.stderr.splitlines()
    step = downgrade.removeprefix("will ")
    assert (step[:25], step[-8:]) == ("downgrade packaging from ", " to 20.0")
    assert install == "will install provisioning-old 1.0"
    assert warning == f"warning: provisioning itself needs packaging, and this is to {step}"
    question = "Change what provisioning itself needs (packaging)?"
    assert error == f"error: {question} There is nobody to ask here: add --yes to say so."
    assert hint == "  hint: see 'provisioning extension install --help'"
    data = data_of(environment.program("extension", "install", "provisioning-old", "--dry-run", "-o", "json"))
    assert data["plan"]["own_dependencies"] == ["packaging"]
    if tool == "uv":
        done = environment.program("extension", "install", "provisioning-old", "--yes", "-o", "json")
        assert (0, {"packaging-20.0", "provisioning_old-1.0"}) == (done.returncode, environment.installed()), done


def test_a_package_without_an_extension_is_an_error(uvs: Environment) -> None:
    """It is installed, and the error says how to be rid of it."""
    make_wheel(uvs.links, "plain", "1.0", {"plain.py": ""})
    uvs.offer("audit")
    done = uvs.program("extension", "install", "plain", "provisioning-audit")
    assert (1, {"plain-1.0", "provisioning_audit-1.0"}) == (done.returncode, uvs.installed())
    assert done.stderr.splitlines()[-2:] == [
        "error: plain is installed, and it brings no extension",
        "  hint: pip uninstall plain, or uv pip uninstall plain",
    ]
    assert done.stdout.splitlines()[-1].split()[:3] == ["audit", "1.0", "ready"]


def test_an_extension_that_does_not_fit_is_told_with_its_reasons(uvs: Environment) -> None:
    """By the path of a wheel, too; the hint is the command that takes it away, and that works."""
    wheel = uvs.offer("future", provisioning=">=99")
    done = uvs.program("extension", "install", str(wheel), "-o", "json")
    answer = json.loads(done.stdout)
    (record,) = answer["data"]["extensions"]
    assert (1, "incompatible", "ExtensionUnusable") == (done.returncode, record["status"], answer["error"]["code"])
    assert answer["error"]["message"].startswith("it is installed, and cannot be used: extension future 1.0 ")
    assert "it needs >=99" in answer["error"]["message"]
    assert answer["error"]["details"]["hint"] == (
        "install a version of the extension, or of provisioning, that fits the other;"
        " or take it away again: provisioning extension uninstall future"
    )
    assert uvs.program("extension", "uninstall", "future", "--yes").returncode == 0
    assert set() == uvs.installed()


@pytest.mark.parametrize(
    "breakage",
    [
        {"ext_audit/plugin.py": "raise SystemExit"},
        {"ext_audit/extension.toml": "x = ["},
        {"ext_audit/extension.toml": None},
        {"ext_audit": None},
    ],
    ids=["code", "manifest", "no manifest", "no package"],
)
def test_a_broken_package_can_be_uninstalled(uvs: Environment, breakage: dict[str, str | None]) -> None:
    """Whatever is wrong with it, as nothing of it is imported."""
    shutil.unpack_archive(uvs.offer("audit"), uvs.site, "zip")
    for name, text in breakage.items():
        path = uvs.site / name
        if text is not None:
            path.write_text(text, encoding="utf-8")
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    done = uvs.program("extension", "uninstall", "audit", "--yes")
    assert (0, set()) == (done.returncode, uvs.installed()), done.stderr


@TOOLS
def test_a_failure_of_the_installer_is_one_error(make: Callable[[str], Environment], tool: str) -> None:
    """With its exit code and what it said last, nothing changed; a password in a URL is hidden."""
    environment = make(tool)
    environment.more = {"PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"}
    place = "http://somebody:geheim@127.0.0.1:9/provisioning_audit-1.0-py3-none-any.whl"
    done = environment.program("extension", "install", f"provisioning-audit @ {place}", "-o", "json")
    error = json.loads(done.stdout)["error"]
    assert (1, "InstallerFailed", tool) == (done.returncode, error["code"], error["details"]["tool"])
    assert error["message"].startswith(f"{tool} failed with exit code {error['details']['exit_code']}:\n  ")
    assert "127.0.0" in error["message"]
    assert "geheim" not in done.stdout + done.stderr
    assert set() == environment.installed()
    done = environment.program("extension", "install", "--", "--editable")
    assert (1, set()) == (done.returncode, environment.installed()), "an option is no requirement"


def test_a_reader_who_goes_away_leaves_nothing_half_done(uvs: Environment) -> None:
    """What was begun is brought to its end, though nobody hears of it."""
    uvs.offer("audit")
    reading, writing = os.pipe()
    os.close(reading)
    line = [uvs.python, "-m", "provisioning", "extension", "install", "provisioning-audit"]
    subprocess.run(line, cwd=uvs.workspace, env=uvs.variables, stderr=writing, check=False, timeout=120)
    os.close(writing)
    assert {"provisioning_audit-1.0"} == uvs.installed()


def test_what_lies_outside_the_environment_is_not_said_to_be_gone(
    make: Callable[[str], Environment], tmp_path: Path
) -> None:
    """Pip passes it over without an error, and we do not."""
    environment = make("pip")
    elsewhere = tmp_path / "elsewhere"
    wheel = environment.offer("audit")
    shutil.unpack_archive(wheel, elsewhere, "zip")
    (environment.site / "zzz.pth").write_text(f"{elsewhere}\n", encoding="utf-8")
    done = environment.program("extension", "uninstall", "audit", "--yes")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [
        f"error: pip left provisioning-audit where it is: {elsewhere} is outside of this environment",
        "  hint: uninstall it with the Python that this folder belongs to",
    ]


@pytest.fixture
def systems(tmp_path: Path) -> Environment:
    """A Python that says it belongs to an operating system (PEP 668): the running one, in another place."""
    folder = tmp_path / "usr"
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    library = folder / "lib" / version
    library.mkdir(parents=True)
    (folder / "bin").mkdir()
    python = Path(shutil.copy(os.path.realpath(sys.executable), folder / "bin" / version))
    base = Path(sys.base_prefix) / "lib"
    for path in base.glob("libpython*"):
        (folder / "lib" / path.name).symlink_to(path)
    for path in Path(sysconfig.get_path("stdlib")).iterdir():
        if path.name not in ("site-packages", "EXTERNALLY-MANAGED"):
            (library / path.name).symlink_to(path)
    site = library / "site-packages"
    site.mkdir()
    managed = "[externally-managed]\nError=To install packages, use the system's own.\n"
    (library / "EXTERNALLY-MANAGED").write_text(managed, encoding="utf-8")
    lend(site)
    return Environment.around(tmp_path, folder, python, site)


@TOOLS
def test_a_python_of_the_operating_system_is_left_alone(systems: Environment, tool: str, pip_site: Path) -> None:
    """One clear error says what to do instead, and nothing is changed."""
    systems.offer("audit")
    has_pip = {"pip": f"{pip_site}\n", "uv": "import sys; sys.modules['pip'] = None\n"}
    (systems.site / "a_pip.pth").write_text(has_pip[tool], encoding="utf-8")
    done = systems.program("extension", "install", "provisioning-audit")
    assert (1, set()) == (done.returncode, systems.installed())
    error, hint = done.stderr.splitlines()[-2:]
    assert error == f"error: this Python belongs to the operating system, and {tool} may not change it (PEP 668)"
    assert hint == (
        "  hint: install provisioning into a virtual environment of its own, and the extension with it:"
        " python3 -m venv ENV && ENV/bin/pip install provisioning"
    )
