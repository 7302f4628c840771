"""A text with references gives values, and nothing in it is ever run."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from provisioning.template import (
    STAR,
    Reference,
    TemplateError,
    TemplateSyntaxError,
    UnknownReference,
    UnusableValue,
    parse,
)

DATA: dict[str, Any] = {
    "operations": {
        "db": {"result": {"ips": ["10.0.0.1", "10.0.0.2"], "status": 200, "note": None, "is_up": True}},
        "web": {"a": {"id": "i-1"}, "b": {"id": "i-2"}},
    },
    "each": {"key": "a", "number": 1, "list": ["x"], "braces": "{{each.key}}"},
    "odd": {"with space": {"0": "zero"}, "dash-ed": 1.5},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("", ""),
        ("{{operations.db.result.ips[0]}}", "10.0.0.1"),
        ("{{ operations.db.result.ips[-1] }}", "10.0.0.2"),
        ("{{operations.db.result.status}}", 200),
        ("{{operations.db.result.note}}", None),
        ("{{operations.db.result.ips}}", ["10.0.0.1", "10.0.0.2"]),
        ("{{operations.web[*].id}}", ["i-1", "i-2"]),
        ("{{operations.db.result.ips[*]}}", ["10.0.0.1", "10.0.0.2"]),
        ("{{operations.web[each.key].id}}", "i-1"),
        ("{{operations.db.result.ips[each.number]}}", "10.0.0.2"),
        ('{{odd["with space"]["0"]}}', "zero"),
        ("{{odd['with space'].0}}", "zero"),
        ("{{odd.dash-ed}}", 1.5),
        ("{{each.braces}}", "{{each.key}}"),
    ],
)
def test_a_text_that_is_one_reference_keeps_the_type(text: str, value: Any) -> None:
    """Lists, numbers and null come through as they are."""
    assert parse(text).resolve(DATA) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("DB={{operations.db.result.ips[0]}}:5432", "DB=10.0.0.1:5432"),
        ("{{each.key}}{{each.number}}", "a1"),
        ("up: {{operations.db.result.is_up}}", "up: true"),
        ("{{operations.db.result.ips}}!", '["10.0.0.1","10.0.0.2"]!'),
        ("{{odd}} ", '{"with space":{"0":"zero"},"dash-ed":1.5} '),
        ('{"key": {{each.number}}}', '{"key": 1}'),
        ("{{{each.key}}}", "{a}"),
        ("say {{each.braces}}", "say {{each.key}}"),
        (r"\{{each.key}} is {{each.key}}", "{{each.key}} is a"),
        (r"\{{", "{{"),
        (r"a \ b \\{{ c", r"a \ b \{{ c"),
        ("}} { }", "}} { }"),
        ("ü {{each.key}} \n", "ü a \n"),
    ],
)
def test_a_value_inside_a_text_is_written_as_text(text: str, value: str) -> None:
    """Tables and lists become compact JSON; a backslash keeps two braces as they are."""
    assert parse(text).resolve(DATA) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{operations.db.result.status == 200}}", True),
        ("{{operations.db.result.status != 200}}", False),
        ("{{operations.db.result.status>=200}}", True),
        ("{{operations.db.result.status < 200.5}}", True),
        ("{{operations.db.result.status > 1e3}}", False),
        ("{{200 <= operations.db.result.status}}", True),
        ("{{each.key == 'a'}}", True),
        ('{{each.key < "b"}}', True),
        ("{{operations.db.result.note == null}}", True),
        ("{{operations.db.result.is_up == true}}", True),
        ("{{operations.db.result.is_up == 1}}", False),
        ("{{not operations.db.result.is_up}}", False),
        ("{{not each.key == 'b'}}", True),
        ("{{not operations.db.result.note}}", True),
        ("{{'it\\'s \\u00e9\\n\\\\'}}", "it's é\n\\"),
        ('{{"}}"}}', "}}"),
        ("{{-3}}", -3),
        ("{{false}}", False),
        ("is {{each.number == 1}}", "is true"),
    ],
)
def test_expressions(text: str, value: Any) -> None:
    """Comparisons, negation and constants; true is not 1."""
    assert parse(text).resolve(DATA) == value


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "{{operations.db.reslt.ips}}",
            "{{operations.db.reslt.ips}}: operations.db has no reslt",
            "did you mean result?",
        ),
        ("x {{operation.db}}", "{{operation.db}}: there is no operation", "did you mean operations?"),
        ("{{each.zzz}}", "{{each.zzz}}: each has no zzz", "there is braces, key, list, number"),
        (
            "{{operations.db.result.ips[2]}}",
            "{{operations.db.result.ips[2]}}: operations.db.result.ips has 2 items, and no [2]",
            "positions count from 0",
        ),
        ("{{each.list[1]}}", "{{each.list[1]}}: each.list has 1 item, and no [1]", "positions count from 0"),
        ("{{each.list.x}}", "{{each.list.x}}: each.list is a list, and has no x", "write a position: [0]"),
        ("{{each.key.x}}", "{{each.key.x}}: each.key is text, and has no x", None),
        ("{{each.number[0]}}", "{{each.number[0]}}: each.number is a number, and has no [0]", None),
        ("{{each[0]}}", "{{each[0]}}: each is a table, and has no [0]", None),
        ("{{each.key[*]}}", "{{each.key[*]}}: each.key is text, and [*] needs a list or a table", None),
        (
            "{{operations.db.result.is_up[*]}}",
            (
                "{{operations.db.result.is_up[*]}}: operations.db.result.is_up is true or false, "
                "and [*] needs a list or a table"
            ),
            None,
        ),
        (
            "{{operations.db.result.note.x}}",
            "{{operations.db.result.note.x}}: operations.db.result.note is null, and has no x",
            None,
        ),
    ],
)
def test_what_is_not_there_is_named(text: str, message: str, hint: str | None) -> None:
    """The message has the whole reference and the part that is missing; near names are suggested."""
    with pytest.raises(UnknownReference) as caught:
        parse(text).resolve(DATA)
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a {{operations.db.result.note}}",
            "{{operations.db.result.note}} is null, and null cannot stand inside a text",
        ),
        ("{{each.key > 1}}", "{{each.key > 1}}: > compares two numbers or two texts"),
        ("{{true < false}}", "{{true < false}}: < compares two numbers or two texts"),
        (
            "{{operations[each.list]}}",
            "{{operations[each.list]}}: each.list is a list, and only text or a whole number can stand in brackets",
        ),
        (
            "{{operations[operations.db.result.is_up]}}",
            (
                "{{operations[operations.db.result.is_up]}}: operations.db.result.is_up is true or false, "
                "and only text or a whole number can stand in brackets"
            ),
        ),
    ],
)
def test_a_value_that_cannot_stand_there_is_refused(text: str, message: str) -> None:
    """The reference is right and its value is not: a different error."""
    with pytest.raises(UnusableValue) as caught:
        parse(text).resolve(DATA)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{", "{{: expected a name at the end"),
        ("{{}}", "{{}}: expected a name at '}}'"),
        ("a {{ .Name }}", "{{ .Name }}: expected a name at '.Name }}'"),
        ("{{a b}} {{c}}", "{{a b}}: expected a comparison or }} at 'b}} {{c}}'"),
        ("{{a.}}", "{{a.}}: expected a name at '}}'"),
        ("{{a[}}", "{{a[}}: expected a name at '}}'"),
        ("{{a[0}}", "{{a[0}}: expected ] at '}}'"),
        ("{{a[1.5]}}", "{{a[1.5]}}: expected a whole number before at ']}}'"),
        ("{{a == }}", "{{a == }}: expected a name at '}}'"),
        ("{{a == b == c}}", "{{a == b == c}}: expected }} at '== c}}'"),
        ("{{a = 1}}", "{{a = 1}}: expected a comparison or }} at '= 1}}'"),
        ("{{not}}", "{{not}}: expected a name at '}}'"),
        ("{{a[true]}}", "{{a[true]}}: expected a name at ']}}'"),
        ("{{a()}}", "{{a()}}: expected a comparison or }} at '()}}'"),
        ("{{'a\\q'}}", "{{'a\\q'}}: expected another escape than \\q before at '}}'"),
        ("{{'\\ud800'}}", "{{'\\ud800'}}: expected another escape than \\ud800 before at '}}'"),
        ("{{" + "9" * 50 + "}}", "{{" + "9" * 50 + "}}: expected a shorter number before at '}}'"),
        ("{{'open}}", "{{'open}}: expected a name at \"'open}}\""),
        ("{{a\n", "{{a\n: expected a comparison or }} at the end"),
        ("{{" + "x" * 99, "{{" + "x" * 58 + "...: expected a comparison or }} at the end"),
    ],
)
def test_a_broken_expression_is_refused_where_it_breaks(text: str, message: str) -> None:
    """The mistake is shown with what follows it, and the hint says how to write two braces."""
    with pytest.raises(TemplateSyntaxError) as caught:
        parse(text)
    assert caught.value.message == message
    assert caught.value.hint == r"to write {{ itself, put a backslash before it: \{{"


def test_brackets_inside_brackets_have_an_end() -> None:
    """A hostile text cannot exhaust the stack."""
    with pytest.raises(TemplateSyntaxError) as caught:
        parse("{{" + "a[" * 100_000)
    assert "expected fewer brackets inside brackets" in caught.value.message


def test_references_are_listed_with_those_in_brackets() -> None:
    """This is what makes an edge of a workflow's graph."""
    template = parse("{{operations.web[each.key].id}} {{a == b[*]}} {{'c'}}")
    assert [str(reference) for reference in template.references] == [
        "operations.web[each.key].id",
        "each.key",
        "a",
        "b[*]",
    ]
    assert template.references[0] == Reference("operations", ("web", Reference("each", ("key",)), "id"))
    assert template.references[3] == Reference("b", (STAR,))


def test_equal_texts_share_one_template() -> None:
    """Ten thousand operations with one text parse it once; a very long text is not kept."""
    assert parse("{{each.key}}") is parse("{{each.key}}")
    long = "x" * 20_000 + "{{each.key}}"
    assert parse(long) is not parse(long)
    assert parse(long) == parse(long)


def test_a_root_may_be_looked_up_by_a_function() -> None:
    """A function answers for the first name only, and KeyError means that it does not know it."""
    assert parse("{{a.b}}").resolve(lambda root: {"b": root}) == "a"
    with pytest.raises(UnknownReference) as caught:
        parse("{{a.b}}").resolve({}.__getitem__)
    assert (caught.value.message, caught.value.hint) == ("{{a.b}}: there is no a", None)


class Lazy(Mapping[str, Any]):
    """A table that computes its values when they are asked for."""

    def __getitem__(self, key: str) -> Any:
        if key not in {"x", "inner"}:
            raise KeyError(key)
        return Lazy() if key == "inner" else key

    def __iter__(self) -> Iterator[str]:
        return iter(["x"])

    def __len__(self) -> int:
        return 1


def test_any_mapping_is_a_table_and_comes_back_as_a_plain_one() -> None:
    """Only what is asked for is computed, and what comes out is data."""
    assert parse("{{lazy.inner.inner.x}}").resolve({"lazy": Lazy()}) == "x"
    value = parse("{{lazy.inner}}").resolve({"lazy": Lazy()})
    assert (type(value), value) == (dict, {"x": "x"})
    assert parse("{{a}}!").resolve({"a": [Lazy()]}) == '[{"x":"x"}]!'


def test_attributes_are_out_of_reach() -> None:
    """Only keys and positions are followed: an object has none."""
    with pytest.raises(UnknownReference):
        parse("{{a.__class__}}").resolve({"a": "text"})
    with pytest.raises(TemplateError):
        parse("{{a}}!").resolve({"a": object()})
