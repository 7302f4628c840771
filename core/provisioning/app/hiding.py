"""Errors of extensions that are handed secrets: what they say is told without them."""

from collections.abc import Iterator
from contextlib import contextmanager

from provisioning.config import Redactor
from provisioning.errors import ProvisioningError

__all__ = ["hiding"]


@contextmanager
def hiding(redactor: Redactor) -> Iterator[None]:
    """Take every known secret out of an error that is raised inside, and let it go on."""
    try:
        yield
    except ProvisioningError as error:
        error.message, error.details = redactor.redact_text(error.message), redactor.redact(error.details)
        error.hint = None if error.hint is None else redactor.redact_text(error.hint)
        error.args = (error.message,)
        raise
