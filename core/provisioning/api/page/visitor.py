"""Who looks at the page: a browser cannot send a bearer token by itself, so a cookie of the session brings it.

The cookie opens nothing but the page: the API takes bearer tokens only, so no other site can use it there. It is looked
at with each request, as any token, and a form is taken only from the server's own pages.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi.params import Depends
from starlette.requests import Request
from starlette.responses import Response

from provisioning.api.access import Access
from provisioning.api.errors import ForbiddenOrigin, MissingScope, Unauthorized
from provisioning.api.settings import ApiSettings
from provisioning.app import Scope

__all__ = ["COOKIE", "Visitor", "admit", "check_own", "forget", "looks", "remember"]

COOKIE = "provisioning_token"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever looks: as the audit log calls them, whether they may change runs, and whether they could sign out."""

    who: str
    may_run: bool
    is_signed_in: bool


def looks(scope: Scope) -> Depends:
    """Return the dependency of a page: only those come in who may do what needs `scope`."""

    async def check(request: Request) -> None:
        if request.method == "POST":
            check_own(request)
        request.state.visitor = admit(request, request.cookies.get(COOKIE), scope)
        request.state.who = request.state.visitor.who

    return Depends(check)


def admit(request: Request, token: str | None, scope: Scope) -> Visitor:
    """Return who comes with a token; raise `Unauthorized` or `MissingScope`."""
    access: Access = request.app.state.access
    settings: ApiSettings = request.app.state.settings
    try:
        who = access.check(token, scope)
    except Unauthorized:
        if settings.needs_token:
            raise
        token, who = None, access.check(None, scope)  # a cookie of yesterday keeps nobody out who needs none
    try:
        access.check(token, Scope.RUN)
    except MissingScope:
        return Visitor(who, may_run=False, is_signed_in=True)
    return Visitor(who, may_run=True, is_signed_in=token is not None)


def remember(request: Request, response: Response, token: str) -> None:
    """Let the browser send a token until it is closed; no script can read it, and no other site's page sends it."""
    settings: ApiSettings = request.app.state.settings
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=settings.scheme == "https")


def forget(response: Response) -> None:
    """Let the browser forget the token."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def check_own(request: Request) -> None:
    """Raise `ForbiddenOrigin` for a form that does not come from a page of this server; every browser says so."""
    origin = request.headers.get("origin", "")
    if urlsplit(origin).netloc != request.headers.get("host"):
        raise ForbiddenOrigin(
            "this form did not come from a page of this server", hint="open the page and send it there"
        )
