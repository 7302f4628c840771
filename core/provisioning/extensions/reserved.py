"""The names that no extension can give a command of its own: those of provisioning itself."""

__all__ = ["RESERVED_COMMANDS"]

RESERVED_COMMANDS = frozenset(
    {
        "cluster",
        "completion",
        "config",
        "doctor",
        "events",
        "extension",
        "init",
        "journal",
        "provider",
        "schema",
        "serve",
        "server",
        "token",
        "worker",
        "workflow",
    }
)
"""The first word of every built-in command; a test holds it to the tree of commands."""
