"""A program that is kept open: requests go in as lines, and answers come out in any order.

One process at a time takes new requests. It is started when it is first needed, and again after it has died, after a
delay that doubles as long as it dies without having answered anything. One that left somebody without a good answer in
time gets no new requests, and is ended as soon as the others have theirs; so is one that has nothing to do for a while.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import TypeVar

from provisioning.bridge.child import LOOK_EVERY
from provisioning.bridge.fault import Fault
from provisioning.bridge.program import Program
from provisioning.bridge.request import Request
from provisioning.bridge.response import Answer, Message, heard
from provisioning.bridge.session import Session
from provisioning.bridge.surroundings import state_directory
from provisioning.contract import OperationContext
from provisioning.retry import RetryPolicy

__all__ = ["KeptOpen"]

T = TypeVar("T")

BACK_OFF = RetryPolicy(attempts=2**31, initial_delay=0.1, max_delay=10.0)
"""How long to wait before a program that has died is started again."""


class KeptOpen:
    """Keeps one process of a program and shares it among all threads; safe to use from any of them."""

    def __init__(
        self,
        program: Program,
        *,
        back_off: RetryPolicy = BACK_OFF,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._program = program
        self._state = str(state_directory(program.extension))
        self._back_off = back_off
        self._clock = clock
        self._chance = chance
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._retired: list[Session] = []
        self._numbers = count(1)
        self._failures = 0
        self._not_before = 0.0

    def exchange(self, request: Request, context: OperationContext, read: Callable[[Message], T]) -> Iterator[T]:
        """Yield what `read` makes of the resources of a stream as they come, then of the answer.

        Raises `Fault`, and as `context.check`. Leaving early gives the request up.
        """
        session, request_id = self._begin(request, context)
        is_answered = False
        silent_since = context.clock()
        try:
            while not is_answered:
                context.check()
                message = session.next_message(request_id, _patience(context))
                if message is not None:
                    is_answered = isinstance(message, Answer)
                    yield heard(message, request.operation, read)
                    silent_since = context.clock()
                else:
                    self._check_silence(context.clock() - silent_since)
        except Fault as fault:
            is_answered = False
            raise fault.ended(session.exit_status, session.last_words) from fault.__cause__
        finally:
            if not is_answered:
                self._retire(session)
            session.forget(request_id)

    def close(self) -> None:
        """End the process; what is still asked of it fails."""
        with self._lock:
            sessions = [*self._retired, *([] if self._session is None else [self._session])]
            self._session, self._retired = None, []
        for session in sessions:
            session.close()

    def _begin(self, request: Request, context: OperationContext) -> tuple[Session, str]:
        while True:
            session = self._opened(context)
            request_id = f"r{next(self._numbers)}"
            line = request.line(request_id, self._program.extension, self._state, context)
            try:
                if session.begin(request_id, line, context):
                    return session, request_id
            except Fault as fault:
                self._retire(session)
                session.forget(request_id)
                raise fault.ended(session.exit_status, session.last_words) from fault.__cause__
            context.check()

    def _opened(self, context: OperationContext) -> Session:
        """Return the process that takes new requests; wait before one that died is started again."""
        session = self._session
        if session is not None and session.is_open:
            return session
        while (delay := self._delay()) > 0:
            context.check()
            context.cancellation.wait(min(delay, LOOK_EVERY))
        with self._lock:
            if self._session is None:
                self._session = Session(self._program)
            return self._session

    def _delay(self) -> float:
        """Let go of a process that takes no more requests, and return how long to wait before there is another one."""
        with self._lock:
            session = self._session
            if session is not None and session.is_open:
                return 0.0
            if session is not None:
                self._note_end(session)
            return self._not_before - self._clock()

    def _note_end(self, session: Session) -> None:
        self._session = None
        self._retired = [one for one in (*self._retired, session) if not one.has_ended]
        if session.has_died:
            self._failures = 1 if session.has_answered else self._failures + 1
            self._not_before = self._clock() + (self._back_off.delay(self._failures, self._chance) or 0.0)
        else:
            self._failures, self._not_before = 0, 0.0

    def _check_silence(self, seconds: float) -> None:
        if seconds > self._program.timeout:
            raise Fault(f"did not answer within {self._program.timeout:g} seconds", is_transient=True)

    def _retire(self, session: Session) -> None:
        session.retire()
        with self._lock:
            if self._session is session:
                self._note_end(session)


def _patience(context: OperationContext) -> float:
    remaining = context.remaining
    return LOOK_EVERY if remaining is None else min(LOOK_EVERY, remaining)
