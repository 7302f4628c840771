"""The reference for people at `/docs`: the OpenAPI document as one page, with no script and nothing from elsewhere."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html import escape
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

__all__ = ["router"]

_STYLE = (
    ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}body{max-width:60rem;margin:auto;padding:1rem}"
    "code{overflow-wrap:anywhere}dd{margin-left:1.5rem}"
)
_DIGEST = b64encode(sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; frame-ancestors 'none'"

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def show_reference(request: Request) -> Response:
    """Show every route, with what it takes."""
    return HTMLResponse("".join(_page(request.app.openapi())), headers={"Content-Security-Policy": _POLICY})


def _page(document: Mapping[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body><main>"
    yield f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1>"
    yield '<p>For programs: <a href="openapi.json">openapi.json</a></p>'
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            yield from _route(method.upper(), path, route)
    yield "</main></body></html>"


def _route(method: str, path: str, route: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2><code>{method} {escape(path)}</code></h2><p>{escape(route['description'])}</p>"
    parameters = route.get("parameters", ())
    if parameters:
        yield "<dl>"
        for one in parameters:
            where = f"{one['in']}, required" if one.get("required") else one["in"]
            yield f"<dt><code>{escape(one['name'])}</code> ({where})</dt><dd>{escape(one.get('description', ''))}</dd>"
        yield "</dl>"
