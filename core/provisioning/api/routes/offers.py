"""What the clouds offer."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from provisioning.api.access import needs
from provisioning.api.answers import answers
from provisioning.api.documents import OffersDocument, Reply
from provisioning.api.envelope import reply
from provisioning.api.routes.parts import TheApp
from provisioning.app import OfferKind, Scope

__all__ = ["router"]

router = APIRouter(tags=["providers"], dependencies=[needs(Scope.READ)])


@router.get("/offers/{kind}", responses=answers(Reply[OffersDocument]))
def list_offers(
    request: Request,
    kind: OfferKind,
    app: TheApp,
    provider: Annotated[str | None, Query(description="Only this provider instance.")] = None,
) -> Response:
    """List sizes with their prices, images or zones; a provider that cannot be asked hides nothing of the others."""
    return reply(request, app.offers(kind, provider).as_dict())
