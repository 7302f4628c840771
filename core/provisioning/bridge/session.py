"""One process of a program that is kept open, from its start to its end.

Whoever waits for an answer reads the output, for itself and for all others who wait; when it has what it wanted,
another one goes on. So a single caller pays for no change of threads, and a stream that nobody consumes is held up by
its pipe. A thread of the session's own hears what the program logs, and sees to its end. (The idea: "Leader/Followers",
D. Schmidt and others, 2000.)
"""

import logging
import os
import select
import selectors
import threading
import time
from queue import Empty, SimpleQueue

from provisioning.bridge.child import CHUNK, GRACE, LAST_GRACE, LOOK_EVERY, Child
from provisioning.bridge.decoding import Lines, decode
from provisioning.bridge.fault import Fault, Unreadable
from provisioning.bridge.log import Log
from provisioning.bridge.program import Program
from provisioning.bridge.response import Answer, Message, read_message
from provisioning.contract import OperationContext

__all__ = ["Session"]

FLOOD = 100_000
"""How many resources of one stream may wait to be consumed, where others who wait cannot let the pipe hold it up."""


class _Inbox:
    """What has come for one request and was not taken yet; None among it says that somebody has to go on reading."""

    __slots__ = ("context", "is_answered", "messages")

    def __init__(self, context: OperationContext) -> None:
        self.context = context
        self.is_answered = False
        self.messages: SimpleQueue[Message | Fault | None] = SimpleQueue()


class Session:
    """A process that answers requests by their ids. Raises `Fault` when it cannot be started."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._logger = logging.getLogger(f"provisioning.extensions.{program.extension}")
        self._child = Child(program)
        self._log = Log(self._logger_of_now, program.redact)
        self._lines = Lines(total=None)
        self._output = select.poll()
        self._output.register(self._child.stdout, select.POLLIN)
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._writing = threading.Lock()
        self._wake_reader, self._wake_writer = os.pipe()
        self._inboxes: dict[str, _Inbox] = {}
        self._followers: dict[str, _Inbox] = {}
        self._is_retired = False
        self._is_closed = False
        self._fault: Fault | None = None
        self._ends_at: float | None = None
        self._idle_since = time.monotonic()
        self._ended = threading.Event()
        self.has_answered = self._has_said_more = False
        self.exit_status: int | None = None
        self._thread = threading.Thread(target=self._attend, name=f"program of {program.extension}", daemon=True)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Whether it takes new requests."""
        return not (self._is_retired or self._ends_at is not None or self._ended.is_set())

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._ended.is_set()

    @property
    def has_died(self) -> bool:
        """Whether it has ended by itself, or had to be ended because of what it did."""
        return self._fault is not None or (self._ended.is_set() and self._ends_at is None)

    @property
    def last_words(self) -> tuple[str, ...]:
        """Its last lines on standard error."""
        return self._log.last_words

    # -- asking ------------------------------------------------------------------------------------------------------

    def begin(self, request_id: str, line: bytes, context: OperationContext) -> bool:
        """Send a request; return False, with nothing sent, when the process takes none any more."""
        with self._lock:
            if not self.is_open:
                return False
            has_spoken = self._has_said_more or (not self._inboxes and bool(self._output.poll(0)))
            self._inboxes[request_id] = _Inbox(context)
        if has_spoken:
            self._fail(Fault("wrote something, or ended, while nobody asked"))
        is_sent = False
        try:
            is_sent = self._write(line, context)
        finally:
            if not is_sent:
                self.forget(request_id)
        if not is_sent:
            self._ended.wait(GRACE)
        return is_sent

    def next_message(self, request_id: str, seconds: float) -> Message | None:
        """Return what has come for a request, waiting at most some seconds; raises `Fault` when nothing will."""
        inbox = self._followers[request_id] = self._inboxes[request_id]
        try:
            if inbox.messages.empty() and self._reading.acquire(blocking=False):
                try:
                    self._lead(inbox, seconds)
                finally:
                    self._reading.release()
                seconds = 0.0
            message = inbox.messages.get(timeout=seconds)
        except Empty:
            return None
        finally:
            del self._followers[request_id]
            self._pass_on()
        if isinstance(message, Fault):
            raise message
        return message

    def forget(self, request_id: str) -> None:
        """Take nothing more for a request."""
        with self._lock:
            self._inboxes.pop(request_id, None)
            self._idle_since = time.monotonic()
            if self._is_retired and not self._inboxes:
                self._tell_to_end(GRACE)

    def retire(self) -> None:
        """Take no new requests, and end when those that are under way have their answers."""
        with self._lock:
            self._is_retired = True

    def close(self) -> None:
        """End the process and wait for its end."""
        with self._lock:
            self._tell_to_end(GRACE)
        self._thread.join()

    def _tell_to_end(self, grace: float) -> None:
        """Have the program's input ended, and the program itself if it lives on after `grace`; under the lock."""
        if not self._ended.is_set():
            ends_at = time.monotonic() + grace
            self._ends_at = ends_at if self._ends_at is None else min(self._ends_at, ends_at)
            os.write(self._wake_writer, b"x")

    # -- writing -----------------------------------------------------------------------------------------------------

    def _write(self, line: bytes, context: OperationContext) -> bool:
        """Write a line, whole; a program that does not read holds nobody up beyond its time."""
        last = time.monotonic() + self._program.timeout
        while not self._writing.acquire(timeout=LOOK_EVERY):
            self._check_writing(last, context)
        rest = memoryview(line)
        try:
            while rest:
                if self._ends_at is not None:
                    raise BrokenPipeError
                if (count := self._child.write(rest)) is None:
                    self._check_writing(last, context)
                    self._child.wait_writable(LOOK_EVERY)
                else:
                    rest = rest[count:]
        except OSError as error:
            if len(rest) == len(line):
                return False
            raise Fault("ended while it was asked", is_transient=True) from error
        finally:
            self._writing.release()
            if 0 < len(rest) < len(line):
                with self._lock:  # half a line is in the pipe, and nothing can follow it
                    self._tell_to_end(0.0)
        return True

    def _check_writing(self, last: float, context: OperationContext) -> None:
        context.check()
        if time.monotonic() > last:
            raise Fault(f"did not read its requests within {self._program.timeout:g} seconds", is_transient=True)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _lead(self, inbox: _Inbox, seconds: float) -> None:
        """Read and hand out what comes, until there is something in one's own inbox or the time is over."""
        last = time.monotonic() + seconds
        try:
            while inbox.messages.empty() and (rest := last - time.monotonic()) > 0:
                self._hear(rest)
        except Fault as fault:
            self._fail(fault)

    def _hear(self, seconds: float) -> None:
        """Hand out what the program has written; raises `Fault` when it can write no more."""
        is_over = self._is_closed
        if not is_over and self._output.poll(seconds * 1000):
            data = os.read(self._child.stdout, CHUNK)
            for line in self._lines.feed(data):
                if line.strip():
                    self._take(line)
            is_over = not data
        else:
            is_over = self._ended.is_set()
        if is_over:
            raise Fault("ended before it answered", is_transient=True)

    def _take(self, line: bytes) -> None:
        """Hand a message to whoever waits for it; raises `Fault` when that is nobody."""
        try:
            message = read_message(decode(line))
        except Unreadable as error:
            raise Fault(f"wrote a line that {error}", line) from error
        inbox = self._inboxes.get(message.id or "")
        if inbox is None:
            if self._is_retired:
                return  # somebody has given it up
            named = "without the id of a request" if message.id is None else f"to {message.id!r}, which nobody asked"
            raise Fault(f"answered {named}", line)
        if inbox.is_answered:
            self._has_said_more = True
            return  # its answer stands; what came after it is told when the next request is made
        inbox.messages.put(message)
        if isinstance(message, Answer):
            self.has_answered = inbox.is_answered = True
        elif inbox.messages.qsize() > FLOOD:
            raise Fault(f"streams faster than it is read: more than {FLOOD} resources wait")

    def _fail(self, fault: Fault) -> None:
        """End the process and tell everybody who waits why nothing will come; a fresh process may answer them."""
        with self._lock:
            is_first, self._fault = self._fault is None, self._fault or fault
            self._tell_to_end(LAST_GRACE)
        self._ended.wait()
        if is_first:
            self._logger.warning("%s", fault.told(self._program))
        for inbox in list(self._inboxes.values()):
            inbox.messages.put(Fault(fault.what, fault.output, is_transient=True))

    def _pass_on(self) -> None:
        """Let one of the others who wait go on reading."""
        for follower in list(self._followers.values()):
            if follower.messages.empty():
                follower.messages.put(None)
                return

    # -- attending ---------------------------------------------------------------------------------------------------

    def _attend(self) -> None:
        """Hear what the program logs until it has ended, or has to."""
        self._hear_log()
        had_ended, status = self._child.has_ended, self._child.kill()
        self._log.read_rest(self._child.stderr)
        with self._lock:
            self.exit_status = status if had_ended else None
            self._ended.set()
            os.close(self._wake_reader)
            os.close(self._wake_writer)
        with self._reading, self._writing:
            self._is_closed = True
            self._child.close()

    def _hear_log(self) -> None:
        child = self._child
        with selectors.DefaultSelector() as selector:
            for source in (child.stderr, self._wake_reader, child.end):
                if source is not None:
                    selector.register(source, selectors.EVENT_READ)
            while (patience := self._patience()) > 0 and not child.has_ended:
                ready = {key.fd for key, _ in selector.select(patience)}
                if self._wake_reader in ready:
                    os.read(self._wake_reader, CHUNK)
                    with self._writing:
                        child.finish()
                if child.stderr in ready:
                    data = os.read(child.stderr, CHUNK)
                    self._log.feed(data)
                    if not data:
                        selector.unregister(child.stderr)

    def _patience(self) -> float:
        """Return how long nothing need be looked after, in seconds; zero or less when the time to end is over."""
        with self._lock:
            now = time.monotonic()
            if self._ends_at is None and not self._inboxes and now - self._idle_since >= self._program.idle:
                self._tell_to_end(GRACE)
            if self._ends_at is not None:
                return self._ends_at - now
            rest = self._program.idle if self._inboxes else self._idle_since + self._program.idle - now
            return max(rest, LOOK_EVERY)

    def _logger_of_now(self) -> logging.Logger:
        """Return the logger of the one request that is under way; where there are several, the program's own."""
        inboxes = list(self._inboxes.values())
        return inboxes[0].context.logger if len(inboxes) == 1 else self._logger
