"""Who acts: the account, the machine and the process that a line of the audit log names."""

import os
import pwd
import socket
from collections.abc import Mapping
from typing import Any

__all__ = ["this_actor"]


def this_actor() -> Mapping[str, Any]:
    """Return who this process is. The account is the kernel's word for it, not that of an environment variable."""
    uid = os.getuid()
    return {"user": _account(uid), "uid": uid, "host": socket.gethostname(), "pid": os.getpid()}


def _account(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a container may run under a number that has no name
        return None
