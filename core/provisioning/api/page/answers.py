"""What the page answers when something is refused: an error is a page, too, with its code and its hint."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from provisioning.api.page.rendering import render
from provisioning.errors import ErrorInfo

__all__ = ["fail", "is_of_page"]


def is_of_page(request: Request) -> bool:
    """Whether a browser asked for a page, and not a program for the API."""
    return request.url.path == "/" or request.url.path.startswith("/ui/")


def fail(request: Request, status: int, error: ErrorInfo) -> Response:
    """Return the page of an error; whoever is not let in is led to where one signs in."""
    if status == 401 and request.url.path != "/ui/sign-in":
        return RedirectResponse("/ui/sign-in", 303)
    return render(request, "error.html", status=status, error=error, problems=error.details.get("problems", ()))
