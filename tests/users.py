"""Whom the tests run as: for a while somebody whom permissions bind, or another user."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["another_user", "ordinary_user"]


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Be somebody whom permission bits bind, also when the tests run as root.

    On Linux root stays who it is, and its thread lets go of the capabilities that override permissions: another user
    might not be able to read this very code. Elsewhere it is another user for a while.
    """
    if os.geteuid() != 0 or sys.platform != "linux":
        with another_user():
            yield
    else:
        before = _effective_capabilities()
        _set_effective_capabilities(before & ~_OVERRIDES)
        try:
            yield
        finally:
            _set_effective_capabilities(before)


@contextmanager
def another_user() -> Iterator[None]:
    """Be somebody who is not root, when the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


_OVERRIDES = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, capabilities(7)
_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3, capget(2)
_WORD = 0xFFFFFFFF


def _capabilities() -> tuple["ctypes.Array[ctypes.c_uint32]", "ctypes.Array[ctypes.c_uint32]"]:
    """Return the header and the sets of this thread: effective, permitted and inheritable, the low words first."""
    header, sets = (ctypes.c_uint32 * 2)(_VERSION, 0), (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capget(header, sets):
        raise OSError(ctypes.get_errno(), "capget failed")
    return header, sets


def _effective_capabilities() -> int:
    _, sets = _capabilities()
    return sets[0] | sets[3] << 32


def _set_effective_capabilities(wanted: int) -> None:
    header, sets = _capabilities()
    sets[0], sets[3] = wanted & _WORD, wanted >> 32
    if ctypes.CDLL(None, use_errno=True).capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset failed")
