"""The provider of the extension."""

from tests.testing.memory import make

__all__ = ["make"]
