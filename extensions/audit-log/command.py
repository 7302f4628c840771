"""`provisioning audit-log`: the end of the log for people, and whether all of it is there."""

import argparse
import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from provisioning.contract import CommandContext
from provisioning.errors import ConfigurationError

from .audit_file import path_of
from .entry import Findings, entries_in, examined

__all__ = ["audit_log"]


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are told as all others are."""

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments."""
        raise ConfigurationError(message, hint=f"see '{self.prog} --help'")


def audit_log(context: CommandContext, arguments: Sequence[str]) -> int:
    """Do what the arguments say, and return the exit code."""
    asked = _parser(context.program).parse_args(arguments)
    entries = entries_in(path_of(context.options, context.directory))
    if asked.verb == "tail":
        return _tail(context, entries, asked.run, asked.lines)
    return _verify(context, examined(entries))


def _parser(program: str) -> argparse.ArgumentParser:
    parser = _Parser(prog=program, description="Look at the audit log of this workspace.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="tail|verify")
    tail = verbs.add_parser("tail", help="show the last lines of the log")
    tail.add_argument("-n", "--lines", metavar="N", type=_count, default=20, help="how many (20)")
    tail.add_argument("--run", metavar="ID", help="only those of this run")
    verbs.add_parser("verify", help="say whether every line is there; the exit code is 1 when one is not")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _tail(context: CommandContext, entries: Iterable[Mapping[str, Any] | None], run: str | None, count: int) -> int:
    wanted = (entry for entry in entries if entry is not None and run in (None, entry.get("workflow_id")))
    last = list(deque(wanted, maxlen=count))
    if context.output == "json":
        _give(last, is_good=True)
    for entry in last if context.output == "table" else ():
        print(_plain(_line(entry)))  # noqa: T201 - the answer
    return 0


def _verify(context: CommandContext, findings: Findings) -> int:
    if context.output == "json":
        data = {"lines": findings.lines, "torn": findings.torn, "lost": findings.lost}
        _give({**data, "unfinished": findings.unfinished}, is_good=findings.is_whole)
    else:
        told = [f"{findings.lines} lines"]
        told += [f"line {number} is torn" for number in findings.torn]
        told += [f"{findings.lost} lines could not be written"] if findings.lost else []
        told += [f"without an end: {_line(entry)}" for entry in findings.unfinished]
        for line in told:
            print(_plain(line))  # noqa: T201 - the answer
    return 0 if findings.is_whole else 1


def _line(entry: Mapping[str, Any]) -> str:
    """Return an entry for a person."""
    who = entry.get("who")
    account = who and f"{who.get('user') or who.get('uid')}@{who.get('host')}"
    end = " ".join(str(entry[key]) for key in ("outcome", "error") if entry.get(key))
    what = {
        "event": (entry.get("event"), entry.get("operation_id")),
        "gap": (f"{entry.get('lost')} lines are missing here",),
    }.get(entry["type"], (entry.get("step"), entry.get("operation_id"), f"({entry.get('kind')})", entry["type"], end))
    first = (entry.get("at"), account, entry.get("workflow_id"))
    return "  ".join(str(word) for word in (*first, " ".join(str(word) for word in what if word)) if word)


def _plain(text: str) -> str:
    """Return a text that no terminal takes for a command."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _give(data: Any, *, is_good: bool) -> None:
    error = None if is_good else {"code": "AuditLogIncomplete", "message": "lines of the audit log are missing or torn"}
    print(json.dumps({"status": "success" if is_good else "error", "data": data, "error": error}))  # noqa: T201
