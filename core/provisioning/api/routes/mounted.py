"""What extensions answer over HTTP, each below its own path; the document does not list it."""

import anyio.to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from provisioning.api.access import require
from provisioning.api.routes.parts import TheApp
from provisioning.api.submission import read_json
from provisioning.app import Scope

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.api_route("/extensions/{name}/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def call_extension(request: Request, app: TheApp) -> Response:
    """Hand a request to the extension whose path it is, when the token has the scope that its route asks for."""
    require(request, Scope.READ)
    path, method = request.url.path, request.method
    routes = await anyio.to_thread.run_sync(app.routes.all)
    fitting = [one for one in routes if one.route.method == method and one.parameters(path) is not None]
    for one in fitting:
        require(request, Scope(str(one.route.scope)))
    body = (await read_json(request)).data if await request.body() else None
    answer = await anyio.to_thread.run_sync(
        lambda: app.routes.call(
            method,
            path,
            query=dict(request.query_params),
            headers={name: value for name, value in request.headers.items() if name not in ("authorization", "cookie")},
            body=body,
            request_id=request.state.request_id,
        )
    )
    return JSONResponse(dict(answer.document), answer.status)
