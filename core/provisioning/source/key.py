"""The key of a value inside a document: a path of names and numbers, and the way people write it."""

import json
import re
from collections.abc import Sequence

from provisioning.errors import ConfigurationError

__all__ = ["Path", "dotted", "split_key"]

Path = tuple[str | int, ...]
"""Where a value stands in a document: names of keys, and positions in lists counted from 0."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_NAME = re.compile(r"""("(?:[^"\\\n]|\\.)*")|'([^'\n]*)'|([\w-]+)""")


def dotted(path: Sequence[str | int]) -> str:
    """Write a path as people do: `operations[2].kind`, with quotes around a name that is not a bare word."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _BARE.fullmatch(part) else json.dumps(part, ensure_ascii=False)
            text += f".{name}" if text else name
    return text


def split_key(text: str) -> tuple[str, ...]:
    """Read a dotted key, in TOML's spelling (`providers."my cloud".type`), into its names.

    Raises ConfigurationError when it is not one.
    """
    names = []
    position = -1
    while position < len(text) and (name := _NAME.match(text, position + 1)):
        double, single, bare = name.groups()
        names.append(_unescaped(double) if double else bare or single)
        position = name.end()
        if not text.startswith(".", position):
            break
    if position != len(text):
        raise ConfigurationError(
            f"{text!r} is not a key",
            hint="a key is names joined by dots, like workflow.parallelism; put quotes around other characters",
        )
    return tuple(names)


def _unescaped(quoted: str) -> str:
    try:
        name: str = json.loads(quoted)
    except ValueError:
        return quoted[1:-1]
    return name
