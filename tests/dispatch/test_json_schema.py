"""JSON Schemas of extensions: what is said of a value that does not fit, and which shortcuts are taken."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from provisioning.dispatch.json_schema import JsonSchema
from provisioning.dispatch.quick_check import quick_check
from provisioning.errors import ExtensionBroken


def schema(document) -> JsonSchema:
    """Return a schema of the extension `cloud`."""
    return JsonSchema(document, extension="cloud", subject="parameters")


def is_reference(text: str) -> bool:
    """Say that text holds a reference."""
    return "{{" in text


@pytest.mark.parametrize(
    ("document", "value", "expected"),
    [
        ({"type": "string"}, 1, [((), "must be text, not an integer")]),
        ({"type": ["integer", "null"]}, True, [((), "must be an integer or null, not true or false")]),
        ({"type": "object"}, None, [((), "must be a table, not null")]),
        ({"enum": ["small", "big"]}, "smal", [((), "must be one of 'small', 'big'; did you mean 'small'?")]),
        ({"enum": [1, 2]}, 3, [((), "must be one of 1, 2")]),
        ({"const": 5}, 4, [((), "must be 5")]),
        ({"pattern": "^a"}, "b", [((), "must match the pattern ^a")]),
        ({"minLength": 1}, "", [((), "must not be empty")]),
        ({"minLength": 2}, "a", [((), "must have at least 2 characters")]),
        ({"maxLength": 1}, "ab", [((), "must have at most 1 characters")]),
        ({"minItems": 1}, [], [((), "must not be empty")]),
        ({"maxItems": 1}, [1, 2], [((), "must have at most 1 items")]),
        ({"uniqueItems": True}, [1, 1], [((), "must not hold the same item twice")]),
        ({"minimum": 1}, 0, [((), "must be 1 or more")]),
        ({"maximum": 1}, 2, [((), "must be 1 or less")]),
        ({"exclusiveMinimum": 0}, 0, [((), "must be more than 0")]),
        ({"exclusiveMaximum": 0}, 0, [((), "must be less than 0")]),
        ({"multipleOf": 2}, 3, [((), "must be a multiple of 2")]),
        ({"minProperties": 2}, {}, [((), "must have at least 2 keys")]),
        ({"maxProperties": 0}, {"a": 1}, [((), "must have at most 0 keys")]),
        ({"required": ["a", "b"]}, {}, [((), "lacks the key 'a'"), ((), "lacks the key 'b'")]),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, [((), "lacks the key 'b', which 'a' needs")]),
        ({"items": {"type": "string"}}, ["a", 1, 2.5], [
            ((1,), "must be text, not an integer"), ((2,), "must be text, not a number"),
        ]),
        ({"prefixItems": [True], "items": False}, [1, 2], [((), "has more items than are allowed")]),
        ({"contains": {"const": 1}}, [], [((), "lacks an item that it must hold")]),
        ({"not": {"type": "string"}}, "a", [((), "is not allowed here")]),
        ({"properties": {"a": False}}, {"a": 1}, [((), "holds something that is not allowed")]),
        ({"additionalProperties": False}, {"a": 1}, [(("a",), "is not known here")]),
        (
            {"additionalProperties": False, "properties": {"size": {}}, "patternProperties": {"^x-": {}}},
            {"siz": 1, "x-y": 2, "other": 3},
            [(("siz",), "is not known here; did you mean 'size'?"), (("other",), "is not known here; known: size")],
        ),
        (
            {"propertyNames": {"pattern": "^[A-Z]+$"}},
            {"a": "secret"},
            [((), "has the key 'a', which must match the pattern ^[A-Z]+$")],
        ),
        (
            {"properties": {"propertyNames": {"minLength": 9}}},
            {"propertyNames": "secret"},
            [(("propertyNames",), "must have at least 9 characters")],
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            5,
            [((), "must be text or a list, not an integer")],
        ),
        (
            {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            ["a", 1],
            [((1,), "must be text, not an integer")],
        ),
        (
            {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {},
            [((), "fits none of the 2 forms that are allowed here")],
        ),
        (
            {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"a": 1, "b": 2},
            [((), "fits more than one of the forms that are allowed here")],
        ),
        (
            {"unevaluatedProperties": False},
            {"a": 1},
            [((), "does not satisfy 'unevaluatedProperties' of the schema")],
        ),
        ({"$ref": "#/$defs/word", "$defs": {"word": {"type": "string"}}}, 1, [((), "must be text, not an integer")]),
    ],
)  # fmt: skip
def test_each_keyword_in_words(document, value, expected):
    """Everything wrong is said with its path, in words for the person who wrote the value."""
    assert schema(document).problems(value) == expected


def test_no_message_holds_the_value():
    """It may be a secret."""
    document = {
        "properties": {
            "a": {"type": "integer"}, "b": {"enum": ["x"]}, "c": {"pattern": "^x"}, "d": {"not": {}}, "e": {"const": 1},
            "f": {"oneOf": [{"type": "integer"}, {"maxLength": 1}]}, "g": {"unevaluatedItems": False},
        }
    }  # fmt: skip
    value = {**dict.fromkeys("abcdef", "hunter2"), "g": ["hunter2"]}
    problems = schema(document).problems(value)
    assert [path for path, _ in problems] == [("a",), ("b",), ("c",), ("d",), ("e",), ("f",), ("g",)]
    assert "hunter2" not in str(problems)


@pytest.mark.parametrize(
    ("document", "value"),
    [
        ({"type": "integer"}, "{{a}}"),
        ({"enum": ["a"]}, "{{a}}"),
        ({"maxLength": 1}, "{{a}}"),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, "{{a}}"),
        ({"oneOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"a": {"const": 2}}}]}, {"a": "{{a}}"}),
        ({"not": {"properties": {"a": {"const": 1}}}}, {"a": "{{a}}"}),
        ({"uniqueItems": True}, ["{{a}}", "{{a}}"]),
        ({"contains": {"const": 1}}, ["{{a}}"]),
        ({"enum": [["a"]]}, ["{{a}}"]),
        ({"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}}, {"a": "{{a}}"}),
        ({"items": {"type": "integer"}}, [1, "{{a}}"]),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema", "items": {"$ref": "#"}, "type": "array"}, ["{{"]),
    ],
)
def test_text_that_is_not_resolved_fits_everywhere(document, value):
    """What a reference stands for is not known yet, so nothing can be said against it."""
    assert schema(document).problems(value, is_reference) == []


def test_what_is_wrong_beside_a_reference_is_still_said():
    """A reference excuses itself alone."""
    document = {"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["c"]}
    assert schema(document).problems({"a": "{{x}}", "b": "x"}, is_reference) == [
        (("b",), "must be an integer, not text"),
        ((), "lacks the key 'c'"),
    ]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            {"properties": {"a": {"type": "text"}}},
            "is no JSON Schema: 'text' is not valid under any of the given schemas (at properties.a.type)",
        ),
        (5, "is no JSON Schema: 5 is not of type 'object', 'boolean' (at its top)"),
        (
            {"$ref": "https://example.org/schema.json"},
            "cannot be used: _WrappedReferencingError: Unresolvable: https://example.org/schema.json",
        ),
    ],
)
def test_a_schema_that_is_none_is_the_extensions_defect(document, message):
    """It is said when a value has to be checked against it; and nothing is fetched from anywhere."""
    with pytest.raises(ExtensionBroken) as caught:
        schema(document).problems({"a": 1})
    assert str(caught.value) == f"the schema of the parameters {message}"
    assert (caught.value.extension, caught.value.hint) == ("cloud", "the author of cloud has to mend the schema")


def test_a_schema_that_goes_round_in_circles():
    """It is a defect like any other, not the end of the program."""
    with pytest.raises(ExtensionBroken, match=r"^the schema of the parameters cannot be used: RecursionError"):
        schema({"$ref": "#"}).problems({})


def test_defaults_are_filled_in():
    """Where a key is not there, in inner tables too; the schema's own value is never handed out."""
    document = {
        "properties": {
            "size": {"default": "small"},
            "tags": {"default": []},
            "retry": {"properties": {"attempts": {"default": 3}, "delay": {"default": 1}}},
            "other": {"properties": {"x": {"default": 1}}},
            "plain": True,
        }
    }
    given_value = {"retry": {"attempts": 5}, "more": 1}
    filled = schema(document).filled(given_value)
    assert filled == {"size": "small", "tags": [], "retry": {"attempts": 5, "delay": 1}, "more": 1}
    filled["tags"].append("x")
    assert schema(document).filled({})["tags"] == []
    assert given_value == {"retry": {"attempts": 5}, "more": 1}


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.0, 1.0, 2.5])
    | st.sampled_from(["", "a", "ab", "abc", "small"])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
TYPE = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
LEAF = st.fixed_dictionaries(
    {},
    optional={
        "type": TYPE | st.lists(TYPE, min_size=1, max_size=2, unique=True),
        "enum": st.lists(SCALARS, min_size=1, max_size=3),
        "const": SCALARS,
        "pattern": st.sampled_from(["^a", "b$"]),
        "minLength": st.integers(0, 3),
        "maxItems": st.integers(0, 3),
        "minProperties": st.integers(0, 2),
        "minimum": st.integers(-2, 2),
        "exclusiveMaximum": st.integers(-2, 2),
        "uniqueItems": st.booleans(),
        "description": st.just("words"),
    },
)
SCHEMAS = st.recursive(
    LEAF | st.booleans(),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": TYPE,
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
            "additionalProperties": inner,
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
        },
    ),
    max_leaves=5,
)


@settings(max_examples=400)
@given(document=SCHEMAS, value=VALUES)
def test_the_quick_yes_is_never_wrong(document, value):
    """Whatever the shortcut accepts, the library accepts."""
    if quick_check(document)(value):
        assert Draft202012Validator(document).is_valid(value)


@settings(max_examples=200)
@given(document=SCHEMAS, value=VALUES)
def test_problems_are_found_where_the_library_finds_them(document, value):
    """A value has problems exactly when it is invalid."""
    assert bool(schema(document).problems(value)) is not Draft202012Validator(document).is_valid(value)


@pytest.mark.parametrize(
    "document", [None, [], {"type": "text"}, {"properties": 5}, {"pattern": "("}, {"minimum": "1"}]
)
def test_what_is_no_schema_is_never_a_quick_yes(document):
    """The shortcut is not sure of anything there."""
    assert not quick_check(document)({})


def test_plain_schemas_do_get_the_quick_yes():
    """The shortcut serves the schemas that kinds of operations really have."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "minLength": 1, "pattern": "^[a-z]"},
            "count": {"type": "integer", "minimum": 1, "default": 1},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "command": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            "state": {"enum": ["present", "absent"]},
        },
    }
    value = {"name": "web", "count": 2, "labels": {"a": "b"}, "command": ["ls"], "state": "present"}
    assert quick_check(document)(value)
