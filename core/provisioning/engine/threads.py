"""The default engine: daemon threads in this process, fed from one queue and answering into another.

Both queues are `queue.SimpleQueue`: a put never blocks and is reentrant, so that a signal handler may wake the
driver. Who owns a job is decided by who takes its ticket out of a dict, which one thread alone can do: a worker that
begins it, a worker that ends it, or a driver that abandons it. So the workers share no lock and no counter.
"""

import threading
from collections.abc import Mapping, Sequence
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

from provisioning.contract import Cancellation, Execute, Finished, Job, Noted
from provisioning.errors import RunInterrupted

__all__ = ["ThreadEngine"]

MOST_ANSWERS = 1000
"""How many answers one `collect` returns at most, so that a turn of the driver stays short."""

MOST_NOTES = 256
"""How many notes may wait to be collected; a job that writes faster than the journal takes it is held up."""

LOOK_EVERY = 0.5
"""How often a job that is held up looks whether anybody collects its notes still, in seconds."""


class ThreadEngine:
    """Runs jobs in up to `capacity` threads, started as they are needed.

    `execute(job, cancellation, note)` makes the call in a worker thread; what it returns or raises, `SystemExit` and
    `KeyboardInterrupt` too, becomes the job's `Finished`. Its `note(kind, data)` becomes a `Noted`, always before the
    `Finished`; a note after the end of its job is dropped, and `note` waits while too many are on their way, so that
    they need no more memory than those. All methods but `wake` belong to one thread.
    """

    def __init__(self, execute: Execute, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"an engine's capacity must be 1 or more, not {capacity}")
        self._execute = execute
        self._capacity = capacity
        self._jobs: SimpleQueue[tuple[Job, Cancellation] | None] = SimpleQueue()
        self._answers: SimpleQueue[Finished | Noted | None] = SimpleQueue()
        self._waiting: dict[int, bool] = {}
        self._running: dict[int, bool] = {}
        self._open: dict[int, Cancellation] = {}
        self._abandoned: set[int] = set()
        self._withdrawn: set[int] = set()
        self._threads = 0
        self._names = count(1)
        self._note_room = threading.Semaphore(MOST_NOTES)
        self._is_closed = False

    @property
    def capacity(self) -> int:
        """How many jobs run at once."""
        return self._capacity

    def submit(self, job: Job) -> None:
        """Start a job, now or as soon as a thread is free. Raises `RuntimeError` after `close`."""
        if self._is_closed:
            raise RuntimeError("the engine is closed and takes no more jobs")
        cancellation = Cancellation()
        self._open[job.ticket] = cancellation
        self._waiting[job.ticket] = True
        self._jobs.put((job, cancellation))
        self._grow(len(self._open) - len(self._abandoned))

    def collect(self, timeout: float | None) -> Sequence[Finished | Noted]:
        """Return what has happened, in order; wait for the first at most `timeout` seconds (None: for ever)."""
        patience = None if timeout is None else min(max(timeout, 0.0), threading.TIMEOUT_MAX)
        try:
            answers = [self._answers.get(timeout=patience)]
        except Empty:
            return []
        more = min(self._answers.qsize(), MOST_ANSWERS - 1)
        answers.extend(self._answers.get() for _ in range(more))
        return [answer for answer in answers if answer is not None and self._is_news(answer)]

    def _is_news(self, answer: Finished | Noted) -> bool:
        if isinstance(answer, Noted):
            self._note_room.release()
            return answer.ticket in self._open
        self._abandoned.discard(answer.ticket)
        return self._open.pop(answer.ticket, None) is not None

    def _not_begun(self, job: Job) -> Finished:
        return Finished(job.ticket, is_withdrawn=True) if job.ticket in self._withdrawn else _given_up(job)

    def wake(self) -> None:
        """Let `collect` return at once; may be called from any thread and from a signal handler."""
        self._answers.put(None)

    def cancel(self, ticket: int) -> None:
        """Set the cancellation that the job was handed; it still answers. One that has answered is left in peace."""
        cancellation = self._open.get(ticket)
        if cancellation is not None:
            cancellation.cancel()

    def abandon(self, ticket: int) -> None:
        """Stop waiting for a job: its thread ends with it, and another one takes the thread's place.

        A job that had not begun never does, and answers with `RunInterrupted`.
        """
        begun = self._waiting.pop(ticket, None) is None
        if begun and self._running.pop(ticket, None) is not None:
            self._abandoned.add(ticket)
            self._threads -= 1
            self._grow(len(self._open) - len(self._abandoned))

    def drain(self) -> None:
        """Begin no job any more that waits for a thread: each of these answers that it is withdrawn."""
        for ticket in list(self._waiting):
            if self._waiting.pop(ticket, None) is not None:
                self._withdrawn.add(ticket)

    def close(self) -> None:
        """End the threads that are idle, and the others as soon as they are; waits for none. May be called again."""
        self._is_closed = True
        self._waiting.clear()
        for _ in range(self._threads):
            self._jobs.put(None)
        self._threads = 0

    def _grow(self, wanted: int) -> None:
        """Start a thread if fewer run than are wanted and allowed. Without room for it in the system, fewer do."""
        if self._threads >= min(wanted, self._capacity):
            return
        thread = threading.Thread(target=self._work, name=f"provisioning-engine-{next(self._names)}", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            if not self._threads:
                raise
        else:
            self._threads += 1

    def _work(self) -> None:
        """Carry out jobs, one after another, until told to end or abandoned with one."""
        while (task := self._jobs.get()) is not None:
            job, cancellation = task
            self._running[job.ticket] = True
            if self._waiting.pop(job.ticket, None) is None:
                self._running.pop(job.ticket)
                self._answers.put(self._not_begun(job))
                continue
            answer = self._carry_out(job, cancellation)
            is_mine = self._running.pop(job.ticket, None) is not None
            self._answers.put(answer)
            del task, job, cancellation, answer
            if not is_mine:
                return

    def _carry_out(self, job: Job, cancellation: Cancellation) -> Finished:
        ticket, answers = job.ticket, self._answers

        def note(kind: str, data: Mapping[str, Any]) -> None:
            while not self._note_room.acquire(timeout=LOOK_EVERY):
                if self._is_closed:
                    return
            answers.put(Noted(ticket, kind, data))

        try:
            return Finished(ticket, self._execute(job, cancellation, note))
        except BaseException as error:  # noqa: BLE001 - whatever a call raises is its answer
            return Finished(ticket, None, error)


def _given_up(job: Job) -> Finished:
    operation = job.operation
    error = RunInterrupted(f"operation {operation.id} was given up before it began", workflow_id=operation.workflow_id)
    return Finished(job.ticket, None, error)
