"""What a client may do to runs, whichever way it asks: each checks, changes, and leaves a line in the audit log."""

from collections.abc import Sequence

from starlette.requests import Request

from provisioning.api.access import audit
from provisioning.api.driving import Driving
from provisioning.api.submission import Submission
from provisioning.app import App, is_driven
from provisioning.contract import RunRecord, RunState
from provisioning.errors import RunLocked

__all__ = ["cancel", "resume", "roll_back", "submit"]


def submit(request: Request, submission: Submission) -> RunRecord:
    """Write a run down and let it be driven; return it once it is durable."""
    app, driving = _parts(request)
    run = app.submit(submission.document, **submission.options)
    if run.state is RunState.INTERRUPTED:
        driving.resume(run.workflow_id)
    elif run.state.is_active:
        driving.take_up(run.workflow_id)
    audit(request, "submitted", run.workflow_id)
    return run


def cancel(request: Request, workflow_id: str, *, rollback: bool) -> RunRecord:
    """Ask a run to stop, wherever it is driven from, and with `rollback` to be undone."""
    app, _ = _parts(request)
    app.cancel(workflow_id, rollback=rollback)
    audit(request, "cancelled", workflow_id)
    return app.record(workflow_id)


def resume(request: Request, workflow_id: str) -> RunRecord:
    """Go on with a run; raise `RunLocked` while somebody drives it."""
    app, driving = _parts(request)
    _check_free(app, workflow_id)
    driving.begin(lambda: app.resume(workflow_id))
    audit(request, "resumed", workflow_id)
    return app.record(workflow_id)


def roll_back(request: Request, workflow_id: str, *, skip: Sequence[str] = (), retry: bool = False) -> RunRecord:
    """Undo what a run did, but for the operations in `skip`; raise `RunLocked` while somebody drives it."""
    app, driving = _parts(request)
    _check_free(app, workflow_id)
    driving.begin(lambda: app.rollback(workflow_id, skip=skip, retry=retry))
    audit(request, "rolled back", workflow_id)
    return app.record(workflow_id)


def _parts(request: Request) -> tuple[App, Driving]:
    return request.app.state.app, request.app.state.driving


def _check_free(app: App, workflow_id: str) -> None:
    """Raise `RunLocked` for a run that somebody drives: nobody would hear of it later."""
    if is_driven(app.record(workflow_id)):
        raise RunLocked(
            f"run {workflow_id} is driven now", workflow_id=workflow_id, hint="cancel it, or wait until it has ended"
        )
