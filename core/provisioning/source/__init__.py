"""A text file that somebody wrote: its data, and the line of each key."""

from provisioning.source.document import Source, parse_source
from provisioning.source.file import DEFAULT_LIMIT, read_source, read_text
from provisioning.source.format import Format
from provisioning.source.key import Path, dotted, split_key
from provisioning.source.plain import MAX_DEPTH, Flaw, plain_data

__all__ = [
    "DEFAULT_LIMIT",
    "MAX_DEPTH",
    "Flaw",
    "Format",
    "Path",
    "Source",
    "dotted",
    "parse_source",
    "plain_data",
    "read_source",
    "read_text",
    "split_key",
]
