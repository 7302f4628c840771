"""What every form of progress can do: be fed the events of one run, and say a word to people in between."""

from types import TracebackType
from typing import Protocol, Self

from provisioning.contract import Event

__all__ = ["Progress"]


class Progress(Protocol):
    """One way to watch a run; it is entered before the first event and left after the last."""

    def __enter__(self) -> Self:
        """Take the screen, where there is one."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the screen back."""
        ...

    def show(self, event: Event) -> None:
        """Show one event."""
        ...

    def say(self, text: str) -> None:
        """Tell people something on stderr; may be called from any thread."""
        ...
