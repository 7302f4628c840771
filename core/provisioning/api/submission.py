"""What a client submits: a workflow document as it is, or one with what a run of it should be like."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from provisioning.api.errors import InvalidParameter, UnsupportedMediaType
from provisioning.app import Document
from provisioning.errors import ConfigurationError
from provisioning.source import parse_source
from provisioning.source.document import Source

__all__ = ["BODY", "Submission", "read_json", "read_submission"]

_NAME = "request body"
_OPTIONS = ("inputs", "workflow_id", "parallelism", "on_failure", "no_rollback")
_LONGEST_KEY = 255

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A workflow document (`schemas/workflow.schema.json`), or a submission that holds one or names "
        "a template, and says what the run should be like.",
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        {
                            "title": "WorkflowDocument",
                            "type": "object",
                            "required": ["name", "operations"],
                            "properties": {
                                "name": {"type": "string"},
                                "workflow_id": {"type": "string"},
                                "operations": {"type": "array", "minItems": 1, "items": {"type": "object"}},
                            },
                        },
                        {
                            "title": "Submission",
                            "type": "object",
                            "additionalProperties": False,
                            "oneOf": [{"required": ["document"]}, {"required": ["template"]}],
                            "properties": {
                                "document": {"type": "object"},
                                "template": {"type": "string"},
                                "inputs": {"type": "object"},
                                "workflow_id": {"type": "string"},
                                "parallelism": {"type": "integer", "minimum": 1, "maximum": 10_000},
                                "no_rollback": {"type": "boolean"},
                                "on_failure": {"enum": ["rollback", "stop", "continue"]},
                            },
                        },
                    ]
                }
            }
        },
    }
}
"""What the OpenAPI document says of the body."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A document and the options of its run, as `App.submit` and `App.plan` take them."""

    document: Document
    options: Mapping[str, Any] = field(default_factory=dict)

    def under(self, key: str | None) -> "Submission":
        """Return the same under the workflow id that an `Idempotency-Key` stands for, unless it has one of its own.

        So the key needs no memory but the journal: sent again, by whomever to whichever server, it is the same run,
        and with another document it is a `RunConflict`.
        """
        if key is None or self._workflow_id is not None:
            return self
        if not key or len(key) > _LONGEST_KEY:
            raise InvalidParameter(f"Idempotency-Key must have 1 to {_LONGEST_KEY} characters")
        workflow_id = f"key-{hashlib.sha256(key.encode()).hexdigest()[:32]}"
        return Submission(self.document, {**self.options, "workflow_id": workflow_id})

    @property
    def _workflow_id(self) -> Any:
        own = self.document.data.get("workflow_id") if isinstance(self.document, Source) else None
        return self.options.get("workflow_id") or own


async def read_submission(request: Request) -> Submission:
    """Read the body of a request; raises `UnsupportedMediaType`, and `ConfigurationError` for what is no document."""
    source = await read_json(request)
    if "document" not in source.data and "template" not in source.data:
        return Submission(source)
    _check_keys(source)
    options = {name: source.data[name] for name in _OPTIONS if source.data.get(name) is not None}
    template, document = source.data.get("template"), source.data.get("document")
    if template is not None:
        return Submission(_template(template), options)
    if not isinstance(document, dict):
        raise ConfigurationError(f"{_NAME}: document: must be a table")
    return Submission(Source("document", source.format, document, ""), options)


async def read_json(request: Request) -> Source:
    """Read the body of a request as a JSON table; raises as `read_submission`."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType(
            f"the body must be application/json, not {media_type or 'of no type'}", hint="set the header Content-Type"
        )
    try:
        text = (await request.body()).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{_NAME}: is not UTF-8 text (byte {error.start})") from error
    return parse_source(text, "json", _NAME)


def _check_keys(source: Source) -> None:
    strange = [name for name in source.data if name not in ("document", "template", *_OPTIONS)]
    problems = [source.problem([name], "is no key of a submission") for name in strange]
    if "document" in source.data and "template" in source.data:
        problems.append(source.problem(["template"], "stands beside `document`: give one of the two"))
    workflow_id = source.data.get("workflow_id")
    if workflow_id is not None and not isinstance(workflow_id, str):
        problems.append(source.problem(["workflow_id"], "must be text"))
    if problems:
        raise ConfigurationError.from_problems(_NAME, problems)


def _template(name: object) -> str:
    """Return a template's name; a path is none, so that nobody reads the server's files through it."""
    if not isinstance(name, str) or not name.replace("-", "").replace("_", "").isalnum():
        raise ConfigurationError(f"{_NAME}: template: must be the name of a template")
    return name
