"""A document is plain data, the same in each format, or a list of what is wrong with it."""

import json
import tomllib
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from provisioning.errors import ConfigurationError
from provisioning.source import MAX_DEPTH, parse_source


def problems(text: str, form: str) -> list[str]:
    """Return what is wrong with a text, as people see it."""
    with pytest.raises(ConfigurationError) as caught:
        parse_source(text, form, "doc")
    return [str(problem) for problem in caught.value.problems] or [caught.value.message]


@pytest.mark.parametrize(
    ("form", "text", "message"),
    [
        ("toml", "a = 1\nb = \n", "doc:2: is not valid TOML: Invalid value (column 5)"),
        ("toml", 'a = """\n', "doc:2: is not valid TOML: Unterminated string (the text ends here)"),
        ("json", '{"a": 1,\n "b" 2}', "doc:2: is not valid JSON: Expecting ':' delimiter (column 6)"),
        (
            "yaml",
            "a: 1\nb: [1\nc: 2\n",
            "doc:3: is not valid YAML: did not find expected ',' or ']' while parsing a flow sequence (column 2)",
        ),
    ],
)
def test_a_syntax_error_has_its_line_and_column(form: str, text: str, message: str) -> None:
    """The parser's own words, and where it stopped."""
    assert [message] == problems(text, form)


def test_control_characters_are_refused_in_yaml() -> None:
    """The reader below the parser has its own error, which is translated too."""
    (message,) = problems("a: \x01", "yaml")
    assert message.startswith(("doc: is not valid YAML: ", "doc:1: is not valid YAML: "))


@pytest.mark.parametrize(
    ("form", "text", "kind"),
    [
        ("json", "[1]", "a list"),
        ("json", "null", "null"),
        ("json", "7", "a number"),
        ("json", "true", "true or false"),
        ("yaml", "- 1", "a list"),
        ("yaml", "words", "text"),
    ],
)
def test_the_top_level_is_a_table(form: str, text: str, kind: str) -> None:
    """A document is keys and values; the message says what it is instead."""
    assert [f"doc: must be a table of keys and values, not {kind}"] == problems(text, form)


def test_a_key_written_twice_is_refused_in_toml() -> None:
    """The standard library sees it; a hint says what it means."""
    with pytest.raises(ConfigurationError) as caught:
        parse_source("a = 1\na = 2\n", "toml", "doc")
    assert caught.value.message == "doc:2: is not valid TOML: Cannot overwrite a value (column 6)"
    assert caught.value.hint == "the same key or table is written twice"


def test_all_keys_written_twice_are_found_in_json() -> None:
    """Every repetition is reported with its own line, at any depth."""
    text = '{"a": 1,\n"b": [{"c": 1,\n"c": 2}],\n"a": 3}'
    assert problems(text, "json") == ["doc:3: b[0].c: is written twice", "doc:4: a: is written twice"]


def test_all_mistakes_are_found_in_yaml() -> None:
    """Keys written twice, keys that are not text, tags and impossible dates are reported together."""
    text = "a: 1\na: 2\n3: x\non: x\nt: !!python/object:os.system x\nd: 2024-13-45\n? [1]\n: 2\nl: !!set {x}\n"
    assert problems(text, "yaml") == [
        "doc:2: a: is written twice",
        "doc:3: the key 3 is not text but a number",
        "doc:4: the key on is not text but true or false",
        "doc:5: t: the tag !!python/object:os.system is not allowed",
        "doc:6: d: '2024-13-45' is not a date",
        "doc:7: a key must be text, not a mapping or a list",
        "doc:9: l: the tag !!set is not allowed",
    ]


def test_a_second_yaml_document_is_refused() -> None:
    """One file is one document; nothing is dropped in silence."""
    assert problems("a: 1\n---\na: 2\n", "yaml") == ["doc:2: a second document begins here"]


def test_yaml_anchors_and_merges_are_read() -> None:
    """What people use to write a thing once works, and a key of one's own wins over a merged one."""
    text = (
        "base: &base {size: small, zone: a}\nkey: &k name\n"
        "one: {<<: *base, zone: b}\ntwo: {<<: [{x: 1}, *base], y: *base}\n*k : 1\n"
    )
    data = parse_source(text, "yaml", "doc").data
    assert data["one"] == {"size": "small", "zone": "b"}
    assert data["two"] == {"x": 1, "size": "small", "zone": "a", "y": {"size": "small", "zone": "a"}}
    assert data["name"] == 1
    assert yaml.safe_load(text.replace("*k : 1\n", "name: 1\n")) == data


def test_a_merge_of_something_else_is_refused() -> None:
    """Only mappings can be merged."""
    assert problems("a: {<<: 1}", "yaml") == ['doc:1: a."<<": merges mappings only']


def test_a_value_cannot_hold_itself() -> None:
    """An alias inside its own anchor would be endless."""
    assert problems("a: &x [*x]", "yaml") == ["doc:1: a[0]: *x names nothing complete before it"]


def test_aliases_that_explode_are_refused() -> None:
    """The document known as a billion laughs is stopped long before its end."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    (message,) = problems("\n".join(lines), "yaml")
    assert message == "doc:6: the aliases up to here stand for more than 1,000,000 values"


@pytest.mark.parametrize(
    ("form", "opening", "closing"),
    [("toml", "a = [", "]"), ("json", '{"a": [', "]}"), ("yaml", "a: [", "]")],
)
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 200_000])
def test_deep_nesting_is_refused_and_kills_nothing(form: str, opening: str, closing: str, depth: int) -> None:
    """A document of nothing but brackets is an error, in every format and at any depth."""
    text = opening + "[" * (depth - 1) + "]" * (depth - 1) + closing
    (message,) = problems(text, form)
    assert "nested" in message
    assert "deep" in message


def test_deep_but_reasonable_nesting_is_read() -> None:
    """The limit leaves room for anything that people write."""
    depth = MAX_DEPTH - 2
    text = '{"a": ' + "[" * depth + "]" * depth + "}"
    for form in ("json", "yaml"):
        assert json.loads(text) == parse_source(text, form, "doc").data


def test_dates_become_text() -> None:
    """TOML and YAML have dates, JSON has not: all three give ISO 8601 text."""
    toml = parse_source("a = 2024-01-02\nb = [2024-01-02T03:04:05Z]\nc = 03:04:05\n", "toml", "doc")
    assert toml.data == {"a": "2024-01-02", "b": ["2024-01-02T03:04:05+00:00"], "c": "03:04:05"}
    assert parse_source("a: 2024-01-02\n", "yaml", "doc").data == {"a": "2024-01-02"}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("json", '{"x": 1,\n"a": [NaN, Infinity, 1e999]}'),
        ("toml", "x = 1\na = [nan, inf, 1e999]"),
        ("yaml", "x: 1\na: [.nan, .inf, 1.0e+999]"),
    ],
)
def test_numbers_that_are_not_finite_are_refused(form: str, text: str) -> None:
    """Each one is reported, with its place."""
    assert problems(text, form) == [
        "doc:2: a[0]: nan is not a number that a document may hold",
        "doc:2: a[1]: inf is not a number that a document may hold",
        "doc:2: a[2]: inf is not a number that a document may hold",
    ]


@pytest.mark.parametrize(("form", "text"), [("json", '{"a": %s}'), ("toml", "a = %s"), ("yaml", "a: %s")])
def test_a_number_of_too_many_digits_is_refused(form: str, text: str) -> None:
    """The interpreter's own bound is an error of the document, not a crash."""
    (message,) = problems(text % ("9" * 5000), form)
    assert message.startswith("doc")


def test_half_a_surrogate_pair_is_refused() -> None:
    """Such text could be neither stored nor sent."""
    assert problems('{"a": "\\ud800"}', "json") == ["doc:1: a: holds half of a surrogate pair, which is not text"]


def test_values_without_dates_are_not_copied() -> None:
    """A big document is checked in place."""
    text = json.dumps({"a": [{"b": "c"}] * 3})
    assert json.loads(text) == parse_source(text, "json", "doc").data


keys = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    keys,
)
tables = st.dictionaries(
    keys,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)),
    min_size=1,
    max_size=4,
)


@given(tables)
def test_json_text_is_read_as_the_standard_library_reads_it(data: dict[str, Any]) -> None:
    """What was written comes back, whatever it is."""
    assert data == parse_source(json.dumps(data, indent=1), "json", "doc").data


@given(tables)
def test_yaml_text_is_read_as_pyyaml_reads_it(data: dict[str, Any]) -> None:
    """Our builder gives what the safe loader gives."""
    text = yaml.safe_dump(data, allow_unicode=True)
    assert yaml.safe_load(text) == parse_source(text, "yaml", "doc").data


def test_toml_is_the_standard_librarys() -> None:
    """Nothing is lost or added on the way."""
    text = 'a.b = [1, {c = "x"}]\n[[t]]\nx = true\n'
    assert tomllib.loads(text) == parse_source(text, "toml", "doc").data


def test_a_big_document_is_read_in_each_format() -> None:
    """Ten thousand operations are nothing out of the ordinary."""
    operations = [{"id": f"op{n}", "kind": "command", "parameters": {"n": n}} for n in range(10_000)]
    document = {"operations": operations}
    assert document == parse_source(json.dumps(document), "json", "doc").data
    text = "\n".join(f"- {{id: op{n}, kind: command, parameters: {{n: {n}}}}}" for n in range(10_000))
    assert document == parse_source(f"operations:\n{text}", "yaml", "doc").data
