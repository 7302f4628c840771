"""One request as the cloud's own log has it."""

from dataclasses import dataclass

__all__ = ["Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """A request that reached the cloud, or would have.

    `number` counts all requests from 1, `at` is in seconds by the cloud's clock. `acted` is whether the world is
    another one since, whatever was answered; `answer` is `done`, or the name of the error that the caller got. `began`
    is when its caller sent it: from then until `at` it was under way.
    """

    number: int
    at: float
    call: str
    token: str | None
    server_id: str | None
    acted: bool
    answer: str
    began: float = 0.0
