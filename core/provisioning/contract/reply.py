"""The envelope of every answer over HTTP, and of a command with `--output json`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from provisioning._version import __version__

__all__ = ["reply_document"]


def reply_document(
    data: Any, *, at: float, request_id: str, status: str = "success", error: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return `{"status", "data", "metadata", "error"}`, as `ReplyDocument` describes it.

    `at` is seconds since the epoch; `error` is an error's JSON form, `{"code", "message", ...}`.
    """
    return {
        "status": status,
        "data": data,
        "metadata": {
            "timestamp": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "request_id": request_id,
            "version": __version__,
        },
        "error": None if error is None else _error(error),
    }


def _error(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return the envelope's form of an error: its hint, and whether trying again may help, stand in the details."""
    extra = {name: error[name] for name in ("hint", "retryable") if error.get(name)}
    return {
        "code": error["code"],
        "message": error["message"],
        "details": {**extra, **(error.get("details") or {})},
    }
