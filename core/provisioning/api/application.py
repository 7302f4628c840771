"""The ASGI application: the routes, and what stands behind and before them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from starlette.staticfiles import StaticFiles

from provisioning.api import page
from provisioning.api.access import Access
from provisioning.api.driving import Driving
from provisioning.api.failures import answer_failures
from provisioning.api.feed import Feed
from provisioning.api.gate import Gate
from provisioning.api.handover import Handover
from provisioning.api.recovery import Recovery
from provisioning.api.routes import ROUTERS
from provisioning.api.settings import ApiSettings
from provisioning.app import App, Tokens

__all__ = ["create_api"]

API_VERSION = "2.2"
"""The version of what the OpenAPI document promises; docs/api-versions.md has a note for each."""

_LOGGER = logging.getLogger("provisioning.api")


def create_api(app: App, settings: ApiSettings | None = None) -> FastAPI:
    """Return the API of an opened workspace; whoever opened `app` closes it after the server has stopped.

    While the server runs it drives what is submitted to it, and what was cut off before it started.
    """
    settings = settings or ApiSettings()

    @asynccontextmanager
    async def life(api: FastAPI) -> AsyncIterator[None]:
        driving = Driving(app, settings.max_runs)
        handover = Handover(app.workspace)
        recovery = Recovery(app, driving, handover)
        api.state.driving, api.state.feed = driving, Feed(app.journal)
        await asyncio.to_thread(recovery.start)
        yield
        api.state.feed.close()
        await asyncio.to_thread(recovery.stop)
        interrupted = await asyncio.to_thread(driving.stop, settings.patience)
        await asyncio.to_thread(handover.leave, interrupted)
        await asyncio.to_thread(api.state.feed.join)

    api = FastAPI(
        title="provisioning",
        version=API_VERSION,
        summary="Create and destroy servers on any cloud.",
        lifespan=life,
        generate_unique_id_function=_operation_id,
        docs_url=None,
        redoc_url=None,
    )
    api.state.app, api.state.settings = app, settings
    api.state.access = Access(Tokens(app.workspace), is_required=settings.needs_token)
    for router in ROUTERS:
        api.include_router(router)
    api.include_router(page.router)
    api.mount("/ui/static", StaticFiles(directory=page.STATIC))
    answer_failures(api, app)
    if settings.cors_origins:
        api.add_middleware(
            CORSMiddleware, allow_origins=settings.cors_origins, allow_methods=["*"], allow_headers=["*"]
        )
    api.add_middleware(Gate, settings=settings)
    return api


def _operation_id(route: APIRoute) -> str:
    """Return a name that generated clients can use; two paths may lead to one route."""
    return f"{route.name}_as_{route.path.rsplit('/', 1)[1]}" if _is_alias(route) else route.name


def _is_alias(route: APIRoute) -> bool:
    return route.path.endswith(("/submit", "/cancel"))
