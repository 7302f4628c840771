"""One process for one request: started, asked on its standard input, heard to its end."""

import os
import selectors
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, TypeVar

from provisioning.bridge.child import CHUNK, LAST_GRACE, LOOK_EVERY, Child
from provisioning.bridge.decoding import LINE_LIMIT, Lines, decode
from provisioning.bridge.fault import Fault, Unreadable
from provisioning.bridge.log import Log
from provisioning.bridge.program import Program
from provisioning.bridge.request import Request
from provisioning.bridge.response import Answer, Message, heard, read_message
from provisioning.bridge.surroundings import state_directory
from provisioning.contract import OperationContext

__all__ = ["Calls"]

T = TypeVar("T")

HEIR_GRACE = 0.5
"""How long output may stay open after the program's end, in seconds, before a process it left behind is blamed."""

REQUEST_ID = "call"
"""The id of the one request of a process."""


class Calls:
    """Runs a program anew for each request."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._state = str(state_directory(program.extension))

    def exchange(self, request: Request, context: OperationContext, read: Callable[[Message], T]) -> Iterator[T]:
        """Yield what `read` makes of the resources of a stream as they are written, then of the answer.

        Raises `Fault`, and as `context.check`. Leaving early ends the program.
        """
        line = request.line(REQUEST_ID, self._program.extension, self._state, context)
        log = Log(lambda: context.logger, self._program.redact)
        with _as_file(line) as stdin, Child(self._program, stdin, traceparent=context.traceparent) as child:
            hearing = _Hearing(child, log, self._program.timeout, context)
            try:
                for message in hearing.messages():
                    yield heard(message, request.operation, read)
            except Fault as fault:
                had_ended = child.wait(0.0 if fault.is_transient else LAST_GRACE)
                status = child.kill()
                log.read_rest(child.stderr)
                raise fault.ended(status if had_ended else None, log.last_words) from fault.__cause__

    def close(self) -> None:
        """Do nothing: each process ends with its request."""


class _Hearing:
    """What one process writes, until it has ended."""

    def __init__(self, child: Child, log: Log, timeout: float, context: OperationContext) -> None:
        self._child = child
        self._log = log
        self._timeout = timeout
        self._context = context
        self._lines = Lines()
        self._output = _Output()
        self._selector = selectors.DefaultSelector()
        self._selector.register(child.stdout, selectors.EVENT_READ)
        self._selector.register(child.stderr, selectors.EVENT_READ)
        if child.end is not None:
            self._selector.register(child.end, selectors.EVENT_READ)
        self._is_open = True
        self._is_over = False
        self._last_word = context.clock()

    def messages(self) -> Iterator[Message]:
        with self._selector:
            while self._is_open or not self._child.has_ended:
                for line in self._read():
                    for message in self._output.take(line):
                        yield message
                        self._last_word = self._context.clock()
            yield self._answer()

    def _answer(self) -> Answer:
        self._log.read_rest(self._child.stderr)
        answer, status = self._output.end(self._lines.last()), self._child.reap()
        if status and answer.status == "success":
            raise Fault("answered with a success and did not end with 0")
        return answer

    def _read(self) -> Iterator[bytes]:
        """Wait for news and yield the lines of output that have come."""
        self._context.check()
        self._check_silence()
        ready = {key.fd for key, _ in self._selector.select(self._patience)}
        if self._child.stderr in ready:
            self._read_log()
        if self._child.stdout in ready:
            data = os.read(self._child.stdout, CHUNK)
            yield from self._lines.feed(data)
            if not data:
                self._selector.unregister(self._child.stdout)
                self._is_open = False

    def _read_log(self) -> None:
        data = os.read(self._child.stderr, CHUNK)
        self._log.feed(data)
        if not data:
            self._selector.unregister(self._child.stderr)

    @property
    def _patience(self) -> float:
        if self._child.has_ended:
            self._forget_end()
        remaining = self._context.remaining
        return LOOK_EVERY if remaining is None else min(LOOK_EVERY, remaining)

    def _forget_end(self) -> None:
        """Begin to count how long others keep the output open; the end itself is no news any more."""
        if not self._is_over:
            self._is_over = True
            self._last_word = self._context.clock()
            if self._child.end is not None:
                self._selector.unregister(self._child.end)

    def _check_silence(self) -> None:
        silence = self._context.clock() - self._last_word
        if self._child.has_ended:
            if self._is_over and self._is_open and silence > HEIR_GRACE:
                raise Fault("ended and left a process behind that keeps its standard output open")
        elif silence > self._timeout:
            what = "did not end after its answer" if self._output.is_over else "did not answer"
            raise Fault(f"{what} within {self._timeout:g} seconds", is_transient=True)


class _Output:
    """The messages on one standard output. An answer that stands alone may span several lines."""

    def __init__(self) -> None:
        self._answer: Answer | None = None
        self._begun = bytearray()
        self._begun_with: Fault | None = None

    @property
    def is_over(self) -> bool:
        """Whether the answer is there."""
        return self._answer is not None

    def take(self, line: bytes) -> Iterator[Message]:
        """Take a line, and yield the resource that it is."""
        if self._begun:
            self._add(line)
        elif line.strip():
            yield from self._whole(line)

    def end(self, rest: bytes) -> Answer:
        """Take what stands after the last line's end, and return the answer."""
        for _ in self.take(rest):
            break  # a resource, and so no answer
        if self._begun:
            self._finish_begun()
        if self._answer is None:
            raise Fault("ended without an answer", is_transient=True)
        return self._answer

    def _whole(self, line: bytes) -> Iterator[Message]:
        if self._answer is not None:
            raise Fault("wrote more after its answer", line)
        try:
            message = read_message(decode(line))
        except Unreadable as error:
            if not error.may_go_on:
                raise Fault(f"wrote a line that {error}", line) from error
            self._begun_with = Fault(f"wrote a line that {error}", line)
            self._add(line)
            return
        if message.id not in (None, REQUEST_ID):
            raise Fault(f"answered to {message.id!r}, which nobody asked", line)
        if isinstance(message, Answer):
            self._answer = message
        else:
            yield message

    def _add(self, line: bytes) -> None:
        self._begun += line + b"\n"
        if len(self._begun) > LINE_LIMIT:
            raise Fault(f"wrote an answer of more than {LINE_LIMIT} bytes")

    def _finish_begun(self) -> None:
        try:
            message = read_message(decode(bytes(self._begun)))
        except Unreadable as error:
            if error.may_go_on and self._begun_with is not None:
                raise self._begun_with from error
            raise Fault(f"wrote an answer that {error}", self._begun) from error
        if not isinstance(message, Answer):
            raise Fault("wrote a resource of a stream on several lines; each must stand on a line of its own")
        self._answer = message


def _as_file(line: bytes) -> IO[bytes]:
    """Return what a program reads as its standard input: a nameless file, so that no pipe can fill up.

    The request may hold secrets: where the system can, the file is in memory alone.
    """
    in_memory = os.memfd_create("request") if sys.platform == "linux" else None
    file: IO[bytes] = tempfile.TemporaryFile() if in_memory is None else os.fdopen(in_memory, "w+b")  # noqa: SIM115
    file.write(line)
    file.seek(0)
    return file
