"""Fakes of clouds: their APIs, written from what the clouds document, served on loopback from memory.

A fake needs nothing but the standard library, and keeps what it makes until it is closed. Faults happen on demand:
`refuse`, `lose`, `delay` and `budget`.
"""

from provisioning.testing.fakes.api import FakeApi, Reply, Request
from provisioning.testing.fakes.clock import Clock
from provisioning.testing.fakes.hetzner import FakeHetzner
from provisioning.testing.fakes.upcloud import FakeUpCloud

__all__ = ["Clock", "FakeApi", "FakeHetzner", "FakeUpCloud", "Reply", "Request"]
