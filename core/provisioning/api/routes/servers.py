"""Servers, as the clouds report them; they are changed by workflows."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from provisioning.api.access import needs
from provisioning.api.answers import answers
from provisioning.api.documents import PageReply, Reply, ServerDocument
from provisioning.api.envelope import reply
from provisioning.api.errors import InvalidParameter
from provisioning.api.routes.parts import TheApp, TheLimit
from provisioning.app import Scope

__all__ = ["router"]

router = APIRouter(tags=["servers"], dependencies=[needs(Scope.READ)])

Provider = Annotated[str | None, Query(description="Only this provider instance.")]


@router.get("/servers", responses=answers(PageReply[ServerDocument]))
def list_servers(
    request: Request,
    app: TheApp,
    provider: Provider = None,
    label: Annotated[list[str] | None, Query(description="KEY=VALUE: only servers with it; repeatable.")] = None,
    cursor: Annotated[int, Query(ge=0, lt=2**31, description="`next_cursor` of the page before.")] = 0,
    limit: TheLimit = 1000,
) -> Response:
    """List the servers of all providers, or of one; those too that somebody else made."""
    wanted = dict(map(_label, label or ()))
    found = list(islice(app.servers(provider, labels=wanted or None), cursor, cursor + limit + 1))
    more = str(cursor + limit) if len(found) > limit else None
    return reply(request, [server.as_dict() for server in found[:limit]], page={"next_cursor": more})


@router.get("/servers/{server_id}", responses=answers(Reply[ServerDocument]))
def get_server(request: Request, server_id: str, app: TheApp, provider: Provider = None) -> Response:
    """Return one server; without `provider` every one is asked for it."""
    return reply(request, app.get_server(server_id, provider=provider).as_dict())


def _label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise InvalidParameter(f"label: expected KEY=VALUE, got {text!r}")
    return key, value
