"""Starting costs no more than click does."""

import json
import subprocess
import sys

import pytest

from provisioning._version import __version__
from provisioning.testing import imported_by

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
