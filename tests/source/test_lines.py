"""Each key knows its line, in each format, however it is written."""

import json
import tomllib
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from provisioning.errors import ConfigurationError, Problem
from provisioning.source import dotted, parse_source, split_key

TOML = '''\
# a comment = 1
name = "x"            # [not.a.table]
text = """
[also.not.a.table]
key = 1 \\""" still
"""
other = \'\'\'
[[no]]\'\'\'
numbers = [
  1, # ]
  "]",
  { a = "}" },
]
"quoted.key".\'and more\' = { inner = 1 }
last."with \\"escape" = 1

[paths]
base = "/"
[providers."my cloud"]
type = "x"
[[operations]]
id = "a"
  [operations.parameters]
  size = 1
  [[operations.steps]]
  n = 1
  [[operations.steps]]
  n = 2
[[ operations ]]
id = "b"
[operations . parameters]
size = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("text",), 3),
        (("other",), 7),
        (("numbers",), 9),
        (("numbers", 2, "a"), 9),
        (("quoted.key", "and more"), 14),
        (("quoted.key", "and more", "inner"), 14),
        (("last", 'with "escape'), 15),
        (("paths",), 17),
        (("paths", "base"), 18),
        (("providers", "my cloud", "type"), 20),
        (("operations", 0), 21),
        (("operations", 0, "id"), 22),
        (("operations", 0, "kind"), 21),
        (("operations", 0, "parameters", "size"), 24),
        (("operations", 0, "steps", 1, "n"), 28),
        (("operations", 1), 29),
        (("operations", 1, "id"), 30),
        (("operations", 1, "parameters", "size"), 32),
        (("nowhere",), None),
        ((), None),
    ],
)
def test_lines_of_toml(path: tuple[str | int, ...], line: int | None) -> None:
    """Headers, arrays of tables, dotted and quoted keys and values of many lines are all told apart."""
    assert line == parse_source(TOML, "toml", "doc").line_of(path)


def test_lines_of_json() -> None:
    """Keys and items have lines; what is not written has the line of what is around it."""
    text = '{\n "a": [\n  1,\n  {"b": "}",\n   "c\\"": null}\n ],\n "d": {},\n "e": [[], [\n2]]\n}'
    source = parse_source(text, "json", "doc")
    places = [("a",), ("a", 0), ("a", 1), ("a", 1, "b"), ("a", 1, 'c"'), ("d",), ("d", "x"), ("e", 1, 0)]
    assert [source.line_of(place) for place in places] == [2, 3, 4, 4, 5, 7, 7, 9]


def test_lines_of_yaml() -> None:
    """Block and flow style alike; what an alias repeats has the line of the alias."""
    text = "a:\n- 1\n-\n  b: 2\n  c: {d: 3,\n    e: 4}\nf: &f\n  g: 1\nh: *f\ni: |\n  a: 1\nj: [1,\n 2]\n"
    source = parse_source(text, "yaml", "doc")
    places = [
        ("a", 0),
        ("a", 1, "b"),
        ("a", 1, "c", "d"),
        ("a", 1, "c", "e"),
        ("f", "g"),
        ("h", "g"),
        ("i",),
        ("j", 1),
    ]
    assert [source.line_of(place) for place in places] == [2, 4, 5, 6, 8, 9, 10, 13]


def test_a_problem_carries_its_place() -> None:
    """File, line and dotted key come with the message."""
    source = parse_source("a: 1\noperations:\n- {id: x}\n- {id: y}\n", "yaml", "flow.yaml")
    assert Problem("is needed", "flow.yaml", 4, "operations[1].kind", "add it") == source.problem(
        ("operations", 1, "kind"), "is needed", "add it"
    )
    assert str(source.problem((), "is odd")) == "flow.yaml: is odd"


keys = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6)
values = st.recursive(
    st.none() | st.integers() | keys,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
)


def every_path(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the paths of all keys and items in a value, in their order."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in pairs for found in ((*path, key), *every_path(item, (*path, key)))]


@given(st.dictionaries(keys, values, min_size=1, max_size=4))
def test_every_key_of_a_json_document_has_a_line_of_its_own(data: dict[str, Any]) -> None:
    """In an indented text, lines grow with the order of the keys."""
    source = parse_source(json.dumps(data, indent=1), "json", "doc")
    lines = [source.line_of(path) for path in every_path(data)]
    assert sorted(set(lines), key=lambda line: line or 0) == lines


bare = st.from_regex(r"[a-z_-]{1,4}", fullmatch=True)


@given(st.dictionaries(bare, st.dictionaries(keys, st.text(max_size=8), max_size=4), min_size=1, max_size=4))
def test_every_key_of_a_toml_document_has_its_line(data: dict[str, dict[str, str]]) -> None:
    """Whatever a quoted key or a text holds, the scanner stays in step."""
    lines: list[str] = []
    expected: dict[tuple[str, ...], int] = {}
    for table, content in data.items():
        lines.append(f"[{table}]")
        expected[(table,)] = len(lines)
        for key, value in content.items():
            lines.append(f"{toml_text(key)} = {toml_text(value)}")
            expected[table, key] = len(lines)
    text = "\n".join(lines)
    assert data == tomllib.loads(text)
    source = parse_source(text, "toml", "doc")
    assert expected == {path: source.line_of(path) for path in expected}


def toml_text(text: str) -> str:
    """Write a basic string."""
    return json.dumps(text, ensure_ascii=True).encode("utf-8").decode() if text.isascii() else quoted(text)


def quoted(text: str) -> str:
    """Write a basic string with what TOML does not allow in it escaped."""
    return '"' + "".join(f"\\U{ord(character):08X}" for character in text) + '"'


@given(st.dictionaries(bare, st.lists(bare, min_size=1, max_size=3), min_size=1, max_size=4))
def test_every_item_of_a_yaml_document_has_its_line(data: dict[str, list[str]]) -> None:
    """In block style, each item stands on a line of its own."""
    text = yaml.safe_dump(data, default_flow_style=False, sort_keys=False)
    source = parse_source(text, "yaml", "doc")
    paths = every_path(yaml.safe_load(text))
    assert list(range(1, len(paths) + 1)) == [source.line_of(path) for path in paths]


@given(st.lists(st.text(max_size=5), min_size=1, max_size=4))
def test_a_dotted_key_is_read_back(names: list[str]) -> None:
    """Quotes are put where they are needed."""
    assert tuple(names) == split_key(dotted(names))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a.b-c", ("a", "b-c")),
        ("a.'x.y'", ("a", "x.y")),
        ('a."b\\q"', ("a", "b\\q")),
        ("a.größe", ("a", "größe")),
    ],
)
def test_a_key_may_be_quoted_as_in_toml(text: str, names: tuple[str, ...]) -> None:
    """Either quote will do."""
    assert names == split_key(text)


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "a b", "a = 0 #", '"a"b', "a[0]"])
def test_what_is_no_key_is_refused(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ConfigurationError) as caught:
        split_key(text)
    assert f"{text!r} is not a key" == caught.value.message
