"""The parser of expressions: one pass, no backtracking, a named mistake with its place in the text."""

import re
from typing import Any, Final, NoReturn

from provisioning.template.error import TemplateSyntaxError
from provisioning.template.expression import Constant, Expression, Operand
from provisioning.template.reference import STAR, Reference, Step

__all__ = ["ExpressionParser"]

ESCAPE_HINT: Final = r"to write {{ itself, put a backslash before it: \{{"

_BLANK = re.compile(r"\s*")
_ROOT = re.compile(r"[^\W\d][\w-]*")
_NAME = re.compile(r"\w[\w-]*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?(?![\w.])")
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)
_COMPARISON = re.compile(r"==|!=|<=|>=|<|>")
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"', "'": "'"}
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
_MAX_BRACKETS = 10  # how deep references may stand in each other's brackets


class ExpressionParser:
    """Reads one expression of `text`, from behind its `{{` at `start` to behind its `}}`."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = start
        self.position = start + 2

    def parse(self) -> tuple[Expression, int]:
        """Return the expression and the position behind its closing braces."""
        self._take(_BLANK)
        is_negated = self._take_word("not")
        left = self._operand()
        comparison = self._take(_COMPARISON)
        right = self._operand() if comparison else None
        if not self.text.startswith("}}", self.position):
            self._fail("a comparison or }}" if comparison is None else "}}")
        return Expression(left, comparison, right, is_negated), self.position + 2

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.position)
        if found is None:
            return None
        self.position = found.end()
        if pattern is not _BLANK:
            self.position = _BLANK.match(self.text, self.position).end()  # type: ignore[union-attr]
        return found.group()

    def _take_word(self, word: str) -> bool:
        found = _NAME.match(self.text, self.position)
        return found is not None and found.group() == word and self._take(_NAME) is not None

    def _operand(self) -> Operand:
        if (quoted := self._take(_STRING)) is not None:
            return Constant(self._unquoted(quoted))
        if (digits := self._take(_NUMBER)) is not None:
            return Constant(self._number(digits))
        for word, value in _WORDS.items():
            if self._take_word(word):
                return Constant(value)
        return self._reference(0)

    def _reference(self, depth: int) -> Reference:
        if depth > _MAX_BRACKETS:
            self._fail("fewer brackets inside brackets")
        root = self._take(_ROOT)
        if root is None or root in _WORDS or root == "not":
            self._fail("a name")
        path: list[Step] = []
        while True:
            if self._take_mark("."):
                name = self._take(_NAME)
                path.append(name if name is not None else self._fail("a name"))
            elif self._take_mark("["):
                path.append(self._bracket(depth))
            else:
                return Reference(root, tuple(path))

    def _take_mark(self, mark: str) -> bool:
        if not self.text.startswith(mark, self.position):
            return False
        self.position += 1
        self._take(_BLANK)
        return True

    def _bracket(self, depth: int) -> Step:
        step: Step
        if self._take_mark("*"):
            step = STAR
        elif (quoted := self._take(_STRING)) is not None:
            step = self._unquoted(quoted)
        elif (digits := self._take(_NUMBER)) is not None:
            number = self._number(digits)
            step = number if isinstance(number, int) else self._fail("a whole number before")
        else:
            step = self._reference(depth + 1)
        if not self._take_mark("]"):
            self._fail("]")
        return step

    def _number(self, digits: str) -> int | float:
        if len(digits) > 40:
            self._fail("a shorter number before")
        return int(digits) if digits.lstrip("-").isdigit() else float(digits)

    def _unquoted(self, quoted: str) -> str:
        def character(found: re.Match[str]) -> str:
            code = found.group(1)
            if len(code) == 5 and not 0xD800 <= int(code[1:], 16) <= 0xDFFF:
                return chr(int(code[1:], 16))
            return _ESCAPES[code] if code in _ESCAPES else self._fail(f"another escape than \\{code} before")

        return _ESCAPED.sub(character, quoted[1:-1])

    def _fail(self, expected: str) -> NoReturn:
        end = self.text.find("}}", self.position)
        whole = self.text[self.start : end + 2 if end >= 0 else len(self.text)]
        shown = whole if len(whole) <= 60 else f"{whole[:60]}..."
        rest = self.text[self.position : self.position + 20].split("\n")[0]
        place = f"at {rest!r}" if rest else "at the end"
        raise TemplateSyntaxError(f"{shown}: expected {expected} {place}", reference=shown, hint=ESCAPE_HINT)
