"""The answer of a command: one JSON document, or what people read, on stdout."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import click

from provisioning.cli.invocation import Invocation

__all__ = ["Unwritable", "document", "give", "write_json", "write_line"]


class Unwritable(click.ClickException):
    """The answer is there, and stdout does not take it: a full disk, for one."""


def give(
    invocation: Invocation,
    data: Any,
    show: Callable[[], None],
    *,
    status: str = "success",
    error: Mapping[str, Any] | None = None,
) -> None:
    """Answer with `data` as a JSON document, or call `show` to print it for people."""
    if invocation.is_json:
        write_json(document(invocation, data, status=status, error=error), compact=invocation.streams)
    else:
        show()


def document(
    invocation: Invocation, data: Any, *, status: str = "success", error: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the HTTP envelope: `{"status", "data", "metadata", "error"}`; `error` is `{"code", "message", ...}`."""
    from provisioning.contract import reply_document

    return reply_document(data, at=invocation.clock(), request_id=invocation.new_id(), status=status, error=error)


def write_json(value: Any, *, compact: bool = False) -> None:
    """Print a value as JSON on stdout: readable, or on one line."""
    import json

    def dump(value: Any, *, allow_nan: bool) -> str:
        separators = (",", ":") if compact else None
        return json.dumps(value, indent=None if compact else 2, separators=separators, default=str, allow_nan=allow_nan)

    try:
        text = dump(value, allow_nan=False)
    except ValueError:
        text = dump(_without_nan(value), allow_nan=False)
    write_line(text)


def write_line(text: str = "") -> None:
    """Print one line on stdout, and let whoever reads a pipe have it now.

    Raises BrokenPipeError when nobody reads any more, and `Unwritable` for anything else that is wrong with stdout.
    """
    try:
        click.echo(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Unwritable(f"cannot write the answer: {error.strerror}") from error


def _without_nan(value: Any) -> Any:
    """Return the value with `null` where TOML has `nan` or `inf`: JSON has no such numbers."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _without_nan(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(member) for member in value]
    return value
