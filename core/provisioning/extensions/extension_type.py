"""What an extension is for."""

from enum import StrEnum

__all__ = ["ExtensionType"]


class ExtensionType(StrEnum):
    """What an extension is for; it may bring more than that beside it."""

    PROVIDER = "provider"
    """It talks to a cloud."""
    WORKFLOW = "workflow"
    """It brings kinds of operations, or workflow templates."""
    HOOKS = "hooks"
    """It watches, guards or wraps what others do."""
