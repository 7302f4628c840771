"""A resource is not what an operation needs."""

from collections.abc import Mapping
from typing import Any

from provisioning.errors.root import ProvisioningError

__all__ = ["ResourceBroken", "ResourceError", "ResourceMissing"]


class ResourceError(ProvisioningError):
    """Something is wrong with one resource; `resource` names it as `type/id` (`server/i-123`, `file/etc/motd`)."""

    http_status = 409

    def __init__(
        self,
        message: str,
        *,
        resource: str,
        hint: str | None = None,
        retryable: bool | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, retryable=retryable, details=details)
        self.resource = resource


class ResourceMissing(ResourceError):
    """The resource does not exist where the operation expects it."""

    http_status = 404


class ResourceBroken(ResourceError):
    """The resource exists and is in a state from which it does not recover by itself."""
