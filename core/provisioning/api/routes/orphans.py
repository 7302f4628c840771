"""What carries our labels and no run knows."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from provisioning.api.access import needs
from provisioning.api.answers import answers
from provisioning.api.documents import OrphansDocument, Reply
from provisioning.api.envelope import reply
from provisioning.api.routes.parts import TheApp
from provisioning.app import Scope

__all__ = ["router"]

router = APIRouter(tags=["servers"], dependencies=[needs(Scope.READ)])


@router.get("/orphans", responses=answers(Reply[OrphansDocument]))
def list_orphans(
    request: Request,
    app: TheApp,
    provider: Annotated[str | None, Query(description="Only this provider instance.")] = None,
    older_than: Annotated[
        float, Query(ge=0, le=1e9, description="Only what is of at least this age, in seconds.")
    ] = 600,
) -> Response:
    """List what no run accounts for, and the providers that could not be asked; nothing is touched."""
    report = app.orphans(provider, older_than=older_than)
    data = {
        "asked": report.asked,
        "strays": [stray.as_dict() for stray in report.strays],
        "failures": {name: error.as_dict() for name, error in report.failures.items()},
    }
    return reply(request, data)
