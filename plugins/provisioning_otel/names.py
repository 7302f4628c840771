"""The names of spans that the driver begins and others stand below."""

__all__ = ["undoing_of"]


def undoing_of(operation_id: str) -> str:
    """Return the name of the span in which an operation is undone."""
    return f"undo {operation_id}"
