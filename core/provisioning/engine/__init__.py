"""Where operations run: threads in this process."""

from provisioning.engine.threads import ThreadEngine

__all__ = ["ThreadEngine"]
