"""A call that is given up after a time: whatever is called may hang, and nobody waits for it for ever."""

import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["CallFailed", "NotInTime", "within"]

T = TypeVar("T")


class NotInTime(Exception):
    """The call has not ended; its thread is left behind."""


class CallFailed(Exception):
    """The call raised `error`, which may be anything: a `KeyboardInterrupt` of its own is not the user's."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


def within(seconds: float, call: Callable[[], T], name: str) -> T:
    """Return what a call returns, made in a thread of its own; raise `CallFailed` or `NotInTime`."""
    answer: list[T] = []
    errors: list[BaseException] = []

    def make() -> None:
        try:
            answer.append(call())
        except BaseException as error:  # noqa: BLE001 - it is told where somebody waits
            errors.append(error)

    thread = threading.Thread(target=make, name=name, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise CallFailed(errors[0]) from errors[0]
    if not answer:
        raise NotInTime
    return answer[0]
