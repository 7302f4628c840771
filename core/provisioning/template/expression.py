"""What stands between the braces: an operand, perhaps compared with another, perhaps negated."""

import json
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.template.error import UnusableValue
from provisioning.template.reference import Lookup, Reference

__all__ = ["OPERATORS", "Constant", "Expression", "Operand"]


def _same(left: Any, right: Any) -> bool:
    # true is not 1 in a document, though it is in Python
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": _same,
    "!=": lambda left, right: not _same(left, right),
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in the expression itself."""

    value: Any

    def __str__(self) -> str:
        """Write it in the grammar; raises UnusableValue for a list, a table or a number that is not finite."""
        is_number = isinstance(self.value, int | float) and math.isfinite(self.value)
        if self.value is None or is_number or isinstance(self.value, str):
            return json.dumps(self.value, ensure_ascii=False)
        raise UnusableValue("only text, finite numbers, true, false and null can be written in an expression")


Operand = Reference | Constant


@dataclass(frozen=True, slots=True)
class Expression:
    """`[not] left [comparison right]`; without a comparison its value is the operand's, of any type."""

    left: Operand
    comparison: str | None = None
    right: Operand | None = None
    is_negated: bool = False

    def __str__(self) -> str:
        text = f"not {self.left}" if self.is_negated else str(self.left)
        return text if self.comparison is None else f"{text} {self.comparison} {self.right}"

    @property
    def is_plain(self) -> bool:
        """Whether this is an operand and nothing more."""
        return self.comparison is None and not self.is_negated

    def references(self) -> Iterator[Reference]:
        """Yield every reference, those in brackets too."""
        for operand in (self.left, self.right):
            if isinstance(operand, Reference):
                yield from operand.walk()

    def evaluate(self, lookup: Lookup) -> Any:
        """Return the value; `not` counts false, null, 0 and whatever is empty as false.

        Raises UnknownReference, or UnusableValue for an order that does not exist (text against a number).
        """
        value = _value(self.left, lookup)
        if self.comparison is not None and self.right is not None:
            value = self._compare(value, _value(self.right, lookup), OPERATORS[self.comparison])
        return not value if self.is_negated else value

    def _compare(self, left: Any, right: Any, compare: Callable[[Any, Any], bool]) -> bool:
        if self.comparison in {"==", "!="} or _are_ordered(left, right):
            return compare(left, right)
        raise UnusableValue(
            f"{{{{{self}}}}}: {self.comparison} compares two numbers or two texts",
            reference=str(self),
            hint="compare values of one kind, or use == or !=",
        )


def _value(operand: Operand, lookup: Lookup) -> Any:
    return operand.resolve(lookup) if isinstance(operand, Reference) else operand.value


def _are_ordered(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    return (isinstance(left, str) and isinstance(right, str)) or (
        isinstance(left, int | float) and isinstance(right, int | float)
    )
