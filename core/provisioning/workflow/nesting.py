"""Nested workflows: the documents that operations of kind `workflow` name, read once each and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioning.errors import ConfigurationError, Problem
from provisioning.source import Format, Source, read_source
from provisioning.template import has_references
from provisioning.workflow.complaint import unknown
from provisioning.workflow.document import OperationDefinition, WorkflowDocument, check_document

__all__ = ["NESTED_KIND", "Nested", "Nesting", "Place"]

NESTED_KIND = "workflow"
MAX_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where one operation stands in a file; `chain` names the documents around it, from the outermost on."""

    source: Source
    index: int
    directory: Path
    chain: tuple[str, ...]

    def problem(self, key: str, message: str, hint: str | None = None) -> Problem:
        """Return a problem of a key of the operation."""
        return self.source.problem(["operations", self.index, key], message, hint=hint)

    def refusal(self, message: str, hint: str | None = None) -> ConfigurationError:
        """Return the error for parameters that name no workflow."""
        return ConfigurationError(message, problems=[self.problem("parameters", message, hint)])


@dataclass(frozen=True, slots=True)
class Nested:
    """A nested document, read and checked. `inputs` are its own with `given`, what its owner hands it, over them."""

    document: WorkflowDocument
    source: Source
    directory: Path
    chain: tuple[str, ...]
    inputs: Mapping[str, Any]
    given: Mapping[str, Any]


class Nesting:
    """Opens nested workflows; a file that is named many times is read once, so that it says the same each time."""

    def __init__(self) -> None:
        self._files: dict[Path, tuple[Source, WorkflowDocument]] = {}

    def open(self, definition: OperationDefinition, place: Place) -> Nested:
        """Return what an operation nests; raise `ConfigurationError` with everything that is wrong with it."""
        parameters = definition.parameters
        strangers = set(parameters) - {"file", "document", "inputs"}
        if strangers or ("file" in parameters) == ("document" in parameters):
            raise place.refusal('a nested workflow takes either "file" or "document", and "inputs"')
        given = parameters.get("inputs", {})
        if not isinstance(given, Mapping):
            raise place.refusal('"inputs" of a nested workflow must be a table')
        if len(place.chain) >= MAX_DEPTH:
            raise place.refusal(f"workflows are nested deeper than {MAX_DEPTH}")
        inline = "document" in parameters
        source, document, where = self._inline(parameters, place) if inline else self._file(parameters, place)
        strange = [name for name in given if name not in document.inputs]
        if strange:
            raise place.refusal(f"{source.name}: {unknown('input', strange[0], list(document.inputs))}")
        return Nested(document, source, where, (*place.chain, source.name), {**document.inputs, **given}, given)

    def _inline(self, parameters: Mapping[str, Any], place: Place) -> tuple[Source, WorkflowDocument, Path]:
        if not isinstance(parameters["document"], dict):
            raise place.refusal('"document" of a nested workflow must be a table')
        name = f"{place.source.name}: operations[{place.index}].parameters.document"
        source = Source(name, Format.JSON, parameters["document"], "")
        return source, check_document(source), place.directory

    def _file(self, parameters: Mapping[str, Any], place: Place) -> tuple[Source, WorkflowDocument, Path]:
        file = parameters["file"]
        if not isinstance(file, str) or has_references(file):
            raise place.refusal('"file" of a nested workflow must be a path, known before the run')
        path = _resolved(file, place)
        if str(path) in place.chain:
            circle = " -> ".join([*place.chain[place.chain.index(str(path)) :], str(path)])
            raise place.refusal(f"the workflow nests itself: {circle}")
        if path not in self._files:
            source = read_source(path)
            self._files[path] = source, check_document(source)
        return *self._files[path], path.parent


def _resolved(file: str, place: Place) -> Path:
    try:
        return (place.directory / file).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise place.refusal(f"{file!r} is not a path that a file can have: {error}") from error
