"""The pages, and the forms on them; what a browser follows live, too."""

from typing import Annotated
from urllib.parse import quote

import anyio.to_thread
from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from provisioning.api import changes
from provisioning.api.errors import Unauthorized
from provisioning.api.hiding import hidden
from provisioning.api.page.cloud_view import view_clouds
from provisioning.api.page.figure import draw_figure
from provisioning.api.page.following import PageEvents
from provisioning.api.page.forms import read_form, submission_of
from provisioning.api.page.rendering import render
from provisioning.api.page.run_view import view_run
from provisioning.api.page.visitor import admit, check_own, forget, looks, remember
from provisioning.api.routes.parts import TheApp, TheFeed, TheSettings
from provisioning.api.stream import Stream
from provisioning.app import App, Scope
from provisioning.contract import RunState
from provisioning.errors import ProvisioningError
from provisioning.narrative.events import event_line

__all__ = ["router"]

_READ = [looks(Scope.READ)]
_RUN = [looks(Scope.RUN)]
_RUNS = 50
_LINES = 500
_EMPTY = {
    "document": """name = "hello"

[[operations]]
id = "greet"
kind = "command"
parameters = { command = ["echo", "hello"] }
""",
    "format": "toml",
    "template": "",
    "workflow_id": "",
}
"""The form as nobody has filled it in yet."""

router = APIRouter(include_in_schema=False)

LastEventId = Annotated[int, Header(ge=0, lt=2**63)]


@router.get("/", dependencies=_READ)
def show_runs(request: Request, app: TheApp, state: str = "", name: str = "", before: str = "") -> Response:
    """Show the runs, the newest first."""
    if before:
        app.record(before)
    runs = app.runs(limit=_RUNS + 1, state=state or None, name=name or None, before=before or None)
    return render(
        request,
        "runs.html",
        runs=runs[:_RUNS],
        more=runs[_RUNS - 1].workflow_id if len(runs) > _RUNS else None,
        states=list(RunState),
        counts=app.journal.count_runs(),
        chosen={"state": state, "name": name, "before": before},
        after=app.journal.last_sequence(),
    )


@router.get("/ui/runs/{workflow_id}", dependencies=_READ)
def show_run(request: Request, workflow_id: str, app: TheApp) -> Response:
    """Show one run: its state, its graph, its timeline, its operations, its log."""
    newest = app.journal.last_sequence()  # before anything is read: what comes later is followed from here
    view = view_run(app, workflow_id)
    events = list(app.events(workflow_id, newest=_LINES))
    return render(
        request,
        "run.html",
        view=view,
        figure=None if view.plan is None else draw_figure(view.plan),
        log=[event_line(event) for event in events],
        earlier=view.run.events - len(events),
        after=max([newest, *(event.sequence for event in events)]),
    )


@router.get("/ui/runs/{workflow_id}/now", dependencies=_READ)
def show_run_now(request: Request, workflow_id: str, app: TheApp) -> Response:
    """Show what of a run's page changes as it goes on."""
    return render(request, "_now.html", view=view_run(app, workflow_id))


@router.get("/ui/runs/{workflow_id}/events", dependencies=_READ)
async def follow_run(
    workflow_id: str,
    app: TheApp,
    feed: TheFeed,
    settings: TheSettings,
    after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    last_event_id: LastEventId = 0,
) -> Response:
    """Stream what happens in a run; without an end, as a run that is over may be taken up again."""
    await anyio.to_thread.run_sync(app.record, workflow_id)
    return _stream(feed, settings.heartbeat, settings.max_lag, workflow_id, max(after, last_event_id))


@router.get("/ui/events", dependencies=_READ)
async def follow_all(
    feed: TheFeed,
    settings: TheSettings,
    after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    last_event_id: LastEventId = 0,
) -> Response:
    """Stream what happens in all runs."""
    return _stream(feed, settings.heartbeat, settings.max_lag, None, max(after, last_event_id))


def _stream(feed: TheFeed, heartbeat: float, max_lag: int, workflow_id: str | None, after: int) -> Response:
    stream = Stream(
        feed=feed,
        form=PageEvents(),
        workflow_id=workflow_id,
        after=after,
        is_over=lambda: False,
        heartbeat=heartbeat,
        max_lag=max_lag,
    )
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(stream.chunks(), media_type=PageEvents.media_type, headers=headers)


@router.post("/ui/runs/{workflow_id}/cancel", dependencies=_RUN)
async def cancel_run(request: Request, workflow_id: str) -> Response:
    """Ask a run to stop, and to be undone where the form says so."""
    rollback = (await read_form(request)).get("rollback") == "yes"
    await anyio.to_thread.run_sync(lambda: changes.cancel(request, workflow_id, rollback=rollback))
    return _to_run(workflow_id)


@router.post("/ui/runs/{workflow_id}/resume", dependencies=_RUN)
def resume_run(request: Request, workflow_id: str) -> Response:
    """Go on with a run."""
    changes.resume(request, workflow_id)
    return _to_run(workflow_id)


@router.post("/ui/runs/{workflow_id}/rollback", dependencies=_RUN)
def roll_back_run(request: Request, workflow_id: str) -> Response:
    """Undo a run."""
    changes.roll_back(request, workflow_id)
    return _to_run(workflow_id)


@router.get("/ui/submit", dependencies=_RUN)
def show_form(request: Request, app: TheApp) -> Response:
    """Show where a workflow can be written and started."""
    return _form(request, app, {})


@router.post("/ui/submit", dependencies=_RUN)
async def submit_form(request: Request, app: TheApp) -> Response:
    """Plan what was written, or start it; what is wrong with it is shown beside it, and nothing is lost."""
    form = await read_form(request)
    try:
        submission = submission_of(form)
        if form.get("do") == "plan":
            plan = await anyio.to_thread.run_sync(lambda: app.plan(submission.document, **submission.options))
            return _form(request, app, form, plan=plan)
        run = await anyio.to_thread.run_sync(changes.submit, request, submission)
    except ProvisioningError as error:
        return _form(request, app, form, error=error)
    return _to_run(run.workflow_id)


def _form(
    request: Request, app: App, form: dict[str, str], *, error: ProvisioningError | None = None, plan: object = None
) -> Response:
    info = None if error is None else hidden(app, error)
    return render(
        request,
        "submit.html",
        status=200 if error is None else error.http_status,
        templates=app.templates(),
        form={**_EMPTY, **form},
        error=info,
        problems=() if info is None else info.details.get("problems", ()),
        plan=plan,
    )


@router.get("/ui/servers", dependencies=_READ)
def show_servers(request: Request, app: TheApp) -> Response:
    """Show the servers of all providers."""
    return render(request, "servers.html", clouds=view_clouds(app))


@router.get("/ui/extensions", dependencies=_READ)
def show_extensions(request: Request, app: TheApp) -> Response:
    """Show every extension that was found, and what is wrong with it."""
    return render(request, "extensions.html", records=app.registry.records)


@router.get("/ui/workers", dependencies=_READ)
def show_workers(request: Request, app: TheApp) -> Response:
    """Show the workers, what waits for them, and who drives which run."""
    return render(request, "workers.html", fleet=app.workers.status() if app.workers else None)


@router.get("/ui/sign-in")
def show_sign_in(request: Request) -> Response:
    """Show where a token can be given."""
    return render(request, "sign_in.html", problem=None)


@router.post("/ui/sign-in")
async def sign_in(request: Request) -> Response:
    """Keep a token in the browser, when it holds."""
    check_own(request)
    token = (await read_form(request)).get("token", "").strip()
    try:
        visitor = admit(request, token, Scope.READ)
    except Unauthorized as error:
        return render(request, "sign_in.html", status=401, problem=error.message)
    answer = RedirectResponse("/", 303)
    if visitor.is_signed_in:
        remember(request, answer, token)
    return answer


@router.post("/ui/sign-out")
def sign_out(request: Request) -> Response:
    """Let the browser forget its token."""
    check_own(request)
    answer = RedirectResponse("/ui/sign-in", 303)
    forget(answer)
    return answer


def _to_run(workflow_id: str) -> Response:
    return RedirectResponse(f"/ui/runs/{quote(workflow_id, safe='')}", 303)
