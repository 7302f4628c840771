"""What the README and the examples show is what happens."""

import dataclasses
import sys

import pytest

from tests.acceptance.conftest import EXAMPLES, ROOT, Person

README = ROOT / "README.md"


def block(language: str) -> str:
    """Return the first block of the README in a language."""
    return README.read_text(encoding="utf-8").partition(f"\n```{language}\n")[2].partition("```")[0]


CLOUDS = ("--set", "providers.aws.region=eu-west-1", "--set", "providers.upcloud.zone=fi-hel1")
"""The clouds of the examples, as far as a plan needs them."""


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.toml")))
def test_every_example_can_be_planned(person: Person, name: str) -> None:
    """A plan of each is made from an empty workspace, and creates nothing."""
    answer = person.run("workflow", "plan", str(EXAMPLES / name), "--output", "json", *CLOUDS)
    assert answer.code == 0, answer.err
    assert answer.data["operations"]
    assert [] == person.servers()


def test_the_lines_of_python_in_the_readme_run(person: Person) -> None:
    """They deploy the example, and print its events, its outcome and its servers."""
    (person.workspace / "examples").symlink_to(EXAMPLES)
    (person.workspace / "deploy.py").write_text(block("python"), encoding="utf-8")
    answer = dataclasses.replace(person, command=(sys.executable, "deploy.py")).run()
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert lines[0].strip() == "WorkflowStarted"
    told = sorted(line.partition("http://")[0] for line in lines if " running http://" in line)
    assert ["db-1 running ", "web-a running ", "web-b running "] == told


def test_the_commands_of_the_readme_are_one_line_each() -> None:
    """The second is the one that continuous integration runs: it finds it by its end."""
    commands = [line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("python3 -m venv ")]
    assert len(commands) == 2
    assert commands[0].endswith("provisioning workflow run examples/three-tier.toml")
    assert commands[1].endswith("/tox")
    assert "grep -m 1 '/tox$' README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
