"""The envelope of every reply: `{"status", "data", "metadata", "error"}`, the same as the command's JSON."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from provisioning._version import __version__
from provisioning.errors import ErrorInfo

__all__ = ["accepted", "error_body", "failed", "metadata", "reply"]


def reply(request: Request, data: Any, *, page: Mapping[str, Any] | None = None) -> Response:
    """Answer with `data`; `page` tells of the rest of a list, `{"next_cursor"}`."""
    return _json(200, {"status": "success", "data": data, "metadata": {**metadata(_id_of(request)), **(page or {})}})


def accepted(request: Request, data: Any, *, location: str) -> Response:
    """Answer that what was asked goes on, and where it can be watched."""
    body = {"status": "pending", "data": data, "metadata": metadata(_id_of(request))}
    return _json(202, body, {"Location": location})


def failed(request: Request, status: int, error: ErrorInfo, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with an error."""
    return _json(status, error_body(_id_of(request), error), headers)


def error_body(request_id: str, error: ErrorInfo) -> dict[str, Any]:
    """Return the envelope of an error; its hint, and whether trying again may help, stand in the details."""
    details = {
        **({"hint": error.hint} if error.hint else {}),
        **({"retryable": True} if error.retryable else {}),
        **error.details,
    }
    shown = {"code": error.code, "message": error.message, "details": details}
    return {"status": "error", "data": None, "metadata": metadata(request_id), "error": shown}


def metadata(request_id: str) -> dict[str, Any]:
    """Return when a reply was made, to which request, by which version."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"timestamp": now, "request_id": request_id, "version": __version__}


def _id_of(request: Request) -> str:
    found: str = request.state.request_id
    return found


def _json(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps({"error": None, **body}, ensure_ascii=False, separators=(",", ":"), default=str)
    content = text.encode("utf-8", "backslashreplace")
    return Response(content, status, dict(headers or {}), media_type="application/json")
