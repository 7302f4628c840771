"""The floor of the API: one bare FastAPI route that reads its body as JSON and answers 202."""

import socket
import sys
import uuid
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.requests import Request

application = FastAPI()


@application.post("/workflows/submit", status_code=202)
async def accept(request: Request) -> JSONResponse:
    """Read a body, and answer."""
    body: Any = await request.json()
    return JSONResponse({"status": "pending", "data": {"id": body["workflow_id"]}, "error": str(uuid.uuid4())}, 202)


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(f"serving on http://127.0.0.1:{listening.getsockname()[1]}", file=sys.stderr, flush=True)
    uvicorn.Server(uvicorn.Config(application, log_level="error", access_log=False)).run([listening])
