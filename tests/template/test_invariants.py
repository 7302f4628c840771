"""What holds for every text and every value."""

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from provisioning.template import (
    STAR,
    Reference,
    Template,
    TemplateSyntaxError,
    escape,
    parse,
    resolve_value,
    substitute,
)
from provisioning.template.expression import OPERATORS, Constant, Expression
from provisioning.template.template import joined

RESERVED = {"true", "false", "null", "not"}
texts = st.text(st.sampled_from("ab{}\\\"' \n.é"), max_size=12)
roots = st.from_regex(r"[a-z_][a-z0-9_-]{0,5}", fullmatch=True).filter(lambda name: name not in RESERVED)
steps = st.one_of(st.text(max_size=6), st.integers(-9, 99), st.just(STAR), texts)
references = st.recursive(
    st.builds(Reference, roots, st.lists(steps, max_size=3).map(tuple)),
    lambda inner: st.builds(Reference, roots, st.lists(steps | inner, max_size=3).map(tuple)),
    max_leaves=4,
)
constants = st.builds(
    Constant,
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**9), 10**9),
        st.floats(allow_nan=False, allow_infinity=False),
        texts,
    ),
)
operands = references | constants
expressions = st.builds(Expression, operands, is_negated=st.booleans()) | st.builds(
    Expression, operands, st.sampled_from(sorted(OPERATORS)), operands, st.booleans()
)
templates = st.lists(texts | expressions, max_size=4).map(joined)


@given(st.text().filter(lambda text: "{{" not in text))
def test_a_text_without_braces_is_itself(text: str) -> None:
    """Nothing else in a text has a meaning."""
    assert parse(text).resolve({}) == text


@given(templates)
def test_a_template_is_read_back_as_it_was_written(template: Template) -> None:
    """Whatever stands before, between and behind the references."""
    assert parse(str(template)) == template


@given(references)
def test_a_reference_is_read_back_as_it_was_written(reference: Reference) -> None:
    """Names that are no bare words are put in quotes."""
    assert parse(f"{{{{{reference}}}}}").expression == Expression(reference)


@given(texts, texts, texts)
def test_a_value_is_never_read_as_a_template(before: str, value: str, behind: str) -> None:
    """Whatever the value holds, it is put in as it is: at once, or by a substitution before the resolution."""
    template = str(joined([before, Expression(Reference("x")), behind, Expression(Reference("y"))]))
    expected = f"{before}{value}{behind}{value}"
    assert parse(template).resolve({"x": value, "y": value}) == expected
    assert resolve_value(substitute(template, {"x": value}), {"y": value}) == expected
    assert resolve_value(substitute(template, {"y": value}), {"x": value}) == expected


@given(st.recursive(texts | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(texts, inner)))
def test_an_escaped_value_is_itself_when_resolved(value: Any) -> None:
    """In tables and lists of any depth."""
    assert resolve_value(escape(value), {}) == value


@given(st.text(st.sampled_from("ab{}[]().*\"'\\=<>! 01-"), max_size=20))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """No text makes the parser fail in another way."""
    with suppress(TemplateSyntaxError):
        parse(f"{{{{{text}")
