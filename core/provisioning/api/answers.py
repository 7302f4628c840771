"""What a route says of its answers in the OpenAPI document."""

from typing import Any

from provisioning.api.documents import FailureReply

__all__ = ["answers"]

_REQUEST_ID = {"X-Request-ID": {"description": "The id of the request.", "schema": {"type": "string"}}}


def answers(model: Any, *, status: int = 200, text: str = "What was asked for.") -> dict[int | str, dict[str, Any]]:
    """Return the answers of a route: `model` when it went well, and errors in the envelope."""
    failure = {"model": FailureReply, "headers": _REQUEST_ID}
    return {
        status: {"model": model, "description": text, "headers": _REQUEST_ID},
        "4XX": {**failure, "description": "The request cannot be carried out."},
        "5XX": {**failure, "description": "The server, or a cloud that it asked, failed."},
    }
