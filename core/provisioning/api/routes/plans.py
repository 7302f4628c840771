"""Plans: what a workflow would do, and its graph; nothing is changed."""

from typing import Annotated, Any, Literal

import anyio.to_thread
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from provisioning.api.access import needs
from provisioning.api.answers import answers
from provisioning.api.documents import GraphDocument, PlanDocument, Reply
from provisioning.api.envelope import reply
from provisioning.api.routes.parts import TheApp
from provisioning.api.submission import BODY, read_submission
from provisioning.app import App, Plan, Scope

__all__ = ["router"]

GraphFormat = Annotated[Literal["mermaid", "dot"], Query(description="The language of the graph.")]

router = APIRouter(tags=["plans"], dependencies=[needs(Scope.READ)])


@router.post("/workflows/plan", responses=answers(Reply[PlanDocument]), openapi_extra=BODY)
async def plan_workflow(
    request: Request,
    app: TheApp,
    *,
    prices: Annotated[bool, Query(description="Ask the clouds what the servers would cost.")] = False,
) -> Response:
    """Say what a workflow would do and how it would be undone, and what its servers would cost."""
    plan = await _planned(request, app)

    def describe() -> dict[str, Any]:
        return {**plan.as_dict(), "cost": app.cost(plan).as_dict() if prices else None}

    return reply(request, await anyio.to_thread.run_sync(describe))


@router.post("/workflows/graph", responses=answers(Reply[GraphDocument]), openapi_extra=BODY)
async def draw_workflow(
    request: Request, app: TheApp, form: Annotated[GraphFormat, Query(alias="format")] = "mermaid"
) -> Response:
    """Return the graph of a workflow for Mermaid or Graphviz."""
    return reply(request, _graph(await _planned(request, app), form))


@router.get("/workflows/{workflow_id}/graph", responses=answers(Reply[GraphDocument]))
def draw_run(
    request: Request, workflow_id: str, app: TheApp, form: Annotated[GraphFormat, Query(alias="format")] = "mermaid"
) -> Response:
    """Return the graph of a run for Mermaid or Graphviz."""
    return reply(request, _graph(app.run_plan(workflow_id), form))


async def _planned(request: Request, app: App) -> Plan:
    submission = await read_submission(request)
    return await anyio.to_thread.run_sync(lambda: app.plan(submission.document, **submission.options))


def _graph(plan: Plan, form: str) -> dict[str, str]:
    return {"format": form, "graph": plan.as_dot() if form == "dot" else plan.as_mermaid()}
