"""The static table of commands and the commands themselves are one."""

import re
from pathlib import Path

import click
import pytest

from provisioning.cli.exits import ExitCode
from provisioning.cli.options import CommonOption
from provisioning.cli.root import root
from provisioning.cli.tree import TREE, Noun, leaves
from provisioning.extensions import RESERVED_COMMANDS

HERE = Path(__file__).parent
DOCUMENTATION = (HERE.parents[1] / "docs" / "cli.md").read_text(encoding="utf-8")
PATHS = [path for path, _ in leaves()]


def command_at(path: tuple[str, ...]) -> click.Command:
    """Return the command object at a path of the tree."""
    command: click.Command = root
    for name in path:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None
        command = found
    return command


@pytest.mark.parametrize(("path", "line"), list(leaves()), ids=" ".join)
def test_the_table_says_what_the_commands_say(path: tuple[str, ...], line: str) -> None:
    """The help that is shown without importing a command equals the first line of the command's own."""
    command = command_at(path)
    assert (path[-1], line) == (command.name, (command.help or "").splitlines()[0])


def test_every_module_of_a_command_is_in_the_table() -> None:
    """A command that the table does not know could not be called."""
    folder = HERE.parents[1] / "core" / "provisioning" / "cli" / "commands"
    modules = [path.relative_to(folder).with_suffix("").parts for path in folder.rglob("*.py")]
    assert sorted(PATHS) == sorted(parts for parts in modules if parts[-1] != "__init__")


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_takes_the_common_options(path: tuple[str, ...]) -> None:
    """The common options stand after every command."""
    names = {param.name for param in command_at(path).params if isinstance(param, CommonOption)}
    where = {"output", "assignments", "environment", "workspace", "extension_paths", "verbose", "log_format"}
    assert where | {"safe_mode", "without", "only", "strict", "profile_extensions", "server"} == names


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_is_tested(path: tuple[str, ...]) -> None:
    """Some test in this folder runs the command."""
    call = re.compile(r"(run|run_anywhere|program|start)\(\s*" + r",\s*".join(f'"{name}"' for name in path))
    texts = [test.read_text(encoding="utf-8") for test in HERE.glob("test_*.py")]
    assert any(call.search(text) for text in texts)


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_is_documented_with_its_options(path: tuple[str, ...]) -> None:
    """docs/cli.md has a section for every command, which names each option of its own."""
    title = f"\n### provisioning {' '.join(path)}\n"
    assert title in DOCUMENTATION
    section = re.split(r"\n#{2,3} ", DOCUMENTATION.split(title)[1])[0]
    own = [param for param in command_at(path).params if not isinstance(param, CommonOption)]
    missing = [name for param in own if isinstance(param, click.Option) for name in param.opts if name not in section]
    assert missing == []


def test_the_common_options_and_exit_codes_are_documented() -> None:
    """docs/cli.md names every common option and every exit code."""
    common = [param for param in root.params if isinstance(param, CommonOption)]
    options = [f"`{name}" for param in common for name in param.opts]
    codes = [f"| {code.value} |" for code in ExitCode]
    assert [text for text in (*options, *codes) if text not in DOCUMENTATION] == []


def test_no_extension_can_take_the_name_of_a_command() -> None:
    """What a manifest may not name a command of its own is what the command itself begins with."""
    assert set(TREE) == RESERVED_COMMANDS


def test_nouns_have_help() -> None:
    """Every group of commands says what it is about."""
    assert all(entry.help.endswith(".") and entry.verbs for entry in TREE.values() if isinstance(entry, Noun))
