"""Values that are dear to load and good for a while."""

from provisioning.cache.ttl import TtlCache

__all__ = ["TtlCache"]
