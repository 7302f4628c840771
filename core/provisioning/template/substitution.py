"""Resolving some references of a template now, and keeping the rest for later."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.template.error import UnusableValue
from provisioning.template.expression import Constant, Expression, Operand
from provisioning.template.nested import changed
from provisioning.template.reference import Reference
from provisioning.template.template import Part, escaped_text, joined, parse, text_of

__all__ = ["substituted"]


def substituted(text: str, lookup: Mapping[str, Any], *, are_templates: bool) -> Any:
    """Resolve what `lookup` knows in `text`; see `provisioning.template.substitute`."""
    template = parse(text)
    if not any(reference.root in lookup for reference in template.references):
        return text
    substitution = _Substitution(lookup, are_templates)
    if (whole := template.expression) is not None:
        return substitution.whole(whole)
    return str(joined(piece for part in template.parts for piece in substitution.pieces(part)))


@dataclass(frozen=True, slots=True)
class _Substitution:
    lookup: Mapping[str, Any]
    are_templates: bool

    def whole(self, expression: Expression) -> Any:
        """Return what an expression that is the whole text becomes."""
        done = self._expression(expression)
        if not isinstance(done, Constant):
            return str(joined([done]))
        return done.value if self.are_templates else changed(done.value, escaped_text)

    def pieces(self, part: Part) -> Iterator[Part]:
        """Yield what a part of a longer text becomes."""
        if isinstance(part, str):
            yield part
            return
        done = self._expression(part)
        if isinstance(done, Expression):
            yield done
        elif self.are_templates and isinstance(done.value, str) and "{{" in done.value:
            yield from parse(done.value).parts
        else:
            yield text_of(done.value, part)

    def _expression(self, expression: Expression) -> Expression | Constant:
        left = self._operand(expression.left, expression)
        if expression.is_plain:
            return left if isinstance(left, Constant) else Expression(left)
        left = self._alive(left, expression)
        right = None
        if expression.right is not None:
            right = self._alive(self._operand(expression.right, expression), expression)
        done = Expression(left, expression.comparison, right, expression.is_negated)
        if isinstance(left, Constant) and not isinstance(right, Reference):
            return Constant(done.evaluate({}))
        for operand in (left, right):
            _check_writable(operand, expression)
        return done

    def _operand(self, operand: Operand, expression: Expression) -> Operand:
        if isinstance(operand, Constant):
            return operand
        if operand.root not in self.lookup:
            path = tuple(self._step(step, expression) if isinstance(step, Reference) else step for step in operand.path)
            return Reference(operand.root, path)
        for inner in operand.walk():
            if inner.root not in self.lookup:
                raise UnusableValue(
                    f"{{{{{expression}}}}}: {inner} is not known yet when {operand} is looked up",
                    reference=str(operand),
                    hint="use a name or a position that is known from the start",
                )
        return Constant(operand.resolve(self.lookup))

    def _step(self, step: Reference, expression: Expression) -> str | int | Reference:
        done = self._alive(self._operand(step, expression), expression)
        if isinstance(done, Reference):
            return done
        if isinstance(done.value, bool) or not isinstance(done.value, str | int):
            raise UnusableValue(
                f"{{{{{expression}}}}}: only text or a whole number can stand in brackets, and {step} is neither",
                reference=str(expression),
            )
        return done.value

    def _alive(self, operand: Operand, expression: Expression) -> Operand:
        """Return the reference that a template text stands for, when an operand's value is one."""
        text = operand.value if isinstance(operand, Constant) else None
        if not (self.are_templates and isinstance(text, str) and "{{" in text):
            return operand
        template = parse(text)
        if not template.references:
            return Constant(template.resolve({}))
        inner = template.expression
        if inner is None or not inner.is_plain:
            raise UnusableValue(
                f"{{{{{expression}}}}}: a value with more than one reference in it cannot be compared or looked up",
                reference=str(expression),
            )
        return inner.left


def _check_writable(operand: Operand | None, expression: Expression) -> None:
    if isinstance(operand, Constant):
        try:
            str(operand)
        except UnusableValue as error:
            raise UnusableValue(f"{{{{{expression}}}}}: {error.message}", reference=str(expression)) from None
