"""A parsed text: its literal pieces and its expressions, in their order."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from provisioning.template.error import UnusableValue
from provisioning.template.expression import Constant, Expression
from provisioning.template.grammar import ExpressionParser
from provisioning.template.reference import Lookup, Reference

__all__ = ["Part", "Template", "escaped_text", "joined", "parse", "text_of"]

Part = str | Expression

# of three braces the last two open, so that JSON may be written around a reference
_OPENING = re.compile(r"\\\{\{|\{\{(?!\{)")
_LARGEST_KEPT = 16_384  # characters; longer texts are parsed each time rather than kept in memory


@dataclass(frozen=True, slots=True)
class Template:
    """A text with references, parsed. `references` lists every one of them, those in brackets too."""

    parts: tuple[Part, ...]
    references: tuple[Reference, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        found = (ref for part in self.parts if isinstance(part, Expression) for ref in part.references())
        object.__setattr__(self, "references", tuple(found))

    def __str__(self) -> str:
        return "".join(_written(self.parts))

    @property
    def expression(self) -> Expression | None:
        """The expression that is the whole text, None when there is more or less."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Expression):
            return self.parts[0]
        return None

    def resolve(self, lookup: Lookup) -> Any:
        """Return the value: of any type for a text that is one expression, else text.

        What a reference gives is never read as a template again. Raises UnknownReference for what is not there and
        UnusableValue for null inside a text.
        """
        if (whole := self.expression) is not None:
            return whole.evaluate(lookup)
        return "".join(part if isinstance(part, str) else text_of(part.evaluate(lookup), part) for part in self.parts)


def parse(text: str) -> Template:
    """Parse a text; raises TemplateSyntaxError. Equal texts share one Template."""
    return _parse_once(text) if len(text) <= _LARGEST_KEPT else _parse(text)


def _parse(text: str) -> Template:
    return Template(tuple(_merged(_pieces(text))))


_parse_once = lru_cache(maxsize=4096)(_parse)


def _pieces(text: str) -> Iterator[Part]:
    position = 0
    while found := _OPENING.search(text, position):
        yield text[position : found.start()]
        if found.group().startswith("\\"):
            yield "{{"
            position = found.end()
        else:
            expression, position = ExpressionParser(text, found.start()).parse()
            yield expression
    yield text[position:]


def _merged(pieces: Iterable[Part]) -> Iterator[Part]:
    """Join literal pieces that stand side by side, constant texts among them, and leave out empty ones."""
    literal: list[str] = []
    for piece in pieces:
        if (constant := _constant_text(piece)) is not None:
            literal.append(constant)
            continue
        if text := "".join(literal):
            yield text
        literal.clear()
        yield piece
    if text := "".join(literal):
        yield text


def _constant_text(piece: Part) -> str | None:
    if isinstance(piece, str):
        return piece
    value = piece.left.value if piece.is_plain and isinstance(piece.left, Constant) else None
    return value if isinstance(value, str) else None


def joined(pieces: Iterable[Part]) -> Template:
    """Make a template of pieces."""
    return Template(tuple(_merged(pieces)))


def _written(parts: tuple[Part, ...]) -> Iterator[str]:
    for index, part in enumerate(parts):
        if isinstance(part, Expression):
            yield f"{{{{{part}}}}}"
        else:
            yield escaped_text(part, is_before_expression=index + 1 < len(parts))


def escaped_text(text: str, *, is_before_expression: bool = False) -> str:
    """Write a literal text so that parsing gives it back."""
    body = text.rstrip("\\{")
    tail = text[len(body) :]
    if is_before_expression and "\\" in tail:  # it would swallow the braces written behind it
        return escaped_text(body) + f"{{{{{json.dumps(tail)}}}}}"
    return text.replace("{{", r"\{{")


def text_of(value: Any, source: object) -> str:
    """Write a value inside a text: text as it is, the rest as compact JSON; null is refused, naming `source`."""
    if isinstance(value, str):
        return value
    if value is None:
        raise UnusableValue(
            f"{{{{{source}}}}} is null, and null cannot stand inside a text",
            reference=str(source),
            hint="give it a value, or let the reference be the whole text",
        )
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_table)


def _table(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise UnusableValue(f"a value of type {type(value).__name__} cannot stand inside a text")
