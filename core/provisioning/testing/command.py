"""The command `provisioning`, run in this process: what a script would see of it."""

import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from provisioning.cli.root import root

__all__ = ["CommandResult", "run_command"]


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What one command line left behind. `exit_code` is 0 when what was asked is done (`provisioning --help`)."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Everything that it printed: stdout, then stderr."""
        return self.stdout + self.stderr

    @property
    def documents(self) -> Sequence[Any]:
        """The JSON documents on stdout, one after the other: of a run events first, its envelope at the end.

        Raises `ValueError` where stdout holds anything else; the line needs `--output json`.
        """
        decoder, found, rest = json.JSONDecoder(), [], self.stdout.strip()
        while rest:
            document, end = decoder.raw_decode(rest)
            found.append(document)
            rest = rest[end:].lstrip()
        return found

    @property
    def data(self) -> Any:
        """The answer itself: `data` of the envelope, None of an error; raises as `documents`."""
        return self._envelope["data"]

    @property
    def error(self) -> Any:
        """The envelope's error, `{"code", "message", "details"}`; None when there is none."""
        return self._envelope["error"]

    @property
    def _envelope(self) -> Any:
        documents = self.documents
        if not documents:
            raise ValueError(f"there is nothing on stdout; on stderr there is {self.stderr!r}")
        return documents[-1]


def run_command(*words: str, stdin: str | bytes = "") -> CommandResult:
    """Run one command line in this process, in the current folder and environment, and return what came of it.

    `run_command("server", "list", "--output", "json").data`. It is asked on no terminal; `stdin` is what it can read.
    Only the main thread can run a workflow so, because signals are heard there.
    """
    given = stdin.encode() if isinstance(stdin, str) else stdin
    out, err = _stream(), _stream()
    with _reading(_stream(given)), redirect_stdout(out), redirect_stderr(err):
        try:
            root.main(list(words))
        except SystemExit as end:
            code = end.code
    return CommandResult(code if isinstance(code, int) else 0, _text(out), _text(err))


def _stream(content: bytes = b"") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", errors="backslashreplace", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


@contextmanager
def _reading(stream: io.TextIOWrapper) -> Iterator[None]:
    before, sys.stdin = sys.stdin, stream
    try:
        yield
    finally:
        sys.stdin = before
