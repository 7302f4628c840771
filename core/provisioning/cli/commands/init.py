"""`provisioning init`."""

__all__ = ["command"]
