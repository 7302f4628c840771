"""How a request fails: any exception becomes one error in the envelope, with the status that its class declares."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from provisioning.api.envelope import failed
from provisioning.api.errors import HttpRefusal, InvalidParameter, RequestError
from provisioning.api.hiding import hidden
from provisioning.api.page import fail, is_of_page
from provisioning.app import App
from provisioning.errors import ErrorInfo, ProvisioningError

__all__ = ["INTERNAL", "answer_failures"]

INTERNAL = ErrorInfo(
    "InternalError", "the server failed at this request", "its log has the reason, under the request's id"
)


def answer_failures(api: FastAPI, app: App) -> None:
    """Let every error that a route or the framework raises be answered in the envelope or as a page, secrets hidden."""

    def answer(request: Request, error: ProvisioningError) -> Response:
        info = hidden(app, error)
        headers = error.headers if isinstance(error, RequestError | HttpRefusal) else None
        status = error.status if isinstance(error, HttpRefusal) else error.http_status
        return fail(request, status, info) if is_of_page(request) else failed(request, status, info, headers)

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, ProvisioningError)  # noqa: S101 - it is registered for nothing else
        return answer(request, error)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as above
        return answer(request, _refusal(request, error))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
        return answer(request, _invalid(error))

    api.add_exception_handler(ProvisioningError, ours)
    api.add_exception_handler(HTTPException, refused)
    api.add_exception_handler(RequestValidationError, invalid)


def _refusal(request: Request, error: HTTPException) -> HttpRefusal:
    path, headers = request.url.path, dict(error.headers or {})
    if error.status_code == 404:
        return HttpRefusal(404, f"there is nothing at {path}", headers, hint="/openapi.json lists what there is")
    if error.status_code == 405:
        allowed = headers.get("Allow", "")
        return HttpRefusal(405, f"{path} has no {request.method}", headers, hint=f"it has: {allowed}")
    return HttpRefusal(error.status_code, str(error.detail), headers)


def _invalid(error: RequestValidationError) -> InvalidParameter:
    problems = [
        {"key": ".".join(str(part) for part in one["loc"]), "message": str(one["msg"])} for one in error.errors()
    ]
    message = "; ".join(f"{problem['key']}: {problem['message']}" for problem in problems)
    return InvalidParameter(message, details={"problems": problems})
