"""The journal as a whole from the command line: checked, exported, pruned, vacuumed and salvaged."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.store.older import older_journal

JOURNAL = Path(".provisioning") / "journal.db"


@pytest.fixture
def kept(workspace: Path) -> Path:
    """A workspace with a journal of years ago, of an older version; return the journal's path."""
    return older_journal(workspace / JOURNAL)


def _sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def _data(output: str) -> Any:
    return json.loads(output)["data"]


def test_check_of_a_sound_journal(run, kept: Path) -> None:
    """An older journal is migrated and checked; the answer is one line, or no problems as JSON."""
    result = run("journal", "check")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{kept} is sound.\n", "")
    assert _data(run("journal", "check", "-o", "json").stdout) == {"path": str(kept), "problems": []}


def test_check_lists_every_problem(run, kept: Path) -> None:
    """Each with the run that it is about; the exit code is 1, and the way on is offered."""
    run("workflow", "list")
    _sql(kept, "DELETE FROM events WHERE sequence = 17", "DELETE FROM documents WHERE run = 1")
    result = run("journal", "check")
    lines = [line.split(maxsplit=1) for line in result.stdout.splitlines()]
    assert (result.exit_code, lines) == (
        1,
        [
            ["WORKFLOW_ID", "PROBLEM"],
            ["wf-web", "it has 4 events, and counted 5"],
            ["wf-good", "its document is missing"],
        ],
    )
    offer = f"to put what can be read into a new one: provisioning journal salvage {kept} {kept}.salvaged\n"
    assert offer == result.stderr
    answer = json.loads(run("journal", "check", "-o", "json").stdout)
    assert (answer["status"], answer["error"]["code"]) == ("error", "JournalCorrupt")
    assert answer["data"]["problems"][0] == {"workflow_id": "wf-web", "message": "it has 4 events, and counted 5"}


def test_check_of_a_file_that_cannot_be_read(run, kept: Path) -> None:
    """Damage so great that no other command goes on is an answer here, too."""
    content = bytearray(kept.read_bytes())
    content[0:4096] = bytes(4096)
    kept.write_bytes(content)
    result = run("journal", "check", "-o", "json")
    (problem,) = json.loads(result.stdout)["data"]["problems"]
    assert result.exit_code == 1
    assert problem["message"] == f"journal {kept} is damaged, or is no journal: file is not a database"


def test_export_to_stdout_and_to_a_file(run, kept: Path, workspace: Path) -> None:
    """The same lines; a file is told of with what is in it."""
    lines = run("journal", "export", "--output-file", "all.jsonl")
    assert (lines.exit_code, lines.stdout) == (0, "5 runs, 12 operations, 41 events written to all.jsonl\n")
    assert run("journal", "export").stdout == (workspace / "all.jsonl").read_text(encoding="utf-8")
    one = [json.loads(line) for line in run("journal", "export", "--run", "wf-web", "-o", "json").stdout.splitlines()]
    assert [line["type"] for line in one] == ["journal", "run", "operation", *["event"] * 5, "end"]
    told = _data(run("journal", "export", "--output-file", "all.jsonl", "-o", "json").stdout)
    assert told == {"file": "all.jsonl", "runs": 5, "operations": 12, "events": 41}


def test_export_that_fails_leaves_no_file(run, kept: Path, workspace: Path) -> None:
    """Not of a run that is not there, not of a damaged journal, not where nothing can be written."""
    before = sorted(workspace.iterdir())
    missing = run("journal", "export", "--run", "wf-none", "--output-file", "one.jsonl")
    assert (missing.exit_code, missing.stderr.splitlines()[0]) == (2, "error: there is no run wf-none in this journal")
    assert run("journal", "export", "--run", "wf-none").stdout == ""
    _sql(kept, "UPDATE operations SET state = 'odd' WHERE run = 5")
    assert run("journal", "export", "--output-file", "all.jsonl").exit_code == 1
    nowhere = run("journal", "export", "--output-file", "no/such/folder.jsonl")
    message = "error: cannot write no/such/folder.jsonl: No such file or directory\n"
    assert (nowhere.exit_code, nowhere.stderr) == (1, message)
    assert before == sorted(workspace.iterdir())


def test_every_line_of_an_export_fits_its_schema(run, kept: Path) -> None:
    """The published schema is that of what is written."""
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(json.loads(run("schema", "export").stdout))
    lines = run("journal", "export").stdout.splitlines()
    assert len(lines) == 60
    assert [error.message for line in lines for error in validator.iter_errors(json.loads(line))] == []


def test_prune_says_what_would_go(run, kept: Path) -> None:
    """A dry run changes nothing; what holds something is told of and stays."""
    result = run("journal", "prune", "--older-than", "30d", "--dry-run")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [line[0] for line in lines] == [
        *("would", "WORKFLOW_ID", "wf-good", "wf-undone", "kept,", "WORKFLOW_ID", "wf-web")
    ]
    assert result.stdout.splitlines()[-1].endswith("server web-1 of operation web")
    assert len(_data(run("workflow", "list", "-o", "json").stdout)) == 5


def test_prune_asks_and_forgets(run, kept: Path) -> None:
    """Only with a yes; the rest is as it was."""
    asked = run("journal", "prune", "--older-than", "30d")
    question = "error: Forget 2 runs for good? There is nobody to ask here: add --yes to say so.\n"
    assert (asked.exit_code, asked.stderr.startswith(question)) == (2, True)
    data = _data(run("journal", "prune", "--older-than", "30d", "--yes", "-o", "json").stdout)
    assert [one["workflow_id"] for one in data["forgotten"]] == ["wf-good", "wf-undone"]
    assert [(one["workflow_id"], one["holds"]) for one in data["kept"]] == [
        ("wf-web", ["server web-1 of operation web"])
    ]
    listed = [one["workflow_id"] for one in _data(run("workflow", "list", "-o", "json").stdout)]
    assert listed == ["wf-killed", "wf-partial", "wf-web"]
    assert run("journal", "check").exit_code == 0
    again = run("journal", "prune", "--older-than", "30d", "--keep", "3")
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "No run to forget.\n")


def test_prune_of_what_holds_something(run, kept: Path) -> None:
    """Only when it is said twice: with the option, and with a yes to a question that tells of it."""
    asked = run("journal", "prune", "--older-than", "1d", "--holding", "--state", "succeeded,partial")
    assert "Forget 3 runs for good, 1 of which hold something?" in asked.stderr
    done = run("journal", "prune", "--older-than", "1d", "--holding", "--state", "succeeded,partial", "--yes")
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "forgotten:")
    listed = [one["workflow_id"] for one in _data(run("workflow", "list", "-o", "json").stdout)]
    assert listed == ["wf-killed", "wf-undone"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--older-than", "30"), "'30' is no length of time; write such as 90s, 10m, 12h, 30d or 2w."),
        (("--older-than", "-1d"), "'-1d' is no length of time; write such as 90s, 10m, 12h, 30d or 2w."),
        (
            ("--older-than", "1d", "--state", "running"),
            "'running' is not one of succeeded, partial, failed, interrupted, rolled_back, rollback_failed.",
        ),
    ],
)
def test_prune_misused(run, workspace: Path, options: tuple[str, ...], message: str) -> None:
    """A time without its unit, and a state in which a run has not ended, are usage errors."""
    result = run("journal", "prune", *options)
    assert (result.exit_code, message in result.stderr) == (2, True)


def test_vacuum_tells_the_sizes(run, kept: Path) -> None:
    """In bytes, before and after."""
    run("journal", "prune", "--older-than", "1d", "--holding", "--yes")
    data = _data(run("journal", "vacuum", "-o", "json").stdout)
    assert (data["path"], data["bytes_after"]) == (str(kept), kept.stat().st_size)
    assert data["bytes_after"] <= data["bytes_before"]
    fields = dict(line.split() for line in run("journal", "vacuum").stdout.splitlines())
    assert str(data["bytes_after"]) == fields["bytes_after"]


def test_salvage_of_a_damaged_journal(run, kept: Path, workspace: Path) -> None:
    """What is whole, what is in part and what is lost is told; the exit code is 3, and the new journal is used."""
    run("workflow", "list")
    _sql(kept, "DELETE FROM operations WHERE run = 2", "UPDATE documents SET document = x'00' WHERE run = 1")
    result = run("journal", "salvage", str(kept), "new.db")
    lines = result.stdout.splitlines()
    assert (result.exit_code, lines[0]) == (3, "new.db: 3 runs are whole, 1 in part, 1 lost")
    assert [line.split()[:2] for line in lines[2:]] == [["wf-web", "in"], ["wf-good", "lost"], ["-", "lost"]]
    use = ("--set", f"store.url=sqlite:///{workspace / 'new.db'}")
    assert run("journal", "check", *use).exit_code == 0
    resumed = run("workflow", "resume", "wf-web", *use)
    assert (resumed.exit_code, "it is rollback_failed" in resumed.stderr) == (2, True)
    assert run("workflow", "rollback", "wf-web", "--yes", *use).exit_code == 0
    assert run("workflow", "resume", "wf-killed", *use).exit_code == 0
    assert run("journal", "check", *use).exit_code == 0
    data = _data(run("journal", "salvage", str(kept), "again.db", "-o", "json").stdout)
    assert (data["file"], data["whole"]) == ("again.db", ["wf-undone", "wf-partial", "wf-killed"])


def test_salvage_of_a_sound_journal(run, kept: Path) -> None:
    """Nothing is lost, and the exit code says so."""
    result = run("journal", "salvage", str(kept), "new.db")
    assert (result.exit_code, result.stdout) == (0, "new.db: 5 runs are whole, 0 in part, 0 lost\n")
    taken = run("journal", "salvage", str(kept), "new.db")
    assert (taken.exit_code, "new.db is there already" in taken.stderr) == (1, True)


def test_move_to_a_server_and_back(run, kept: Path, postgres_url: str) -> None:
    """What arrives is sound and can be gone on with; the old journal says where it went; no password is shown."""
    url = postgres_url.replace("postgres@", "postgres:hunter22@")
    moved = run("journal", "move", "--to", url)
    assert (moved.exit_code, moved.stdout) == (
        0,
        "5 runs, 12 operations, 41 events moved, and the same in both journals\n",
    )
    refused = run("workflow", "resume", "wf-killed")
    assert (refused.exit_code, "hunter22" in refused.stderr) == (1, False)
    assert "was moved to postgresql://" in refused.stderr

    there = ("--set", f"store.url={url}")
    checked = run("journal", "check", *there)
    assert (checked.exit_code, checked.stdout.endswith(" is sound.\n")) == (0, True), checked.stdout
    assert "hunter22" not in checked.stdout
    assert json.loads(run("journal", "export", *there).stdout.splitlines()[-1])["runs"] == 5
    assert run("workflow", "resume", "wf-killed", *there).exit_code == 0
    forgotten = run("journal", "prune", "--older-than", "0s", "--yes", "-o", "json", *there)
    assert [each["workflow_id"] for each in _data(forgotten.stdout)["kept"]] == ["wf-web"]
    vacuumed = run("journal", "vacuum", *there)
    assert (vacuumed.exit_code, "names no file that a journal could be" in vacuumed.stderr) == (2, True)

    back = run("journal", "move", "--to", "sqlite:///back.db", "-o", "json", *there)
    assert (back.exit_code, _data(back.stdout)["runs"]) == (0, 2)
    assert run("journal", "check", "--set", "store.url=sqlite:///back.db").exit_code == 0


def test_move_to_nowhere(run, kept: Path) -> None:
    """A store that nobody brings, or a file that is none, is bad input, and nothing has changed."""
    for url, told in (("mysql://x/y", "there is no store 'mysql'"), ("sqlite:///", "names no file")):
        result = run("journal", "move", "--to", url)
        assert (result.exit_code, told in result.stderr) == (2, True), result.stderr
    assert run("journal", "check").exit_code == 0
