"""References are resolved when a value is read, one by one, and never in a circle."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from provisioning.config import Configuration
from provisioning.errors import ConfigurationError
from provisioning.template import parse

Load = Callable[..., Configuration]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def refusal(read: Callable[[], Any]) -> str:
    """Return the message of the error that reading raises."""
    with pytest.raises(ConfigurationError) as caught:
        read()
    return caught.value.message


def test_references_lead_to_other_keys_and_keep_types(load_here: Load, tmp_path: Path) -> None:
    """Through any number of steps, into tables and lists."""
    (tmp_path / "config.user.toml").write_text(
        '[vars]\nbase = "{{paths.base}}/x"\ndeep = "{{vars.base}}/y"\nzones = ["{{vars.name}}-1", "b"]\nname = "a"\n'
        'first = "{{vars.zones[0]}}"\nall = "{{vars.zones}}"\ntable = "{{workflow.retry}}"\n'
        'n = "{{workflow.parallelism}}"\n'
    )
    values = load_here().vars
    assert values["deep"] == f"{tmp_path}/x/y"
    assert values["first"] == "a-1"
    assert values["all"] == ["a-1", "b"]
    assert values["table"]["attempts"] == 3
    assert values["n"] == 10


def test_a_quote_in_a_value_breaks_nothing(load_here: Load) -> None:
    """Values are put into values, not into the text of a file, and are not read again."""
    odd = "a\"b'\n[x]\n{{vars.y}}"
    assert load_here(overrides=["vars.x=<{{env.ODD}}>"], environ={"ODD": odd}).get("vars.x") == f"<{odd}>"


def test_a_reference_nobody_reads_harms_nothing(load_here: Load) -> None:
    """A variable that is not set matters only to the key that names it."""
    configuration = load_here(overrides=["vars.a={{env.NOPE}}", "vars.b=1"])
    assert configuration.get("vars.b") == 1
    assert refusal(lambda: configuration.get("vars.a")) == ("--set vars.a: vars.a: {{env.NOPE}}: env has no NOPE")


def test_a_circle_is_shown_as_a_path(load_here: Load, tmp_path: Path) -> None:
    """From a key back to itself, whatever leads into it."""
    (tmp_path / "config.user.toml").write_text(
        '[vars]\na = "{{vars.b}}"\nb = ["{{vars.c.d}}"]\nc = {d = "{{vars.a}}"}\nself = "{{vars}}"\nin = "{{vars.a}}"\n'
    )
    configuration = load_here()
    assert refusal(lambda: configuration.get("vars.a")) == (
        f"{tmp_path}/config.user.toml:2: vars.a: refers to itself: vars.a -> vars.b -> vars.c.d -> vars.a"
    )
    assert "refers to itself: vars.a -> vars.b -> vars.c.d -> vars.a" in refusal(lambda: configuration.get("vars.in"))
    assert "refers to itself" in refusal(lambda: configuration.get("vars.self"))
    assert len(configuration.validate()) >= 3


def test_the_time_is_read_once_and_in_utc(load_here: Load) -> None:
    """Two keys never see two different days."""
    moments = iter([datetime(2024, 3, 1, 0, 30, 15, 999, tzinfo=timezone(timedelta(hours=1)))])
    names = ("date", "time", "datetime", "year", "month", "day", "hour", "minute", "second", "timestamp")
    configuration = load_here(
        overrides={f"vars.{name}": f"{{{{now.{name}}}}}" for name in names}, now=lambda: next(moments)
    )
    assert configuration.vars == {
        "date": "2024-02-29",
        "time": "23:30:15",
        "datetime": "2024-02-29T23:30:15Z",
        "year": 2024,
        "month": 2,
        "day": 29,
        "hour": 23,
        "minute": 30,
        "second": 15,
        "timestamp": 1709249415,
    }


def test_a_time_without_a_zone_is_taken_as_utc(load_here: Load) -> None:
    """A clock that does not say where it stands is not guessed about."""
    naive = datetime(2024, 1, 1)  # noqa: DTZ001 - the very thing that is tested
    assert load_here(overrides=["vars.a={{now.datetime}}"], now=lambda: naive).get("vars.a") == "2024-01-01T00:00:00Z"


def test_a_file_is_read_from_the_workspace_without_its_last_newline(load_here: Load, tmp_path: Path) -> None:
    """By a plain name, a quoted path, or an absolute one."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/token.txt").write_text("s3same\n")
    (tmp_path / "plain").write_text("text")
    configuration = load_here(
        overrides={
            "vars.a": '{{file["secrets/token.txt"]}}',
            "vars.b": "{{file.plain}}",
            "vars.c": f"{{{{file['{tmp_path}/plain']}}}}",
        }
    )
    assert configuration.vars == {"a": "s3same", "b": "text", "c": "text"}


def test_a_file_that_cannot_be_read_is_named(load_here: Load, tmp_path: Path) -> None:
    """The hint tells how to write a path with dots."""
    configuration = load_here(overrides={"vars.a": "{{file.token.txt}}"})
    with pytest.raises(ConfigurationError) as caught:
        configuration.get("vars.a")
    assert caught.value.message == (f"override vars.a: vars.a: {{{{file['token']}}}}: {tmp_path}/token: does not exist")
    assert caught.value.hint == 'put quotes around a path with dots or slashes: {{file["secrets/token.txt"]}}'


def write_repository(folder: Path, head: str) -> Path:
    """Make the files of a repository and return its folder."""
    git = folder / ".git"
    (git / "refs/heads").mkdir(parents=True)
    (git / "HEAD").write_text(head + "\n")
    return git


def test_git_is_read_from_its_files(load_here: Load, tmp_path: Path) -> None:
    """A branch may have slashes; its commit is in a file of its own or in the packed ones."""
    git = write_repository(tmp_path, "ref: refs/heads/feature/x")
    overrides = ["vars.branch={{git.branch}}", "vars.commit={{git.commit}}"]
    assert load_here(overrides=overrides).get("vars.branch") == "feature/x"
    assert refusal(lambda: load_here(overrides=overrides).get("vars.commit")) == (
        "--set vars.commit: vars.commit: {{git.commit}}: feature/x has no commit yet"
    )
    (git / "packed-refs").write_text(f"# pack-refs with: peeled\n{COMMIT} refs/heads/feature/x\n")
    assert load_here(overrides=overrides).get("vars.commit") == COMMIT
    (git / "refs/heads/feature").mkdir()
    (git / "refs/heads/feature/x").write_text(COMMIT[::-1] + "\n")
    assert load_here(overrides=overrides).get("vars.commit") == COMMIT[::-1]


def test_a_detached_head_is_its_commit(load_here: Load, tmp_path: Path) -> None:
    """Without a branch, the commit stands for it."""
    write_repository(tmp_path, COMMIT)
    assert load_here(overrides=["vars.a={{git.branch}} {{git.commit}}"]).get("vars.a") == f"{COMMIT} {COMMIT}"


def test_a_worktree_is_followed_to_its_repository(load_here: Load, tmp_path: Path) -> None:
    """Its .git is a file, its branch is its own, and its commits are in the common folder."""
    git = write_repository(tmp_path / "main", "ref: refs/heads/main")
    (git / "refs/heads/side").write_text(COMMIT)
    tree = git / "worktrees/side"
    tree.mkdir(parents=True)
    (tree / "HEAD").write_text("ref: refs/heads/side\n")
    (tree / "commondir").write_text("../..\n")
    (tmp_path / ".git").write_text("gitdir: main/.git/worktrees/side\n")
    assert load_here(overrides=["vars.a={{git.branch}} {{git.commit}}"]).get("vars.a") == f"side {COMMIT}"


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("", "{git} has no readable HEAD"),
        ("ref: refs/heads/.invalid", "{git} keeps its branches in the reftable format, which is not read"),
        ("nonsense", "{git} does not say which commit is checked out"),
    ],
)
def test_a_repository_that_says_nothing_is_a_clear_error(
    load_here: Load, tmp_path: Path, head: str, message: str
) -> None:
    """The folder that was looked into is named."""
    git = write_repository(tmp_path, head)
    assert refusal(lambda: load_here(overrides=["vars.a={{git.branch}}"]).get("vars.a")) == (
        f"--set vars.a: vars.a: {{{{git.branch}}}}: {message.format(git=git)}"
    )


def test_no_repository_is_a_clear_error(load_here: Load, tmp_path: Path) -> None:
    """Every folder upwards was looked into."""
    assert refusal(lambda: load_here(overrides=["vars.a={{git.branch}}"]).get("vars.a")) == (
        f"--set vars.a: vars.a: {{{{git.branch}}}}: {tmp_path} is in no git repository"
    )


def test_a_whole_outside_table_can_be_named(load_here: Load, tmp_path: Path) -> None:
    """It is a table like any other; the files have no end, so there is nothing to list."""
    write_repository(tmp_path, COMMIT)
    configuration = load_here(overrides=["vars.e={{env}}", "vars.g={{git}}", "vars.f={{file}}"], environ={"A": "1"})
    assert configuration.vars == {"e": {"A": "1"}, "g": {"branch": COMMIT, "commit": COMMIT}, "f": {}}


def test_others_resolve_their_references_here(load_here: Load) -> None:
    """A workflow names the configuration's values, and the secrets it meets are known from then on."""
    configuration = load_here(overrides=["vars.a=1", "vars.b={{vars.a}}"], environ={"API_TOKEN": "s3same"})
    assert parse("{{vars.b}}").resolve(configuration.lookup) == 1
    assert parse("{{vars}}").resolve(configuration.lookup) == {"a": 1, "b": 1}
    assert parse("x{{env.API_TOKEN}}").resolve(configuration.lookup) == "xs3same"
    assert configuration.redactor.redact_text("the s3same") == "the ***"
    with pytest.raises(KeyError):
        configuration.lookup("operations")
