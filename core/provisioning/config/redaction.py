"""Hiding secrets: every secret value that is known, wherever it would be shown."""

import json
import re
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any, Final
from urllib.parse import quote

from provisioning.config.secret import looks_secret

__all__ = ["MASK", "Redactor"]

MASK: Final = "***"
"""What stands where a secret stood."""

_SHORTEST = 4  # characters; hiding every "1" would leave nothing to read
_SHORTEST_LINE = 16  # of a secret of many lines, such as a private key
_URL_PASSWORD = re.compile(r"(?<=://)([^\s/:@]*):[^\s/@]+@")


class Redactor:
    """Knows secret values, and writes `***` in their place.

    Values are added while the configuration is read, by any thread; what is redacted later is redacted of them.
    The password inside a URL is always hidden.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: Any) -> None:
        """Remember a secret: text or a number, or every one of them in a table or a list."""
        forms = {form for text in _texts(value) for form in _forms(text)}
        with self._lock:
            if forms <= self._secrets:
                return
            self._secrets |= forms
            longest_first = sorted(self._secrets, key=lambda text: (-len(text), text))
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def redact_text(self, text: str) -> str:
        """Return `text` without any known secret; the same object when there is none in it."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        if "://" in text and "@" in text:
            text = _URL_PASSWORD.sub(rf"\1:{MASK}@", text)
        return text

    def redact(self, value: Any) -> Any:
        """Return a JSON value without any known secret, and with `***` for what stands under a secret's name.

        What needs no change is returned as the same object.
        """
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, Mapping):
            return self._redact_table(value)
        if isinstance(value, list | tuple):
            items = [self.redact(item) for item in value]
            return value if all(map(_same, items, value)) else items
        return value

    def _redact_table(self, table: Mapping[str, Any]) -> Any:
        hidden = {key: self._redact_item(key, item) for key, item in table.items()}
        return table if all(map(_same, hidden.values(), table.values())) else hidden

    def _redact_item(self, key: str, item: Any) -> Any:
        if item is None or item == "" or not (isinstance(key, str) and looks_secret(key)):
            return self.redact(item)
        return MASK


def _same(left: Any, right: Any) -> bool:
    return left is right


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def _forms(text: str) -> Iterator[str]:
    """Yield a secret as it may appear: itself, inside JSON, inside a URL, and line by line."""
    if len(text) < _SHORTEST:
        return
    yield text
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield quote(text, safe="")
    yield from (line for line in map(str.strip, text.splitlines()) if len(line) >= _SHORTEST_LINE)
