"""Where a workflow document comes from: a file, data in memory, or text that was parsed already."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from provisioning.errors import ConfigurationError
from provisioning.source import Format, Source, plain_data, read_source

__all__ = ["Document", "as_source"]

Document = str | Path | Mapping[str, Any] | Source
"""A workflow document: a file's path, its data, or a source."""


def as_source(document: Document, workspace: Path) -> tuple[Source, Path]:
    """Return the document and the folder that the paths in it stand against.

    A relative path is one from the current folder. Raises `ConfigurationError` for a file that cannot be read.
    """
    if isinstance(document, Source):
        return document, workspace
    if isinstance(document, (str, Path)):
        path = Path(document)
        return read_source(path), path.resolve().parent
    return _from_data(document), workspace


def _from_data(document: Mapping[str, Any]) -> Source:
    flaws: list[Any] = []
    source = Source("document", Format.JSON, plain_data(dict(document), flaws), "")
    if flaws:
        problems = [source.problem(flaw.path, flaw.message, flaw.hint) for flaw in flaws]
        raise ConfigurationError.from_problems("document", problems)
    return source
