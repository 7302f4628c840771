"""What a new extension is begun with is as clean as this house: asked by `tox -e lint`, where ruff and mypy are."""

import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.extensions import ExtensionType, Language, Skeleton


def lint(folder: Path, *words: str | Path) -> None:
    """Run a tool in a folder; what it finds fails the test."""
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kind", ExtensionType)
def test_a_package_is_clean(kind: ExtensionType, tmp_path: Path) -> None:
    """By its own settings of ruff, and by mypy as strict as it can be."""
    folder = Skeleton("my-cloud", kind, Language.PYTHON).write(tmp_path)
    lint(folder, "ruff", "check", "--no-cache")
    lint(folder, "ruff", "format", "--check", "--no-cache")
    lint(folder, "mypy")


@pytest.mark.parametrize("kind", ExtensionType)
def test_the_tests_of_programs_are_clean(kind: ExtensionType, tmp_path: Path) -> None:
    """They are in Python, whatever the program is in."""
    settings = Skeleton("settings", kind, Language.PYTHON).write(tmp_path) / "pyproject.toml"
    folder = Skeleton("my-cloud", kind, Language.RUST).write(tmp_path)
    lint(folder, "ruff", "check", "--no-cache", "--config", settings)
    lint(folder, "ruff", "format", "--check", "--no-cache", "--config", settings)
    lint(folder, "mypy", "--strict", "tests")
