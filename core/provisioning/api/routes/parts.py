"""What a route is handed, by coroutines: a plain function would cost each request a change of threads."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request

from provisioning.api.driving import Driving
from provisioning.api.feed import Feed
from provisioning.api.settings import ApiSettings
from provisioning.app import App

__all__ = ["TheApp", "TheDriving", "TheFeed", "TheLimit", "TheSettings"]


async def _app(request: Request) -> App:
    found: App = request.app.state.app
    return found


async def _driving(request: Request) -> Driving:
    found: Driving = request.app.state.driving
    return found


async def _feed(request: Request) -> Feed:
    found: Feed = request.app.state.feed
    return found


async def _settings(request: Request) -> ApiSettings:
    found: ApiSettings = request.app.state.settings
    return found


TheApp = Annotated[App, Depends(_app)]
TheDriving = Annotated[Driving, Depends(_driving)]
TheFeed = Annotated[Feed, Depends(_feed)]
TheSettings = Annotated[ApiSettings, Depends(_settings)]
TheLimit = Annotated[int, Query(ge=1, le=1000, description="At most so many.")]
