"""What a server's state means for somebody who waits for another one."""

from provisioning.contract import Server, ServerState
from provisioning.errors import ResourceBroken, ResourceMissing

__all__ = ["has_reached"]

_REASONS = ("error", "reason", "message", "fault")


def has_reached(server: Server, wanted: ServerState) -> bool:
    """Whether the server is in the state wanted.

    Raises `ResourceBroken` or `ResourceMissing` when it will never be: it failed, or it is gone.
    """
    if server.state is wanted:
        return True
    name = f"server {server.name} ({server.id})"
    if server.state is ServerState.ERROR:
        raise ResourceBroken(
            f"{name} failed and will not be {wanted}: {_reason(server)}",
            resource=f"server/{server.id}",
            hint="look at it with the provider's own tools, then delete it",
        )
    if server.state.is_gone and wanted is not ServerState.DELETED:
        raise ResourceMissing(f"{name} is {server.state} and will not be {wanted}", resource=f"server/{server.id}")
    return False


def _reason(server: Server) -> str:
    """Return what the provider says of a failure."""
    return next((str(server.raw[key]) for key in _REASONS if server.raw.get(key)), "the provider gives no reason")
