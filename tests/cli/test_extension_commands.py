"""Commands that extensions bring: called like built-in ones, and never able to take the command down."""

import json
from pathlib import Path
from textwrap import dedent

import pytest

from tests.cli.test_completion import completions

MANIFEST = """
[extension]
name = "hello"
version = "1.0"
type = "hooks"
{more}
[compatibility]
provisioning = ">=1.0,<2"
hook_api = "1"
[config]
schema = "config.schema.json"
"""
COMMAND = """
[commands.{name}]
entry = "commands:{entry}"
help = "Say {name}"
"""
SCHEMA = {"type": "object", "properties": {"loud": {"type": "boolean", "default": False}, "pin": {"writeOnly": True}}}
CODE = """
import json, sys
from pathlib import Path
import click
Path(__file__).with_name("imported").touch()

def greet(context, arguments):
    about = {
        "name": context.name, "options": dict(context.options), "directory": str(context.directory),
        "output": context.output, "logger": context.logger.name, "program": context.program,
        "arguments": list(arguments),
    }
    print(json.dumps(about))

@click.command()
@click.option("--times", "-n", default=1, help="How often.")
@click.argument("who")
@click.pass_obj
def click_greet(context, times, who):
    "Greet somebody."
    click.echo(f"{context.name} {who} " * times)
    return "not a code"

@click.group()
def group():
    "Some commands."

@group.command()
@click.pass_context
def leave(context):
    context.exit(4)

def raises(context, arguments):
    raise ValueError(f"no {context.options.get('pin')}")

def code(context, arguments):
    return int(arguments[0])

def leaves(context, arguments):
    sys.exit({"none": None, "text": "I give up"}.get(arguments[0]) if arguments[0].isalpha() else int(arguments[0]))

def answers(context, arguments):
    return "well"

def refuses(context, arguments):
    from provisioning import NotFound
    raise NotFound("there is no such thing", hint="look elsewhere")

class Stop(BaseException):
    pass

def stops(context, arguments):
    raise Stop

number = 3
"""
ENTRIES = ("greet", "click_greet", "group", "raises", "code", "leaves", "answers", "refuses", "stops", "number", "gone")


@pytest.fixture
def hello(workspace: Path) -> Path:
    """An extension of which each command does one thing, and the folder that it stands in."""
    folder = workspace / "extensions" / "hello"
    folder.mkdir(parents=True)
    write_manifest(folder)
    (folder / "config.schema.json").write_text(json.dumps(SCHEMA))
    (folder / "commands.py").write_text(CODE)
    return folder


def write_manifest(folder: Path, more: str = "") -> None:
    tables = [COMMAND.format(name=entry.replace("_", "-"), entry=entry) for entry in ENTRIES]
    (folder / "extension.toml").write_text(MANIFEST.format(more=more) + "".join(tables))


def settings(workspace: Path, text: str) -> None:
    (workspace / "config.user.toml").write_text(dedent(text))


def test_a_function_gets_a_context_and_its_arguments(run, hello: Path, workspace: Path) -> None:
    """Its options, checked and complete, the workspace, the form of the answer, a logger, and its own name."""
    result = run("greet", "a", "--size", "big", "--help", "-n5", "--", "--output", "x")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {
        "name": "hello",
        "options": {"loud": False},
        "directory": str(workspace),
        "output": "table",
        "logger": "provisioning.extensions.hello",
        "program": "provisioning greet",
        "arguments": ["a", "--size", "big", "--help", "-n5", "--output", "x"],
    }


@pytest.mark.parametrize(
    "line",
    [
        ("-o", "json", "--set", "extensions.options.hello.loud=true", "greet", "a"),
        ("greet", "-o", "json", "a", "--set", "extensions.options.hello.loud=true"),
        ("greet", "a", "--set", "extensions.options.hello.loud=true", "--output=json"),
    ],
)
def test_common_options_stand_before_or_after_the_name(run, line: tuple[str, ...], hello: Path) -> None:
    """And mean what they mean for every command."""
    about = json.loads(run(*line).stdout)
    assert (about["output"], about["options"], about["arguments"]) == ("json", {"loud": True}, ["a"])


def test_the_workspace_and_its_extensions_may_be_named_after_the_command(
    run, hello: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command is looked for when the whole line is known."""
    monkeypatch.chdir(tmp_path)
    assert run("greet").exit_code == 2
    assert json.loads(run("greet", "--workspace", str(hello.parents[1])).stdout)["arguments"] == []
    assert run("greet", "--extension-path", str(hello.parent)).exit_code == 0
    assert run("greet", "--workspace", str(hello.parents[1]), "--without", "hello").exit_code == 2


def test_a_click_command_is_called_as_it_is(run, hello: Path) -> None:
    """Its options, its help, its usage errors and its exit codes are its own."""
    assert run("click-greet", "-n", "2", "you").stdout == "hello you hello you \n"
    helped = run("click-greet", "--help")
    assert helped.stdout.startswith("Usage: provisioning click-greet [OPTIONS] WHO\n\n  Greet somebody.\n")
    wrong = run("click-greet", "--tmes", "2", "you")
    assert (wrong.exit_code, wrong.stderr.startswith("error: No such option")) == (2, True)
    assert wrong.stderr.endswith("  hint: see 'provisioning click-greet --help'\n")
    assert run("group", "leave").exit_code == 4
    assert run("group", "lave").exit_code == 2


@pytest.mark.parametrize(
    ("line", "code", "error"),
    [
        (("code", "0"), 0, ""),
        (("code", "7"), 7, ""),
        (("code", "256"), 1, ""),
        (("leaves", "none"), 0, ""),
        (("leaves", "0"), 0, ""),
        (("leaves", "3"), 3, "error: command leaves of extension hello ended with exit code 3\n"),
        (("leaves", "256"), 1, "error: command leaves of extension hello ended with exit code 256\n"),
        (("leaves", "text"), 1, "error: command leaves of extension hello ended: I give up\n"),
        (("refuses",), 1, "error: there is no such thing\n  hint: look elsewhere\n"),
        (
            ("raises",),
            1,
            (
                "error: command raises of extension hello failed with ValueError: no ***\n"
                "  hint: this is a defect of extension hello; run it again with -v to see where\n"
            ),
        ),
        (
            ("stops",),
            1,
            (
                "error: command stops of extension hello failed with Stop\n"
                "  hint: this is a defect of extension hello; run it again with -v to see where\n"
            ),
        ),
        (
            ("answers",),
            1,
            (
                "error: command answers of extension hello returned str, not an exit code\n"
                "  hint: this is a defect of extension hello: a command returns a whole number, or None for done\n"
            ),
        ),
    ],
)
def test_whatever_a_command_does_is_one_clear_error(
    run, line: tuple[str, ...], code: int, error: str, hello: Path, workspace: Path
) -> None:
    """It names the extension, shows no secret and has no traceback; where the command has an exit code, it is that."""
    settings(workspace, '[extensions.options.hello]\npin = "s3cr3t"\n')
    result = run(*line)
    assert (result.exit_code, result.stderr) == (code, error)
    if code and error:
        answer = json.loads(run(*line, "-o", "json").stdout)
        assert (answer["status"], "error: " + answer["error"]["message"]) == ("error", error.splitlines()[0])


def test_the_traceback_is_shown_where_it_is_wanted(run, hello: Path) -> None:
    """With -v, before or after the name."""
    for line in (("-v", "raises"), ("raises", "-v")):
        assert 'commands.py", line' in run(*line).stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("number", "its command number commands:number is neither a function nor a click.Command"),
        ("gone", "its command gone commands:gone is not there: it has no gone"),
    ],
)
def test_what_is_no_command_is_told(run, name: str, words: str, hello: Path, workspace: Path) -> None:
    """When it is called, and by `extension validate --import`; the manifest alone does not show it."""
    result = run(name)
    assert (result.exit_code, words in result.stderr, "Traceback" in result.stderr) == (1, True, False)
    assert run("extension", "validate", "hello").exit_code == 0
    found = run("extension", "validate", "hello", "--import", "-o", "json")
    assert (found.exit_code, "import_failed" in found.stdout) == (1, True)


def test_code_that_cannot_be_imported_is_told(run, hello: Path) -> None:
    """Once, by the command that needs it; no other command is harmed."""
    (hello / "commands.py").write_text("import no_such_module")
    result = run("greet")
    assert (result.exit_code, result.stderr.splitlines()[0].startswith("error: extension hello 1.0 ")) == (1, True)
    assert "no_such_module" in result.stderr
    assert run("workflow", "list").exit_code == 0


def test_options_are_checked_before_anything_is_imported(run, hello: Path, workspace: Path) -> None:
    """A mistake in them is one of the configuration."""
    settings(workspace, '[extensions.options.hello]\nloud = "very"\n')
    result = run("greet")
    assert result.exit_code == 2
    assert "extensions.options.hello.loud: must be true or false, not text" in result.stderr
    assert not (hello / "imported").exists()


def test_a_command_of_what_is_not_used_is_not_called(run, hello: Path, workspace: Path) -> None:
    """The error says why, and what to do."""
    settings(workspace, '[extensions]\ndisabled = ["hello"]\n')
    result = run("greet")
    assert (result.exit_code, result.stderr.splitlines()[1]) == (2, "  hint: provisioning extension enable hello")
    assert not (hello / "imported").exists()


@pytest.mark.parametrize(
    ("word", "meant"),
    [("worfklow", "workflow"), ("gret", "greet"), ("group-", "group"), ("sever", "server"), ("xyzzy", None)],
)
def test_an_unknown_command_is_told_with_what_is_near(run, word: str, meant: str | None, hello: Path) -> None:
    """A built-in one before those of extensions; nothing is imported for it."""
    result = run(word, "--what", "ever")
    near = f" Did you mean '{meant}'?" if meant else ""
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"error: No such command '{word}'.{near}\n  hint: see 'provisioning --help'\n"
    assert not (hello / "imported").exists()


def test_built_in_names_are_refused_in_the_manifest(run, hello: Path, workspace: Path) -> None:
    """So a built-in command is never another one."""
    write_manifest(hello, 'default = "enabled"')
    with (hello / "extension.toml").open("a") as file:
        file.write(COMMAND.format(name="workflow", entry="greet"))
    assert "'workflow' is a command of provisioning itself" in run("extension", "list").stdout
    assert run("workflow", "list").exit_code == 0
    assert run("greet").exit_code == 2


def test_the_root_says_where_they_are_listed(run, hello: Path) -> None:
    """Its help imports nothing, and so cannot list them; `extension info` does."""
    assert "provisioning extension info NAME" in run("--help").stdout
    shown = run("extension", "info", "hello").stdout
    assert "provisioning greet,provisioning click-greet," in shown
    assert not (hello / "imported").exists()


def test_their_names_are_completed(hello: Path, workspace: Path) -> None:
    """After the built-in ones, with nothing imported; of an extension that is not used, none is."""
    assert completions("gr") == ["greet", "group"]
    assert completions("co") == ["config", "completion", "code"]
    assert completions("greet --outp") == ["--output"]
    assert not (hello / "imported").exists()
    settings(workspace, '[extensions]\ndisabled = ["hello"]\n')
    assert completions("gr") == []


def test_a_reader_that_goes_away_ends_it_quietly(hello: Path, workspace: Path) -> None:
    """As for every command: no error, no traceback, exit code 1."""
    import subprocess
    import sys

    (hello / "commands.py").write_text("def greet(context, arguments):\n    for n in range(100000): print(n)\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "provisioning", "greet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "0\n"
    process.stdout.close()
    assert process.stderr is not None
    assert (process.stderr.read(), process.wait(timeout=60)) == ("", 1)
    process.stderr.close()
