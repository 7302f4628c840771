"""The extensions that were found, and the templates that they bring."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from provisioning.api.access import needs
from provisioning.api.answers import answers
from provisioning.api.documents import ExtensionDocument, Reply, TemplateDocument
from provisioning.api.envelope import reply
from provisioning.api.routes.parts import TheApp
from provisioning.app import Scope

__all__ = ["router"]

router = APIRouter(tags=["extensions"], dependencies=[needs(Scope.READ)])


@router.get("/extensions", responses=answers(Reply[list[ExtensionDocument]]))
def list_extensions(
    request: Request,
    app: TheApp,
    status: Annotated[str | None, Query(description="Only extensions with this status.")] = None,
) -> Response:
    """List all extensions, with what is wrong with each."""
    found = [record for record in app.found_extensions() if status in (None, record["status"])]
    return reply(request, found)


@router.get("/extensions/{name}", responses=answers(Reply[list[ExtensionDocument]]))
def get_extension(request: Request, name: str, app: TheApp) -> Response:
    """Return every extension of a name."""
    return reply(request, [record.as_dict() for record in app.registry.named(name)])


@router.get("/templates", responses=answers(Reply[list[TemplateDocument]]))
def list_templates(request: Request, app: TheApp) -> Response:
    """List the workflow templates that extensions bring."""
    return reply(request, [template.as_dict() for template in app.templates()])
