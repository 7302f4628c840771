"""Labels in Hetzner's alphabet, and back again.

Hetzner's keys and values have at most 63 letters, digits, dots, underscores and hyphens, and begin and end with a
letter or a digit. What fits is written as it is. Anything else is written between `u-` and `-u`, with `_` and two
hexadecimal digits for each byte that does not fit; a long value goes on under the same key with `.1`, `.2` and so on
behind it.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote

from provisioning.errors import InvalidRequest

__all__ = ["as_labels", "as_selector", "from_labels"]

_MOST = 63
_PIECE = _MOST - len("u--u")
_FITS = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_ENCODED = re.compile(r"u-(.*)-u(?:\.([1-9][0-9]*))?")


def as_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return labels as Hetzner takes them; raise `InvalidRequest` for a key that is too long."""
    return dict(pair for key, value in labels.items() for pair in _written(key, value))


def from_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return labels as they were given to `as_labels`, and those of strangers as they are."""
    parts: dict[str, dict[int, str]] = {}
    for key, value in labels.items():
        match = _ENCODED.fullmatch(key)
        name, number = (_decoded(match[1]), int(match[2] or 0)) if match else (key, 0)
        parts.setdefault(name, {})[number] = value
    return {name: _joined([pieces[number] for number in sorted(pieces)]) for name, pieces in parts.items()}


def as_selector(labels: Mapping[str, str]) -> str:
    """Return a label selector for servers that carry all of `labels`."""
    return ",".join(f"{key}=={value}" for key, value in as_labels(labels).items())


def _written(key: str, value: str) -> Iterator[tuple[str, str]]:
    name = key if _is_plain(key) else f"u-{_body(key)}-u"
    pieces = [value] if _is_plain(value) else _pieces(value)
    for number, piece in enumerate(pieces):
        written = f"u-{_body(key)}-u.{number}" if number else name
        if len(written) > _MOST:
            raise InvalidRequest(f"label {key!r} is too long for Hetzner, or its value is", hint="make it shorter")
        yield written, piece


def _is_plain(text: str) -> bool:
    return _FITS.fullmatch(text) is not None and _ENCODED.fullmatch(text) is None


def _pieces(value: str) -> list[str]:
    body = _body(value)
    return [f"u-{body[begin : begin + _PIECE]}-u" for begin in range(0, len(body) or 1, _PIECE)]


def _joined(pieces: list[str]) -> str:
    matches = [_ENCODED.fullmatch(piece) for piece in pieces]
    if not all(matches):
        return pieces[0]
    return _decoded("".join(match[1] for match in matches if match))


def _body(text: str) -> str:
    """Return a text with `_XX` for what does not fit: a URL's escapes, in which `_` is what `%` is there."""
    return quote(text, safe="").replace("_", "%5F").replace("~", "%7E").replace("%", "_")


def _decoded(body: str) -> str:
    return unquote(body.replace("_", "%"))
