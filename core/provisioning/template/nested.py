"""Every text inside a value, at any depth of tables and lists."""

from collections.abc import Callable
from typing import Any

from provisioning.template.error import TemplateError

__all__ = ["changed"]


def changed(value: Any, change: Callable[[str], Any]) -> Any:
    """Copy `value` with each text that has braces changed; the same object when there is none.

    A TemplateError that `change` raises learns the `path` of its text.
    """
    if isinstance(value, str):
        return change(value) if "{{" in value else value
    if not isinstance(value, dict | list):
        return value
    pairs: Any = value.items() if isinstance(value, dict) else enumerate(value)
    copy: Any = None
    for key, item in pairs:
        try:
            new = changed(item, change)
        except TemplateError as error:
            error.path = (key, *error.path)
            raise
        if new is not item:
            copy = value.copy() if copy is None else copy
            copy[key] = new
    return value if copy is None else copy
