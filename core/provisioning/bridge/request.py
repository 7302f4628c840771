"""The request: what a program reads, one JSON document on one line."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from provisioning.contract import OperationContext

__all__ = ["PROTOCOL", "ProgramRequest", "Request", "RequestContext"]

PROTOCOL = 1
"""The version of the protocol between this project and programs; it rises when old programs would misread it."""


class _Shape(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_serialization_defaults_required=True)


class RequestContext(_Shape):
    """The surroundings of the request."""

    extension: str
    """The name of the extension that the program belongs to."""
    instance: str | None
    """The provider instance that is meant; null for anything but a provider."""
    workflow_id: str | None
    """The run that asks; null outside of one."""
    operation_id: str | None
    """The operation of the run."""
    attempt: int
    """Which attempt at the operation this is, counted from 1."""
    traceparent: str | None
    """The span of the operation, or of the run, as W3C Trace Context writes it; null outside of a run."""
    remaining: float | None
    """The seconds left until the operation's time is up; null without a limit."""
    directory: str
    """The workspace, against which relative paths stand."""
    state_directory: str
    """A directory in which the program may keep files."""


class ProgramRequest(_Shape):
    """One request to a program in another language."""

    protocol: int
    """The version of this protocol: 1."""
    id: str
    """Names the request; the answer carries it."""
    operation: str
    """The hook that is called, or `describe`."""
    parameters: dict[str, Any]
    """The hook's arguments by name."""
    context: RequestContext
    """The surroundings of the request."""
    config: dict[str, Any]
    """What is configured: the provider instance's own keys, or the extension's options; secrets among them."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question: the hook, its arguments as JSON values, and whose configuration goes with it."""

    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    instance: str | None = None

    def line(self, request_id: str, extension: str, state_directory: str, context: OperationContext) -> bytes:
        """Return the line that the program reads."""
        document = {
            "protocol": PROTOCOL,
            "id": request_id,
            "operation": self.operation,
            "parameters": self.parameters,
            "context": {
                "extension": extension,
                "instance": self.instance,
                "workflow_id": context.workflow_id,
                "operation_id": context.operation_id,
                "traceparent": context.traceparent,
                "attempt": context.attempt,
                "remaining": context.remaining,
                "directory": _absolute(context.directory),
                "state_directory": state_directory,
            },
            "config": self.config,
        }
        return _ENCODER.encode(document).encode() + b"\n"


def _absolute(directory: str) -> str:
    """Return a directory for a program, which has another current one."""
    return directory if directory.startswith("/") else os.path.abspath(directory)  # noqa: PTH100 - it may end in ".."


def _plain(value: object) -> Any:
    """Return what stands for a value that is no JSON value by itself: read-only tables are tables."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"), default=_plain
)
