"""Where a workflow document comes from: a file, a template's name, data in memory, or text that was parsed already."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from provisioning.errors import ConfigurationError
from provisioning.source import Flaw, Format, Source, plain_data, read_source

__all__ = ["Document", "as_inputs", "as_source"]

Document = str | Path | Mapping[str, Any] | Source
"""A workflow document: a file's path, a template's name, its data, or a source."""

_NAME = re.compile(r"\w[\w-]*")


def as_source(document: Document, workspace: Path, find_template: Callable[[str], Path]) -> tuple[Source, Path]:
    """Return the document and the folder that the files which it nests stand against: the document's own.

    A relative path is one from the current folder. A text that is a bare word, with neither a folder nor a suffix, is
    the name of a template where there is no file of that name. Raises `ConfigurationError` for a file that cannot be
    read, and what `find_template` raises.
    """
    if isinstance(document, Source):
        return document, workspace
    if isinstance(document, str) and _NAME.fullmatch(document) and not Path(document).is_file():
        document = find_template(document)
    if isinstance(document, (str, Path)):
        path = Path(document)
        return read_source(path), path.resolve().parent
    data = _plain(document, "document")
    return Source("document", Format.JSON, data, ""), workspace


def as_inputs(inputs: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the values given for a workflow's inputs; raise `ConfigurationError` for what is no JSON value."""
    return _plain({} if inputs is None else inputs, "inputs")


def _plain(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return data of a program as that of a file; raise one error of everything that no file could hold."""
    if not isinstance(data, Mapping):
        raise ConfigurationError(f"{name}: must be a table, not {type(data).__name__}")
    flaws: list[Flaw] = []
    plain: dict[str, Any] = plain_data(dict(data), flaws)
    if flaws:
        source = Source(name, Format.JSON, {}, "")
        problems = [source.problem(flaw.path, flaw.message, flaw.hint) for flaw in flaws]
        raise ConfigurationError.from_problems(name, problems)
    return plain
