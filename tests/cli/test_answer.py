"""An answer is one JSON document, or a table."""

import contextlib
import errno
import io
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning._version import __version__
from provisioning.cli.answer import Unwritable, give, write_json
from provisioning.cli.invocation import Invocation, Output
from provisioning.cli.table import show_fields, show_table

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def invocation(**settings: object) -> Invocation:
    """Return an invocation at a known time with a known id."""
    return Invocation(clock=lambda: 1.5, new_id=lambda: "request-1", **settings)  # type: ignore[arg-type]


def test_the_document_is_the_http_envelope(capsys: pytest.CaptureFixture[str]) -> None:
    """The same four keys as over HTTP, with the error's hint among its details."""
    error = {"code": "NotFound", "message": "no server", "hint": "list them", "details": {"id": "x"}}
    give(invocation(output=Output.JSON), None, lambda: None, status="error", error=error)
    expected = {
        "status": "error",
        "data": None,
        "metadata": {"timestamp": "1970-01-01T00:00:01.500Z", "request_id": "request-1", "version": __version__},
        "error": {"code": "NotFound", "message": "no server", "details": {"hint": "list them", "id": "x"}},
    }
    assert expected == json.loads(capsys.readouterr().out)


def test_after_json_lines_the_document_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A long run's answer is the last line, whole."""
    give(invocation(output=Output.JSON, streams=True), {"a": [1, 2]}, lambda: None)
    assert capsys.readouterr().out.count("\n") == 1


def test_without_json_the_answer_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """For people the command prints what it likes."""
    give(invocation(), {"a": 1}, lambda: print("shown"))
    assert capsys.readouterr().out == "shown\n"


@given(VALUES)
def test_any_value_becomes_strict_json(value: object) -> None:
    """What is printed can be read by any JSON reader: a TOML `nan` is no JSON."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    with contextlib.redirect_stdout(io.StringIO()) as out:
        write_json({"value": value})
    json.loads(out.getvalue(), parse_constant=refuse)


class Full(io.StringIO):
    """A stdout on a full disk."""

    def write(self, _text: str) -> int:
        """Fail as a full disk does."""
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_stdout_that_takes_nothing_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what the system said."""
    monkeypatch.setattr("sys.stdout", Full())
    with pytest.raises(Unwritable, match=r"^cannot write the answer: No space left on device$"):
        write_json({})


def test_dates_become_text(capsys: pytest.CaptureFixture[str]) -> None:
    """TOML has dates, JSON has not."""
    write_json({"day": date(2024, 2, 29)}, compact=True)
    assert capsys.readouterr().out == '{"day":"2024-02-29"}\n'


def test_in_a_pipe_a_table_is_plain_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is cut off, wrapped or coloured, and no cell is empty."""
    show_table(("id", "public_ips"), [("a" * 200, ()), ("b", ("10.0.0.1", "10.0.0.2"))], empty="No server.")
    header, first, second = capsys.readouterr().out.splitlines()
    assert (header, first.split()) == ("ID" + " " * 200 + "PUBLIC_IPS", ["a" * 200, "-"])
    assert second.split() == ["b", "10.0.0.1,10.0.0.2"]


def test_an_empty_table_says_so_to_people_only(capsys: pytest.CaptureFixture[str]) -> None:
    """A script that counts lines counts none."""
    show_table(("id",), [], empty="No server.")
    assert capsys.readouterr() == ("", "No server.\n")


def test_on_a_terminal_a_table_is_drawn(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the table has a rule below its headers; names are text, never markup."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    show_table(("id",), [("[red]web[/red]",)], empty="No server.")
    lines = [
        line.strip() for line in capsys.readouterr().out.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    ]
    assert [line for line in lines if line and "─" not in line] == ["id", "[red]web[/red]"]


def test_fields_stand_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Names and values are aligned."""
    show_fields({"id": "web-1", "public_ips": ("10.0.0.1",), "zone": None})
    assert capsys.readouterr().out == "id          web-1\npublic_ips  10.0.0.1\nzone        -\n"
