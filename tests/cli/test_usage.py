"""A line that cannot be used gives one clear error, exit code 2, and changes nothing."""

import json
import os
from pathlib import Path

import pytest

from provisioning.cli.options import is_json_asked

USAGE = [
    (
        ("worfklow",),
        "error: No such command 'worfklow'. Did you mean 'workflow'?\n  hint: see 'provisioning --help'\n",
    ),
    (
        ("server", "lst"),
        "error: No such command 'lst'. Did you mean 'list'?\n  hint: see 'provisioning server --help'\n",
    ),
    (("server", "xyzzy"), "error: No such command 'xyzzy'.\n  hint: see 'provisioning server --help'\n"),
    (
        ("-o", "xml", "schema"),
        (
            "error: Invalid value for '--output' / '-o': 'xml' is not one of 'table', 'json'.\n"
            "  hint: see 'provisioning --help'\n"
        ),
    ),
    (
        ("schema", "--set", "novalue"),
        (
            "error: Invalid value for '--set': expected KEY=VALUE, got 'novalue'.\n"
            "  hint: see 'provisioning schema --help'\n"
        ),
    ),
    (
        ("--workspace", "/no/such/place", "schema"),
        (
            "error: Invalid value for '--workspace': Directory '/no/such/place' does not exist.\n"
            "  hint: see 'provisioning --help'\n"
        ),
    ),
    (
        ("server", "get"),
        "error: Missing argument 'SERVER_ID'.\n  hint: see 'provisioning server get --help'\n",
    ),
    (
        ("workflow", "graph"),
        "error: give either FILE or --run ID.\n  hint: see 'provisioning workflow graph --help'\n",
    ),
    (
        ("server", "create", "web", "--user-data", "a", "--user-data-file", "b"),
        "error: give --user-data or --user-data-file, not both.\n  hint: see 'provisioning server create --help'\n",
    ),
    (
        ("server", "list", "--label", "tier"),
        (
            "error: Invalid value for '--label': expected KEY=VALUE, got 'tier'.\n"
            "  hint: see 'provisioning server list --help'\n"
        ),
    ),
    (
        ("server", "list", "--set", "inputs.a=1"),
        (
            "error: --set inputs.a: this command takes no inputs; only a workflow has them.\n"
            "  hint: see 'provisioning server list --help'\n"
        ),
    ),
]


@pytest.mark.parametrize(("line", "message"), USAGE, ids=[" ".join(line) for line, _ in USAGE])
def test_a_bad_line_is_told_once(line: tuple[str, ...], message: str, run, workspace: Path) -> None:
    """The error says what is wrong and where to look, on stderr, with nothing on stdout."""
    result = run(*line)
    assert (2, "", message) == (result.exit_code, result.stdout, result.stderr)
    assert list(workspace.iterdir()) == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_bad_line_with_json_is_told_as_json(place: int, run) -> None:
    """With --output json, wherever it stands on the line, a usage error is the one document on stdout."""
    words = ["server", "lst"]
    result = run(*words[:place], "--output", "json", *words[place:])
    answer = json.loads(result.stdout)
    assert (result.exit_code, result.stderr, answer["status"], answer["data"]) == (2, "", "error", None)
    assert answer["error"]["message"] == "No such command 'lst'. Did you mean 'list'?"


@pytest.mark.parametrize(
    ("line", "is_json"),
    [
        ("-o json", True),
        ("-ojson", True),
        ("-vo json", True),
        ("--output=json", True),
        ("-o json -o table", False),
        ("-o table server --output json", True),
        ("server get -- -o json", False),
        ("server create json --output-of json", False),
        ("-o", False),
    ],
)
def test_the_form_is_seen_on_a_line_that_cannot_be_parsed(line: str, is_json: bool) -> None:
    """The last form that is asked for counts, as it does on a good line."""
    assert is_json == is_json_asked(line.split())


def test_without_a_command_the_help_is_shown(run) -> None:
    """`provisioning` alone shows its help on stderr and is a usage error, as nothing was asked."""
    result = run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: provisioning [OPTIONS] COMMAND [ARGS]...\n")


def test_a_group_without_a_command_says_so(run) -> None:
    """Options alone are no command."""
    result = run("-v", "server", "-v")
    assert result.stderr == "error: Missing command.\n  hint: see 'provisioning server --help'\n"


def test_an_argument_that_is_no_text_is_refused(program) -> None:
    """Bytes that are not UTF-8 could be kept neither in the journal nor in JSON."""
    done = program("server", "get", b"web\xff")
    assert (done.returncode, done.stderr) == (2, "error: argument 3 is not UTF-8 text: web\\xff\n")


def test_a_closed_pipe_ends_quietly(program) -> None:
    """A reader that goes away (`| head`) is met with silence."""
    reader, writer = os.pipe()
    os.close(reader)
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "provisioning", "completion", "bash"],
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_full_disk_behind_stdout_ends_without_a_traceback() -> None:
    """An answer that cannot be written is an error like any other."""
    import os
    import subprocess
    import sys

    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "provisioning", "completion", "bash"],
            stdout=full,
            stderr=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert done.stderr.startswith(b"error: cannot write the answer: No space left on device\n")
