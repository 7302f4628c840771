"""The programs among the bundled extensions, and what each needs on this machine to be tried."""

import shutil

import pytest

__all__ = ["NAMES", "needs"]

NAMES = ("bash-freeze", "node-timeline", "nushell-data", "nushell-local", "rust-tcp-wait")


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip a test where a program is not installed; continuous integration installs all of them."""
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{' and '.join(missing)} is not installed")
