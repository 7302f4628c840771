"""Whether the server answers, and its figures for Prometheus."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from provisioning._version import __version__
from provisioning.api.access import needs
from provisioning.api.answers import answers
from provisioning.api.documents import HealthDocument, Reply
from provisioning.api.envelope import reply
from provisioning.api.metrics import exposition
from provisioning.api.routes.parts import TheApp, TheDriving, TheFeed
from provisioning.app import Scope

__all__ = ["router"]

_FIGURES = answers(str, text="Figures for Prometheus.")

router = APIRouter(tags=["health"])


@router.get("/health", responses=answers(Reply[HealthDocument]))
def get_health(request: Request, app: TheApp, driving: TheDriving, feed: TheFeed) -> Response:
    """Say that the server and its journal answer; needs no token, and tells nothing of any run."""
    app.journal.last_sequence()
    driven, waiting = driving.counts
    data = {
        "status": "ok",
        "version": __version__,
        "runs_driven": driven,
        "runs_waiting": waiting,
        "followers": feed.followers,
    }
    return reply(request, data)


@router.get("/metrics", responses=_FIGURES, response_class=PlainTextResponse, dependencies=[needs(Scope.READ)])
def get_metrics(app: TheApp, driving: TheDriving, feed: TheFeed) -> Response:
    """Return the figures in the text format of Prometheus."""
    text = exposition(app, driving, feed)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")
