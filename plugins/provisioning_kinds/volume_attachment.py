"""`volume_attach` and `volume_detach`: a volume that another server has, or none, until that is undone."""

from collections.abc import Mapping
from typing import Any

from provisioning.contract import (
    Absent,
    Compensation,
    CompensationAction,
    Done,
    Operation,
    OperationContext,
    OperationKind,
    Outcome,
    Pending,
    Provider,
    Settlement,
    Volume,
    hookimpl,
)
from provisioning.errors import NotFound
from provisioning_kinds.pace import again
from provisioning_kinds.shape import SERVER_ID, document, of_type

__all__ = ["VOLUME_ATTACH", "VOLUME_DETACH"]

_VOLUME_ID = of_type("string", "The volume's id at its provider.", minLength=1)
_RESULT = document(
    {"volume_id": _VOLUME_ID, "server_id": of_type(["string", "null"], "The server that has it now.")},
    required=["volume_id", "server_id"],
)


class _VolumeMove:
    """Gives a volume to the server that the parameters name, or to none; undone by giving it back."""

    @hookimpl
    def prepare_operation(
        self, operation: Operation, provider: Provider, context: OperationContext
    ) -> Compensation | None:
        """Look who has the volume now."""
        volume_id = operation.parameters["volume_id"]
        before = provider.get_asset(Volume, volume_id, context).attached_to
        if before == operation.parameters.get("server_id"):
            return None
        summary = f"detach volume {volume_id}" if before is None else f"attach volume {volume_id} to server {before}"
        data = {"volume_id": volume_id, "server_id": before}
        return Compensation(CompensationAction.REVERT_CONFIGURATION, summary, data)

    @hookimpl
    def run_operation(self, operation: Operation, provider: Provider, context: OperationContext) -> Outcome:
        """Give the volume to its server, or look whether that has it."""
        given = operation.parameters
        pending = _moved(provider, given["volume_id"], given.get("server_id"), operation.state, context)
        return pending or Done({"volume_id": given["volume_id"], "server_id": given.get("server_id")})

    @hookimpl
    def settle_operation(self, operation: Operation, provider: Provider, context: OperationContext) -> Settlement:
        """Look who has the volume."""
        given = operation.parameters
        if provider.get_asset(Volume, given["volume_id"], context).attached_to != given.get("server_id"):
            return Absent()
        return Done({"volume_id": given["volume_id"], "server_id": given.get("server_id")})

    @hookimpl
    def compensate_operation(
        self, operation: Operation, compensation: Compensation, provider: Provider, context: OperationContext
    ) -> Outcome:
        """Give the volume back to who had it, unless it is gone, or somebody else has moved it since."""
        before, volume_id = compensation.data["server_id"], compensation.data["volume_id"]
        try:
            holder = provider.get_asset(Volume, volume_id, context).attached_to
        except NotFound:
            return Done({"volume_id": volume_id, "server_id": None})
        if holder not in (before, operation.parameters.get("server_id")):
            return Done({"volume_id": volume_id, "server_id": holder})
        return _moved(provider, volume_id, before, operation.state, context) or Done(dict(compensation.data))


def _moved(
    provider: Provider, volume_id: str, server_id: str | None, state: Mapping[str, Any], context: OperationContext
) -> Pending | None:
    """Ask for the move where it is not made, then look; return how to go on, or None when it is made."""
    volume = provider.get_asset(Volume, volume_id, context)
    if volume.attached_to == server_id and volume.is_ready:
        return None
    if volume.is_ready:
        if server_id is None:
            provider.detach_volume(volume_id, context)
        else:
            provider.attach_volume(volume_id, server_id, context)
    return again(state)


VOLUME_ATTACH = OperationKind(
    name="volume_attach",
    summary="give a volume to a server",
    parameters=document({"volume_id": _VOLUME_ID, "server_id": SERVER_ID}, required=["volume_id", "server_id"]),
    handler=_VolumeMove(),
    result=_RESULT,
    needs_provider=True,
    prepares=True,
    action=CompensationAction.REVERT_CONFIGURATION,
    undo="give the volume back to who had it before",
)
VOLUME_DETACH = OperationKind(
    name="volume_detach",
    summary="take a volume from its server",
    parameters=document({"volume_id": _VOLUME_ID}, required=["volume_id"]),
    handler=_VolumeMove(),
    result=_RESULT,
    needs_provider=True,
    prepares=True,
    action=CompensationAction.REVERT_CONFIGURATION,
    undo="give the volume back to the server that had it before",
)
