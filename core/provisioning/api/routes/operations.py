"""The operations of a run."""

from itertools import dropwhile, islice
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from provisioning.api.access import needs
from provisioning.api.answers import answers
from provisioning.api.documents import OperationDocument, PageReply
from provisioning.api.envelope import reply
from provisioning.api.routes.parts import TheApp, TheLimit
from provisioning.app import Scope
from provisioning.contract import OperationState

__all__ = ["router"]

router = APIRouter(tags=["operations"], dependencies=[needs(Scope.READ)])


@router.get("/workflows/{workflow_id}/operations", responses=answers(PageReply[OperationDocument]))
def list_operations(
    request: Request,
    workflow_id: str,
    app: TheApp,
    state: Annotated[OperationState | None, Query(description="Only operations in this state.")] = None,
    cursor: Annotated[int, Query(ge=0, lt=2**31, description="`next_cursor` of the page before.")] = 0,
    limit: TheLimit = 100,
) -> Response:
    """List the operations that have begun, in the order in which they did."""
    rest = dropwhile(lambda record: record.position < cursor, app.operations(workflow_id))
    wanted = (record for record in rest if state in (None, record.state))
    found = list(islice(wanted, limit + 1))
    more = str(found[limit].position) if len(found) > limit else None
    return reply(request, [record.as_dict() for record in found[:limit]], page={"next_cursor": more})
