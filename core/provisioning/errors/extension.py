"""An extension cannot be found, fitted or called."""

from collections.abc import Mapping
from typing import Any

from provisioning.errors.root import ProvisioningError

__all__ = [
    "ExtensionBroken",
    "ExtensionError",
    "ExtensionNotFound",
    "ExtensionNotReady",
    "ExtensionNotRemovable",
    "HookRejected",
    "InstallerFailed",
]


class ExtensionError(ProvisioningError):
    """Something is wrong with one extension; `extension` is its name."""

    http_status = 409

    def __init__(
        self,
        message: str,
        *,
        extension: str,
        hint: str | None = None,
        retryable: bool | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, retryable=retryable, details=details)
        self.extension = extension


class ExtensionNotFound(ExtensionError):
    """No extension of this name, or none that brings this, was discovered."""

    exit_code = 2
    http_status = 404


class ExtensionNotReady(ExtensionError):
    """The extension is known and cannot be used: incompatible, conflicted, disabled, invalid."""

    exit_code = 2


class ExtensionNotRemovable(ExtensionError):
    """The extension cannot be uninstalled: it is a part of provisioning, or lies where only its owner may touch it."""

    exit_code = 2


class ExtensionBroken(ExtensionError):
    """The extension's own code failed: at import, at activation, in a hook."""

    http_status = 500


class HookRejected(ExtensionError):
    """The extension's plugin does not fit the hook interface, seen when it was registered."""


class InstallerFailed(ExtensionError):
    """pip or uv could not do what it was told; the message holds its exit code and what it said last."""

    http_status = 502
