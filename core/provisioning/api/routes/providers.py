"""The configured provider instances."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from provisioning.api.access import needs
from provisioning.api.answers import answers
from provisioning.api.documents import ProviderCheck, ProviderDocument, Reply
from provisioning.api.envelope import reply
from provisioning.api.routes.parts import TheApp
from provisioning.app import Scope

__all__ = ["router"]

router = APIRouter(tags=["providers"], dependencies=[needs(Scope.READ)])


@router.get("/providers", responses=answers(Reply[list[ProviderDocument]]))
def list_providers(request: Request, app: TheApp) -> Response:
    """List the providers and whether they can be used; no cloud is asked."""
    return reply(request, [provider.as_dict() for provider in app.providers()])


@router.get("/providers/{name}/check", responses=answers(Reply[ProviderCheck]))
def check_provider(request: Request, name: str, app: TheApp) -> Response:
    """Ask a provider whether its cloud answers."""
    return reply(request, {"name": name, **app.check_provider(name).as_dict()})
