"""The extension's one plugin: it brings the kinds, each from its own file."""

from collections.abc import Sequence

from provisioning.contract import OperationKind, hookimpl
from provisioning_kinds.assets import ASSET_KINDS
from provisioning_kinds.command import COMMAND
from provisioning_kinds.config_set import CONFIG_SET
from provisioning_kinds.data_process import DATA_PROCESS
from provisioning_kinds.file_write import FILE_WRITE
from provisioning_kinds.http_request import HTTP_REQUEST
from provisioning_kinds.server_create import SERVER_CREATE
from provisioning_kinds.server_delete import SERVER_DELETE
from provisioning_kinds.server_reboot import SERVER_REBOOT
from provisioning_kinds.server_start import SERVER_START
from provisioning_kinds.server_stop import SERVER_STOP
from provisioning_kinds.server_wait import SERVER_WAIT
from provisioning_kinds.volume_attachment import VOLUME_ATTACH, VOLUME_DETACH
from provisioning_kinds.workflow import WORKFLOW

__all__ = ["KindsPlugin"]

_KINDS = (
    SERVER_CREATE,
    SERVER_DELETE,
    SERVER_START,
    SERVER_STOP,
    SERVER_REBOOT,
    SERVER_WAIT,
    *ASSET_KINDS,
    VOLUME_ATTACH,
    VOLUME_DETACH,
    COMMAND,
    DATA_PROCESS,
    FILE_WRITE,
    CONFIG_SET,
    HTTP_REQUEST,
    WORKFLOW,
)


class KindsPlugin:
    """Brings every bundled kind of operation."""

    @hookimpl
    def operation_kinds(self) -> Sequence[OperationKind]:
        """Return the kinds, in the order in which the documentation tells of them."""
        return _KINDS
