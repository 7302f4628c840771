"""The border to the disk: what the system says when it refuses, in the field's words."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioning.errors import InvalidRequest, ServiceInternalError

__all__ = ["translated"]

_REFUSED = {
    errno.EACCES,
    errno.EEXIST,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}
_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def translated(provider: str, directory: Path) -> Iterator[None]:
    """Turn an `OSError` into `InvalidRequest` (the directory cannot be used) or `ServiceInternalError`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"provider {provider} cannot use {error.filename or directory}: {reason}"
        if error.errno in _REFUSED:
            hint = "set `directory` of this provider to a directory that you may write"
            raise InvalidRequest(message, provider=provider, hint=hint) from error
        advice = "free some space there, and try again" if error.errno in _FULL else None
        raise ServiceInternalError(message, provider=provider, hint=advice) from error
