"""Runs of workflows: submitted, listed, looked at, resumed, undone and cancelled."""

from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from provisioning.api.access import needs
from provisioning.api.answers import answers
from provisioning.api.changes import cancel, resume, roll_back, submit
from provisioning.api.documents import (
    Acceptance,
    PageReply,
    PendingReply,
    Reply,
    ReportDocument,
    RunDocument,
    StatusDocument,
)
from provisioning.api.envelope import accepted, reply
from provisioning.api.routes.parts import TheApp, TheLimit
from provisioning.api.submission import BODY, read_submission
from provisioning.app import Scope
from provisioning.contract import RunRecord, RunState

__all__ = ["router"]

_PENDING = answers(PendingReply[Acceptance], status=202, text="It goes on.")
_READ = [needs(Scope.READ)]
_RUN = [needs(Scope.RUN)]

router = APIRouter(tags=["workflows"])


@router.get("/workflows", responses=answers(PageReply[RunDocument]), dependencies=_READ)
def list_runs(
    request: Request,
    app: TheApp,
    state: Annotated[RunState | None, Query(description="Only runs in this state.")] = None,
    name: Annotated[str | None, Query(description="Only runs of workflows of this name.")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    limit: TheLimit = 50,
) -> Response:
    """List the runs, the newest first."""
    if cursor is not None:
        app.journal.get_run(cursor)
    runs = app.runs(limit=limit + 1, state=state, name=name, before=cursor)
    shown = runs[:limit]
    more = shown[-1].workflow_id if len(runs) > limit else None
    return reply(request, [run.as_dict() for run in shown], page={"next_cursor": more})


@router.post("/workflows", status_code=202, responses=_PENDING, dependencies=_RUN, openapi_extra=BODY)
@router.post("/workflows/submit", status_code=202, responses=_PENDING, dependencies=_RUN, openapi_extra=BODY)
async def submit_workflow(
    request: Request,
    idempotency_key: Annotated[str | None, Header(description="The same key again is the same run.")] = None,
) -> Response:
    """Submit a workflow; the answer comes when its run is durable.

    The same document under the same `workflow_id` or `Idempotency-Key` again is the same run, another one a conflict.
    A run that was interrupted goes on; one that has ended stays as it is.
    """
    submission = (await read_submission(request)).under(idempotency_key)
    return _accepted(request, await anyio.to_thread.run_sync(submit, request, submission))


@router.get("/workflows/{workflow_id}", responses=answers(Reply[ReportDocument]), dependencies=_READ)
def get_run(request: Request, workflow_id: str, app: TheApp) -> Response:
    """Return one run as a whole: its state, its counts, its outputs, what failed and what is left."""
    return reply(request, app.status(workflow_id).as_dict())


@router.get("/workflows/{workflow_id}/record", responses=answers(Reply[RunDocument]), dependencies=_READ)
def get_record(request: Request, workflow_id: str, app: TheApp) -> Response:
    """Return one run as the list shows it: who drives it, and whether somebody asked it to stop."""
    return reply(request, app.journal.get_run(workflow_id).as_dict())


@router.get("/workflows/{workflow_id}/status", responses=answers(Reply[StatusDocument]), dependencies=_READ)
def get_status(request: Request, workflow_id: str, app: TheApp) -> Response:
    """Say how far a run is: its report, and its checkpoint."""
    report, checkpoint = app.status(workflow_id), app.checkpoint(workflow_id)
    return reply(request, {"run": report.as_dict(), "checkpoint": checkpoint.as_dict()})


@router.delete("/workflows/{workflow_id}", status_code=202, responses=_PENDING, dependencies=_RUN)
@router.post("/workflows/{workflow_id}/cancel", status_code=202, responses=_PENDING, dependencies=_RUN)
def cancel_run(
    request: Request,
    workflow_id: str,
    *,
    rollback: Annotated[bool, Query(description="Undo what the run did, too.")] = False,
) -> Response:
    """Ask a run to stop, wherever it is driven from; the journal keeps what it did."""
    return _accepted(request, cancel(request, workflow_id, rollback=rollback))


@router.post("/workflows/{workflow_id}/resume", status_code=202, responses=_PENDING, dependencies=_RUN)
def resume_run(request: Request, workflow_id: str) -> Response:
    """Go on with a run that was cut off, interrupted or stopped by a failure."""
    return _accepted(request, resume(request, workflow_id))


@router.post("/workflows/{workflow_id}/rollback", status_code=202, responses=_PENDING, dependencies=_RUN)
def roll_back_run(
    request: Request,
    workflow_id: str,
    *,
    skip: Annotated[list[str] | None, Query(description="Leave this operation as it is; repeatable.")] = None,
    retry: Annotated[bool, Query(description="Try again what a rollback could not undo.")] = False,
) -> Response:
    """Undo what a run did, the newest first; may be repeated until it succeeds."""
    return _accepted(request, roll_back(request, workflow_id, skip=skip or (), retry=retry))


def _accepted(request: Request, run: RunRecord) -> Response:
    data = {"workflow_id": run.workflow_id, "run": run.as_dict()}
    return accepted(request, data, location=f"/workflows/{run.workflow_id}")
