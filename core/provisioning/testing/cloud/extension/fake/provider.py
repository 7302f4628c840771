"""The fake cloud's provider, where the manifest of this folder looks for it."""

from provisioning.testing.cloud import FakeProvider

__all__ = ["FakeProvider"]
