"""How fast something may be asked: even spacing, and pauses on demand."""

from provisioning.ratelimit.pace import Pace

__all__ = ["Pace"]
