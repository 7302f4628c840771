"""The workflow templates that extensions bring: found by name, read from the extension's folder, never imported."""

from collections.abc import Iterator
from pathlib import Path

from provisioning.app.template import TemplateSummary
from provisioning.errors import ConfigurationError
from provisioning.extensions import ExtensionProblem, ExtensionRecord, ProblemCode, Registry
from provisioning.source import read_source
from provisioning.workflow import WorkflowDocument, check_document

__all__ = ["find_template", "template_problems", "template_summaries"]


def find_template(registry: Registry, name: str) -> Path:
    """Return the file of a template.

    Raises `ExtensionNotFound` for a name that is neither a template's nor, as its caller has seen, a file's, and
    `ExtensionNotReady` when its extension cannot be used.
    """
    return _file(registry.find_template(name, what="file and no workflow template"), name)


def template_summaries(registry: Registry) -> Iterator[TemplateSummary]:
    """Yield all templates by name, those of extensions that cannot be used too."""
    for name in registry.templates():
        for record in registry.records:
            if name in record.templates:
                yield _summary(record, name)


def template_problems(record: ExtensionRecord) -> Iterator[ExtensionProblem]:
    """Yield what is wrong with the documents that an extension ships."""
    for name in record.templates:
        try:
            _read(record, name)
        except ConfigurationError as error:
            message = f"the workflow template {name}: {error.message}"
            yield ExtensionProblem(ProblemCode.TEMPLATE_INVALID, message, error.hint)


def _summary(record: ExtensionRecord, name: str) -> TemplateSummary:
    about = record.manifest.templates[name].description
    status = str(record.status)
    try:
        inputs = _read(record, name).inputs
    except ConfigurationError as error:
        return TemplateSummary(name, record.name, status, about, problem=error.message)
    problem = None if record.is_ready else record.problems[0].message
    return TemplateSummary(name, record.name, status, about, inputs, problem)


def _read(record: ExtensionRecord, name: str) -> WorkflowDocument:
    return check_document(read_source(_file(record, name)))


def _file(record: ExtensionRecord, name: str) -> Path:
    assert record.location is not None  # noqa: S101 - its manifest was read there
    return record.location / record.manifest.templates[name].file
