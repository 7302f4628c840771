"""Templates made into pages: what comes from outside is escaped, and a strict policy holds in the browser."""

import re
import time
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from provisioning._version import __version__
from provisioning.api.page.visitor import Visitor
from provisioning.narrative.printable import as_seconds, as_text

__all__ = ["STATIC", "render"]

STATIC = Path(__file__).parent / "static"
"""The folder of what a browser loads beside the pages."""

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",  # with `no-referrer` a form's request would not say whose page it is on
}


_QUOTED = re.compile(r"`([^`]+)`")


def render(request: Request, template: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
    """Return a page; every template knows who looks (`visitor`), and which part of the site it is (`path`)."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    text = _templates().get_template(template).render(visitor=visitor, path=request.url.path, **shown)
    return HTMLResponse(text.encode("utf-8", "backslashreplace"), status, _HEADERS)


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("provisioning.api.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["version"] = __version__
    found.filters.update(moment=_moment, seconds=as_seconds, words=_words, code=_code, holder=_holder, value=as_text)
    return found


def _moment(at: float | None) -> str:
    """Return a time in UTC, as `<time>` and people read it."""
    return "-" if at is None else time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(at))


def _words(state: object) -> str:
    return str(state).replace("_", " ")


def _code(text: str) -> Markup:
    """Return a hint with what stands in backticks as code."""
    return Markup(_QUOTED.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - it is escaped


def _holder(holder: str) -> str:
    """Return who drives a run as people say it: the host, and the number of its process."""
    parts = holder.split("/")
    return f"{parts[0]}, process {parts[2]}" if len(parts) > 2 else holder
