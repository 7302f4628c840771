"""Starting costs no more than click does, and a listing of extensions no more for a hundred of them than for none."""

import json
import os
import pwd
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provisioning._version import __version__
from provisioning.config import user_cache_folder
from provisioning.extensions import ManifestIndex, Registry, bundled_folder
from provisioning.testing import imported_by
from tests.extensions.shop import Shop, manifest

FORBIDDEN = {
    "importlib.metadata",
    "importlib_metadata",
    "jsonschema",
    "pluggy",
    "provisioning.app",
    "provisioning.contract",
    "pydantic",
    "rich",
    "tomlkit",
    "yaml",
}
BUDGET = 25
"""How many modules a command line may import beyond a bare `import click` and what click itself needs for help."""

SCRIPT = """
import json, sys
sys.argv = ["provisioning", *json.loads(sys.argv[1])]
import click
before = set(sys.modules)
from provisioning.cli.__main__ import main
try:
    main()
except SystemExit:
    pass
print("\\n" + json.dumps([sorted(sys.modules), sorted(set(sys.modules) - before)]))
"""


def imported(*arguments: str) -> tuple[set[str], set[str]]:
    """Return all modules after one command line, and those that click had not imported."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(arguments)], capture_output=True, text=True, check=True, timeout=60
    )
    everything, beyond = json.loads(done.stdout.splitlines()[-1])
    return set(everything), set(beyond)


@pytest.mark.parametrize(
    "line", [["--version"], ["--help"], ["workflow", "--help"], ["workflow", "run", "--help"], ["server", "nonsense"]]
)
def test_nothing_heavy_is_imported(line: list[str]) -> None:
    """A line that only speaks of the command itself imports no model, no schema, no table and no plugin."""
    everything = imported_by("-m", "provisioning", *line)
    heavy = {"provisioning.contract", "pluggy"} if line == ["workflow", "run", "--help"] else set()
    assert set() == everything & (FORBIDDEN - heavy)


@pytest.mark.parametrize("line", [["--version"], ["--help"], ["workflow", "--help"]])
def test_few_modules_are_imported_beyond_click(line: list[str]) -> None:
    """The number of modules beyond click's own is small, so that start-up stays near a bare `import click`."""
    _, beyond = imported(*line)
    assert len(beyond) <= BUDGET, sorted(beyond)


def test_the_module_runs_as_the_command(program) -> None:
    """`python -m provisioning` is the command."""
    done = program("--version")
    assert (0, f"provisioning {__version__}\n", "") == (done.returncode, done.stdout, done.stderr)


LISTING = """
import json, sys
manifests, imported = [], set(sys.modules)
def note(event, arguments):
    if event == "open" and str(arguments[0]).endswith("extension.toml"):
        manifests.append(str(arguments[0]))
sys.addaudithook(note)
sys.argv = ["provisioning", "extension", "list", "-o", "json"]
from provisioning.cli.__main__ import main
try:
    main()
except SystemExit as ended:
    assert ended.code == 0, ended
print("\\n" + json.dumps([manifests, sorted(set(sys.modules) - imported)]))
"""
INSTALLED = 100
BROKEN = "raise AssertionError('a listing imported me')\n"


def listed(site: Path) -> tuple[int, list[str], set[str]]:
    """List the extensions; return how many there are, the manifests that were opened, and the modules imported."""
    done = subprocess.run(
        [sys.executable, "-c", LISTING],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(site)},
    )
    assert (0, "") == (done.returncode, done.stderr)
    answer, _, noted = done.stdout.rpartition("\n\n")
    manifests, modules = json.loads(noted)
    return len(json.loads(answer)["data"]), manifests, set(modules)


def test_a_listing_costs_the_same_for_a_hundred_extensions(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No module more, none of theirs, and none of their manifests once they are known; until then each one once."""
    cache, none, site = tmp_path / "cache", tmp_path / "none", tmp_path / "site"
    for folder in (cache, none, site):
        folder.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    shop = Shop(workspace, site)
    bundled, _, modules = listed(none)
    for number in range(INSTALLED):
        package, folder = (manifest(f"{form}{number}").replace('"3"', '"1"') for form in "pf")
        shop.package(f"p{number}", package, {"__init__.py": BROKEN, "plugin.py": BROKEN})
        shop.folder(f"f{number}", folder, {"plugin.py": BROKEN})
    theirs = sorted(map(str, (*site.rglob("extension.toml"), *workspace.rglob("extension.toml"))))
    count, opened, found = listed(site)
    assert (bundled + 2 * INSTALLED, theirs) == (count, sorted(path for path in opened if path in theirs))
    assert found <= modules, sorted(found - modules)
    _learn(workspace / "extensions", site)
    count, opened, found = listed(site)
    assert (bundled + 2 * INSTALLED, []) == (count, opened)
    assert found <= modules, sorted(found - modules)


def _learn(project: Path, site: Path) -> None:
    """Fill the index as a listing would in a while, when the manifests have settled."""
    index = ManifestIndex(user_cache_folder(), clock=lambda: time.time_ns() + 60 * 10**9)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        Registry.discover(bundled=bundled_folder(), project=project, index=index)


@pytest.mark.parametrize("place", ["{tmp}/nowhere/at/all", "/dev/null/cache", "relative"])
def test_without_a_place_for_the_index_nothing_is_missed(workspace: Path, program, tmp_path: Path, place: str) -> None:
    """A home that is not there, or cannot be written, is no error, and nothing is written elsewhere."""
    done = program("extension", "list", environment={"XDG_CACHE_HOME": place.format(tmp=tmp_path)})
    assert (0, "") == (done.returncode, done.stderr)
    assert "audit-log" in done.stdout
    assert not (tmp_path / "nowhere").exists()
    assert list(workspace.iterdir()) == []


def test_a_user_without_a_home_misses_nothing(workspace: Path, run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run as somebody whom nobody knows."""
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    result = run("extension", "list")
    assert (0, "") == (result.exit_code, result.stderr)
    assert list(workspace.iterdir()) == []
