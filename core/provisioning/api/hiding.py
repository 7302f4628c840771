"""Errors as they may be shown: no secret of the configuration stands in them."""

from provisioning.app import App
from provisioning.errors import ErrorInfo, ProvisioningError

__all__ = ["hidden"]


def hidden(app: App, error: ProvisioningError) -> ErrorInfo:
    """Return what may be shown of an error."""
    shown: ErrorInfo = ErrorInfo.from_dict(app.configuration.redactor.redact(error.info().as_dict()))
    return shown
