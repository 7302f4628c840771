"""The workflow document that a command line names: a file's path, a template's name, or `-` for standard input."""

import re
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from provisioning.source import Source

__all__ = ["document_argument", "document_from"]

STDIN = "-"
STDIN_NAME = "standard input"

document_argument = click.argument("file", metavar="FILE|TEMPLATE", type=click.Path(allow_dash=True))

_TOML_LINE = re.compile(r"""\[|("[^"\n]*"|'[^'\n]*'|[\w.-])+\s*=""")


def document_from(file: str) -> "str | Source":
    """Return what the application plans from: the path or the name itself, or what stands on standard input.

    Raises ConfigurationError for standard input that is no document.
    """
    if file != STDIN:
        return file
    from provisioning.source import parse_source

    text = _stdin_text()
    return parse_source(text, _format_of(text), STDIN_NAME)


def _stdin_text() -> str:
    """Return all of standard input; raise ConfigurationError when it is too long, or is no text."""
    from provisioning.errors import ConfigurationError
    from provisioning.source import DEFAULT_LIMIT

    content = sys.stdin.buffer.read(DEFAULT_LIMIT + 1)
    if len(content) > DEFAULT_LIMIT:
        raise ConfigurationError(f"{STDIN_NAME}: is larger than the {DEFAULT_LIMIT // 2**20} MiB allowed")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{STDIN_NAME}: is not UTF-8 text (byte {error.start})") from error


def _format_of(text: str) -> str:
    """Return the format of a text without a suffix, by its first line that is no comment."""
    for line in map(str.strip, text.splitlines()):
        if line and not line.startswith("#"):
            if line.startswith("{"):
                return "json"
            return "toml" if _TOML_LINE.match(line) else "yaml"
    return "toml"
