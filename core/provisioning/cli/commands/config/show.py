"""`provisioning config show`."""

from provisioning.cli.command import command

__all__ = ["command"]
