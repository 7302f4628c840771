"""Templates in values: resolved, listed, replaced in part."""

from typing import Any

import pytest

from provisioning.template import (
    TemplateSyntaxError,
    UnknownReference,
    UnusableValue,
    escape,
    has_references,
    parse,
    references_in,
    resolve_value,
    substitute,
)

PLAIN: dict[str, Any] = {"a": [1, "x", {"b": None}], "{{key}}": True}
MIXED: dict[str, Any] = {"a": [1, "{{x}}"], "plain": PLAIN, "{{x}}": r"\{{x}}"}


def test_resolving_keeps_what_has_no_references() -> None:
    """The same object comes back, so plain parameters cost nothing; keys are never templates."""
    assert resolve_value(PLAIN, {}) is PLAIN
    resolved = resolve_value(MIXED, {"x": [2]})
    assert resolved == {"a": [1, [2]], "plain": PLAIN, "{{x}}": "{{x}}"}
    assert resolved["plain"] is PLAIN
    assert MIXED["a"] == [1, "{{x}}"]


def test_an_error_tells_where_in_the_value_its_text_stands() -> None:
    """The caller turns the path into a place in a file."""
    with pytest.raises(UnknownReference) as caught:
        resolve_value({"a": [{"b": "{{y}}"}]}, {"x": 1})
    assert caught.value.path == ("a", 0, "b")
    with pytest.raises(TemplateSyntaxError) as broken:
        list(references_in({"a": ["{{"]}))
    assert broken.value.path == ("a", 0)


def test_references_are_found_at_any_depth() -> None:
    """Each comes with the path of its text."""
    found = [(path, str(reference)) for path, reference in references_in({"a": ["-", "{{x}}{{y.z}}"], "b": "{{x}}"})]
    assert found == [(("a", 1), "x"), (("a", 1), "y.z"), (("b",), "x")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (PLAIN, False),
        (MIXED, True),
        ("{{x}}", True),
        (r"\{{x}}", False),
        ("{{'x'}}", False),
        (3, False),
        (["{{x}}"], True),
    ],
)
def test_whether_a_value_has_references(value: Any, expected: bool) -> None:
    """Escaped braces and constants are none."""
    assert has_references(value) is expected


EACH: dict[str, Any] = {"each": {"key": "a", "value": {"n": 1, "flag": True}, "odd": "q\"'{{x}}\\", "end": "\\"}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web-{{each.key}}", "web-a"),
        ("{{each.value}}", {"n": 1, "flag": True}),
        ("{{each.key}} {{operations.db.id}}", "a {{operations.db.id}}"),
        ("{{operations.web[each.key].id}}", "{{operations.web.a.id}}"),
        ("{{operations.web[each.value.n]}}", "{{operations.web[1]}}"),
        ("{{operations.web[inputs.x]}}", "{{operations.web[inputs.x]}}"),
        ("{{operations.x == each.key}}", '{{operations.x == "a"}}'),
        ("{{not each.value.flag == operations.x}}", "{{not true == operations.x}}"),
        ("{{each.key == 'a'}}", True),
        ("{{not each.key}}", False),
        ("{{each.end}}{{operations.x}}", r'{{"\\"}}{{operations.x}}'),
        (r"\{{ {{each.key}}", r"\{{ a"),
        ("{{operations.x}}", "{{operations.x}}"),
    ],
)
def test_substituting_some_roots_leaves_the_others(text: str, expected: Any) -> None:
    """What is known is put in, also in brackets and comparisons; the rest is still a template."""
    assert substitute(text, EACH) == expected


def test_what_has_nothing_to_substitute_is_the_same_object() -> None:
    """A table without the roots is not copied."""
    value = {"a": ["{{operations.x}}", PLAIN]}
    assert substitute(value, EACH) is value


def test_a_value_put_in_is_not_read_as_a_template_later() -> None:
    """Braces, quotes and backslashes survive the second resolution, alone, in a text and in a comparison."""
    odd = EACH["each"]["odd"]
    later = {"operations": {"x": odd}}
    for text, expected in [
        ("{{each.odd}}", odd),
        ("{{each}}", EACH["each"]),
        ("-{{each.odd}}{{operations.x}}", f"-{odd}{odd}"),
        ("{{operations.x == each.odd}}", True),
    ]:
        assert resolve_value(substitute(text, EACH), later) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{{operations.x == each.value}}",
            (
                "{{operations.x == each.value}}: only text, finite numbers, true, false and null "
                "can be written in an expression"
            ),
        ),
        (
            "{{operations[each.value].x}}",
            (
                "{{operations[each.value].x}}: only text or a whole number can stand in brackets, "
                "and each.value is neither"
            ),
        ),
        (
            "{{each.value[operations.x]}}",
            "{{each.value[operations.x]}}: operations.x is not known yet when each.value[operations.x] is looked up",
        ),
    ],
)
def test_what_cannot_be_written_in_place_is_refused(text: str, message: str) -> None:
    """Rather than a wrong answer later."""
    with pytest.raises(UnusableValue) as caught:
        substitute(text, EACH)
    assert caught.value.message == message


ALIVE = {
    "each": {
        "value": {"ip": "{{operations.db.ip}}", "text": r"\{{x}}", "two": "{{operations.a}}{{operations.b}}"},
        "key": "{{operations.k}}",
    }
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{each.value.ip}}", "{{operations.db.ip}}"),
        ("ip={{each.value.ip}};", "ip={{operations.db.ip}};"),
        ("{{each.value.two}}!", "{{operations.a}}{{operations.b}}!"),
        ("{{each.value.ip == 'x'}}", '{{operations.db.ip == "x"}}'),
        ("{{operations.x == each.value.text}}", '{{operations.x == "{{x}}"}}'),
        ("{{operations.web[each.key]}}", "{{operations.web[operations.k]}}"),
    ],
)
def test_values_that_are_templates_keep_their_references(text: str, expected: str) -> None:
    """An author may write references in the values that a loop goes over."""
    assert substitute(text, ALIVE, are_templates=True) == expected


def test_a_text_of_several_references_cannot_be_compared_yet() -> None:
    """There is no way to write it in an expression."""
    with pytest.raises(UnusableValue) as caught:
        substitute("{{each.value.two == 'x'}}", ALIVE, are_templates=True)
    assert caught.value.message == (
        '{{each.value.two == "x"}}: a value with more than one reference in it cannot be compared or looked up'
    )


def test_an_escaped_value_resolves_to_itself() -> None:
    """`escape` makes template text of any value."""
    value = {"a": ["{{x}}", r"\{{", "plain"]}
    assert resolve_value(escape(value), {}) == value
    assert parse(escape("{{{")).resolve({}) == "{{{"
