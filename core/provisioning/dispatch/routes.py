"""The routes of one extension, held to what a path and a method can be: everything amiss is told at once."""

import re
from collections.abc import Iterator, Sequence

from provisioning.contract import ApiRoute, ApiScope
from provisioning.errors import HookRejected

__all__ = ["METHODS", "check_routes", "parts_of"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""The methods that a route may have."""

_PART = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*|\{[a-z_][a-z0-9_]*\}")


def parts_of(path: str) -> list[str]:
    """Return what stands between the slashes of a route's path, `{name}` as it is written."""
    return path.split("/")[1:]


def check_routes(routes: Sequence[ApiRoute], extension: str) -> None:
    """Raise `HookRejected` with everything that is wrong with the routes of an extension."""
    misfits = [f"{_named(route)} {misfit}" for route in routes for misfit in _misfits(route)]
    if not misfits:
        misfits = list(_doubles(routes))
    if misfits:
        listing = misfits[0] if len(misfits) == 1 else "".join(f"\n  {misfit}" for misfit in misfits)
        raise HookRejected(
            f"the routes of extension {extension} cannot be used: {listing}",
            extension=extension,
            hint=f"the author of {extension} has to mend this; a route is like GET /rooms/{{room}}",
            details={"misfits": misfits},
        )


def _named(route: ApiRoute) -> str:
    return f"the route {route.method} {route.path}"


def _misfits(route: ApiRoute) -> Iterator[str]:
    if route.method not in METHODS:
        yield f"has a method that is none of {', '.join(METHODS)}"
    if not isinstance(route.path, str) or not route.path.startswith("/"):
        yield "has a path that does not begin with /"
    else:
        parts = parts_of(route.path)
        yield from (f"has {part!r} between two slashes" for part in parts if not _PART.fullmatch(part))
        names = [part for part in parts if part.startswith("{")]
        yield from (f"names {name} twice" for name in dict.fromkeys(names) if names.count(name) > 1)
    if not callable(route.handler):
        yield "has a handler that cannot be called"
    if not isinstance(route.summary, str) or not route.summary:
        yield "has no summary"
    if not isinstance(route.scope, ApiScope):
        yield f"has a scope that is none of {', '.join(ApiScope)}"


def _doubles(routes: Sequence[ApiRoute]) -> Iterator[str]:
    """Tell of two routes that would answer the same requests: the names in braces make no difference."""
    first: dict[tuple[str, ...], ApiRoute] = {}
    for route in routes:
        shape = ("*" if part.startswith("{") else part for part in parts_of(route.path))
        other = first.setdefault((route.method, *shape), route)
        if other is not route:
            yield f"{_named(route)} answers what {_named(other)} does"
