"""Who asks, and whether that one may: a route says which scope it needs."""

import logging
from typing import Annotated

from fastapi import Security
from fastapi.params import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from provisioning.api.errors import MissingScope, Unauthorized
from provisioning.app import Scope, Tokens

__all__ = ["Access", "audit", "needs", "require"]

_AUDIT = logging.getLogger("provisioning.api.audit")
_BEARER = HTTPBearer(auto_error=False, description="A token that `provisioning token create` has printed.")


class Access:
    """Lets requests in: everybody where no token is needed, otherwise whose token holds and allows it."""

    def __init__(self, tokens: Tokens, *, is_required: bool) -> None:
        self._tokens = tokens
        self._is_required = is_required

    def check(self, text: str | None, scope: Scope) -> str:
        """Return who asks; raise `Unauthorized`, `MissingScope`. A token that is given is always looked at."""
        if text is None and not self._is_required:
            return "anybody on this machine"
        token = None if text is None else self._tokens.find(text)
        if token is None:
            reason = "a token is needed" if text is None else "the token is unknown, revoked or expired"
            raise Unauthorized(reason, hint="send `Authorization: Bearer TOKEN`; `provisioning token create` makes one")
        if not token.scope.includes(scope):
            raise MissingScope(f"token {token.id} allows {token.scope}, and this needs {scope}")
        return f"token {token.id} ({token.name})"


def needs(scope: Scope) -> Depends:
    """Return the dependency that lets only those in who may do what needs `scope`."""

    async def check(request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]) -> None:
        require(request, scope)

    return Depends(check)


def require(request: Request, scope: Scope) -> None:
    """Raise `Unauthorized` or `MissingScope` for a request that may not do what needs `scope`."""
    access: Access = request.app.state.access
    given = request.headers.get("authorization")
    scheme, _, text = (given or "").partition(" ")
    token = text.strip() if scheme.lower() == "bearer" else ""  # another scheme than Bearer proves nothing
    request.state.who = access.check(None if given is None else token, scope)


def audit(request: Request, what: str, workflow_id: str) -> None:
    """Write one line into the audit log: who changed what, by which request."""
    _AUDIT.info("%s: %s run %s (request %s)", request.state.who, what, workflow_id, request.state.request_id)
