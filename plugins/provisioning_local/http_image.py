"""The default image: a small HTTP server that says who it is and what it was given.

`GET /` answers `{"id", "name", "user_data"}` (empty text when nothing was given), `GET /health` answers
`{"status": "ok"}`. It is run as a program of its own and inherits a socket that already listens, so that nobody who
comes early is turned away.
"""

import json
import os
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["serve"]


def _identity() -> dict[str, Any]:
    user_data = Path(os.environ["USER_DATA_FILE"]).read_bytes().decode("utf-8", "surrogatepass")
    return {"id": os.environ["SERVER_ID"], "name": os.environ["SERVER_NAME"], "user_data": user_data}


class _Handler(BaseHTTPRequestHandler):
    timeout = 30  # seconds a silent client may hold a thread
    pages: dict[str, Any]

    def do_GET(self) -> None:
        """Answer with a page, or with 404."""
        page = self.pages.get(self.path.partition("?")[0])
        status = HTTPStatus.OK if page is not None else HTTPStatus.NOT_FOUND
        body = json.dumps({"error": "not found"} if page is None else page).encode("ascii") + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - http.server's name


def serve(descriptor: int) -> None:
    """Serve for ever on the listening socket behind `descriptor`."""
    listener = socket.socket(fileno=descriptor)
    handler = type("Handler", (_Handler,), {"pages": {"/": _identity(), "/health": {"status": "ok"}}})
    server = ThreadingHTTPServer(listener.getsockname(), handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.serve_forever()


if __name__ == "__main__":
    serve(int(os.environ["LISTEN_FD"]))
