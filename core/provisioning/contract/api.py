"""One request that an extension answers over HTTP, in values that know no framework."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["ApiReply", "ApiRequest", "ApiRoute", "ApiScope"]


class ApiScope(StrEnum):
    """What somebody must be allowed to do before a route answers."""

    READ = "read"
    """Look, and change nothing."""
    RUN = "run"
    """Run and undo workflows, and change servers."""
    ADMIN = "admin"
    """Everything."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request to a route. `parameters` are the parts of the path that the route names in braces.

    `query` has the last value of each name, `body` is the JSON value that was sent, None without one.
    """

    method: str
    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True)
class ApiReply:
    """What a route answers: JSON values, which become the `data` of the envelope, and an HTTP status from 200 to 299.

    A route says that something is wrong by raising an error of `provisioning.errors`, which knows its status.
    """

    data: Any = None
    status: int = 200


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One method and path, and who answers there.

    `path` begins with `/` and may name parts in braces: `/rooms/{room}`. It stands below `/extensions/<name>`, so that
    no two extensions meet. `handler` may be called by several threads at once. `summary` is one line for people.
    """

    method: str
    path: str
    handler: Callable[[ApiRequest], ApiReply]
    summary: str
    scope: ApiScope = ApiScope.READ
