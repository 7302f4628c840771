"""What the cloud of an author's tests can do to a provider, so that it can be seen how that behaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["Trouble"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Powers over the cloud of the tests: a fake has most of them, a proxy before a real one some.

    Each is None where the cloud cannot do it; contracts that need it are not applicable then. Each does its deed once,
    with the next request that it concerns, and returns at once.
    """

    lose_reply: Callable[[], object] | None = None
    """Let the cloud create the next server and hang up instead of answering."""
    hold_reply: Callable[[], object] | None = None
    """Let the cloud create the next server and not answer for a minute at least."""
    throttle: Callable[[float], bool | None] | None = None
    """Refuse the next request, as there are too many, to be sent again after so many seconds.

    Returns False when the cloud does not say when.
    """
    break_down: Callable[[], object] | None = None
    """Answer the next request with an error of the cloud's own."""
    hang: Callable[[], object] | None = None
    """Do not answer the next request for a minute at least."""
    show_state: Callable[[str], object] | None = None
    """Show the server of an id in a state that nobody has heard of."""
    fill: Callable[[int, Mapping[str, str]], object] | None = None
    """Let there be so many servers with these labels, at once and for nothing; what it returns, when it can be called,
    takes them away again."""
    count_requests: Callable[[], int] | None = None
    """How many requests the cloud has had; with `fill`, it is seen whether a listing is lazy."""
    impatient: Mapping[str, object] | None = None
    """The provider's own keys with its shortest time-out: `hang` needs it."""
