"""The id of a server, which derives from its client token: the same token is the same server by construction."""

import hashlib
import re

from provisioning.errors import NotFound

__all__ = ["id_from_token", "is_id", "no_server"]

_ID = re.compile(r"srv-[0-9a-f]{16}")


def id_from_token(client_token: str) -> str:
    """Return the id of the server that is made with this token."""
    return "srv-" + hashlib.sha256(client_token.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def is_id(text: str) -> bool:
    """Whether this is written as ids are."""
    return _ID.fullmatch(text) is not None


def no_server(provider: str, server_id: str) -> NotFound:
    """Return the error that says there is no such server."""
    return NotFound(f"provider {provider} has no server {server_id}", provider=provider)
