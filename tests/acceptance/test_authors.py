"""The guide for authors, followed to the letter: every command in it, in order, in one shell."""

import re
import subprocess
import sys
from pathlib import Path

from tests.acceptance.conftest import ROOT
from tests.bundled.programs import needs
from tests.environments import Environment

GUIDE = ROOT / "docs" / "authors.md"
COMMANDS = {
    "python3": f'exec {sys._base_executable} "$@"',  # type: ignore[attr-defined]
    "pip": 'exec python -m pip "$@"',
    "pytest": 'exec python -m pytest -p no:cacheprovider "$@"',
    "provisioning": 'exec python -m provisioning "$@"',
}


def boxes(language: str) -> list[str]:
    """Return what stands in the boxes of the guide."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def newcomer(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Return an empty folder and the variables of somebody who has Python and an index, and nothing else yet.

    The environment that the guide makes is lent what the running one has, as there is no network; and the commands of
    what is lent stand in a folder of their own.
    """
    environment = Environment.made(tmp_path, "pip")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name, line in COMMANDS.items():
        (bin_folder / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (bin_folder / name).chmod(0o755)
    empty = tmp_path / "newcomer"
    empty.mkdir()
    environment.folder.rename(empty / ".venv")
    variables = environment.variables
    path = f"{bin_folder}:{variables['PATH']}"
    return empty, {**variables, "PATH": path, "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@needs("bash", "jq")
def test_every_command_of_the_guide_works(tmp_path: Path) -> None:
    """From nothing to a package that is tested, used, broken, mended, shipped and installed."""
    folder, variables = newcomer(tmp_path)
    script = "\n".join(["set -euo pipefail", *boxes("sh")])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
    assert "it is broken" in done.stdout
    assert [path.name for path in (folder / "provisioning-skyline" / "dist").iterdir()] == [
        "provisioning_skyline-0.1.0-py3-none-any.whl"
    ]
    said = [" ".join(line.split()) for line in done.stdout.splitlines()]
    shown = [" ".join(line.split()) for line in boxes("text")[0].splitlines()]
    without_id = [line for line in shown if " m-" not in line]
    assert [line for line in without_id if line not in said] == [], "the guide shows what a contract says"
    assert "skyline 0.1.0 provider ready package provisioning-skyline 0.1.0 -" in said


def test_every_link_of_the_guide_leads_somewhere() -> None:
    """The pages that it names are there, and it is found from the page on extensions."""
    links = re.findall(r"\]\(([^)#]+)", GUIDE.read_text(encoding="utf-8"))
    assert [link for link in links if not (GUIDE.parent / link).exists()] == []
    assert "(authors.md)" in (GUIDE.parent / "extensions.md").read_text(encoding="utf-8")
