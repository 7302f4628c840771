"""What forms send, as browsers write it."""

from urllib.parse import parse_qs

from starlette.requests import Request

from provisioning.api.errors import InvalidParameter, UnsupportedMediaType
from provisioning.api.submission import Submission
from provisioning.errors import ConfigurationError
from provisioning.source import Format, parse_source

__all__ = ["read_form", "submission_of"]

_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELDS = 50


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form, the last of each name; raise `UnsupportedMediaType`, `InvalidParameter`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise UnsupportedMediaType("the body must be what a form sends", hint="send it from the page")
    try:
        found = parse_qs(
            (await request.body()).decode("ascii"),
            keep_blank_values=True,
            max_num_fields=_MOST_FIELDS,
            errors="strict",
        )
    except ValueError as error:
        raise InvalidParameter(f"the form cannot be read: {error}") from error
    return {name: values[-1] for name, values in found.items()}


def submission_of(form: dict[str, str]) -> Submission:
    """Return what a form submits: a template by its name, or the document that was written; as `read_submission`."""
    options = {"workflow_id": form["workflow_id"]} if form.get("workflow_id") else {}
    template = form.get("template", "")
    if template:
        if not template.replace("-", "").replace("_", "").isalnum():
            raise ConfigurationError("template: must be the name of a template")
        return Submission(template, options)
    text, language = form.get("document", ""), form.get("format", "toml")
    if language not in list(Format):
        raise ConfigurationError(f"format: must be one of {', '.join(Format)}")
    return Submission(parse_source(text.replace("\r\n", "\n"), language, "document"), options)
