"""The courier: carries messages to their receiver in a thread of its own, so that whoever hands them over goes on."""

import logging
import random
import threading
from collections import deque
from collections.abc import Callable

from .endpoint import Reply
from .message import Message
from .pace import Pace

__all__ = ["Courier"]


class Courier:
    """Delivers in order, one at a time. The thread begins with the first message.

    At most `capacity` messages wait; when there are more the oldest is dropped, because how a run ended says more than
    how it began. `sleep(wake, seconds)` waits until the event `wake` is set, `chance()` is from 0 to 1. `receiver` is
    what the log calls the receiver: its first failure and its losses are logged, the failures between are counted.
    """

    def __init__(
        self,
        post: Callable[[Message], Reply],
        receiver: str,
        logger: logging.Logger,
        *,
        pace: Pace,
        capacity: int,
        sleep: Callable[[threading.Event, float], object] = threading.Event.wait,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._post = post
        self._receiver = receiver
        self._logger = logger
        self._pace = pace
        self._sleep = sleep
        self._chance = chance
        self._capacity = capacity
        self._queue: deque[Message] = deque()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._given_up = threading.Event()
        self._thread: threading.Thread | None = None
        self._under_way = 0
        self._failed = 0
        self._dropped = 0

    def send(self, message: Message) -> None:
        """Take a message over. Returns at once; after `close` it drops the message."""
        with self._changed:
            if self._closing.is_set():
                self._dropped += 1
                return
            if len(self._queue) >= self._capacity:
                self._queue.popleft()
                self._dropped += 1
            self._queue.append(message)
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="webhook-notify", daemon=True)
                self._thread.start()

    def close(self, patience: float) -> None:
        """Deliver what is left, retries included, for at most `patience` seconds; then log what was lost."""
        with self._changed:
            self._closing.set()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(patience)
        self._given_up.set()
        with self._changed:
            left = len(self._queue) + self._under_way
            self._queue.clear()
        self._tell_losses(left)

    def _tell_losses(self, left: int) -> None:
        losses = {
            "could not be delivered": self._failed,
            "were dropped because too many were waiting": self._dropped,
            "were not delivered before the end": left,
        }
        for what, count in losses.items():
            if count:
                self._logger.warning("events for %s that %s: %d", self._receiver, what, count)

    # -- in its own thread ---------------------------------------------------------------------------------------

    def _work(self) -> None:
        while (message := self._next()) is not None:
            try:
                self._deliver(message)
            except Exception as error:  # noqa: BLE001 - the messages behind it are still to be delivered
                self._fail(message, type(error).__name__, 1)
            with self._changed:
                self._under_way = 0

    def _next(self) -> Message | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing.is_set())
            if self._given_up.is_set() or not self._queue:
                return None
            self._under_way = 1
            return self._queue.popleft()

    def _deliver(self, message: Message) -> None:
        for attempt in range(1, self._pace.attempts + 1):
            reply = self._post(message)
            if reply.is_delivered or self._given_up.is_set():
                return
            if not reply.may_retry or attempt == self._pace.attempts:
                self._fail(message, reply.why, attempt)
                return
            self._pause(self._pace.delay(attempt, self._chance(), reply.retry_after))
            if self._given_up.is_set():
                return

    def _pause(self, seconds: float) -> None:
        """Wait; the beginning of the end cuts it short once, so that what waits is tried while there is time."""
        self._sleep(self._given_up if self._closing.is_set() else self._closing, seconds)

    def _fail(self, message: Message, why: str, attempts: int) -> None:
        self._failed += 1
        if self._failed == 1:
            self._logger.warning(
                "the event %s could not be delivered to %s: %s (attempts: %d); further failures are counted",
                message.event,
                self._receiver,
                why,
                attempts,
            )
