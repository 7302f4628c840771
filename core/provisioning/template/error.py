"""What can be wrong with a template. Not errors of the project's tree: the caller knows the place, and adds it."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["TemplateError", "TemplateSyntaxError", "UnknownReference", "UnusableValue", "near_matches"]


class TemplateError(ValueError):
    """A template that gives no value.

    `reference` is the expression as written, `hint` says what to do, and `path` tells where inside the resolved
    value the text stands (empty for a text by itself).
    """

    def __init__(self, message: str, *, reference: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reference = reference
        self.hint = hint
        self.path: tuple[str | int, ...] = ()


class TemplateSyntaxError(TemplateError):
    """What stands between the braces is not an expression."""


class UnknownReference(TemplateError):
    """A reference names something that is not there."""


class UnusableValue(TemplateError):
    """A reference has a value, and it cannot stand where the template puts it."""


def near_matches(name: str, known: Iterable[str]) -> str | None:
    """Return a hint with what was probably meant, else with what there is; None when there is nothing."""
    names = [item for item in known if isinstance(item, str)]
    if close := get_close_matches(name, names, n=3, cutoff=0.6):
        return f"did you mean {' or '.join(close)}?"
    if not names:
        return None
    listed = ", ".join(sorted(names)[:8])
    return f"there is {listed}{', ...' if len(names) > 8 else ''}"
