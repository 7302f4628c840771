"""What a schema calls a secret is found wherever it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.dispatch import JsonSchema

SECRET = {"writeOnly": True}


def secrets(schema, value):
    """Return the paths that are found."""
    return JsonSchema(schema, extension="x", subject="options of x").secrets(value)


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"properties": {"a": SECRET, "b": {"type": "string"}}}, {"a": 1, "b": 2}, [("a",)]),
        ({"properties": {"a": {"type": "string", "format": "password"}}}, {"a": 1, "c": 1}, [("a",)]),
        ({"properties": {"a": {"properties": {"b": SECRET}}}}, {"a": {"b": 1, "c": 2}}, [("a", "b")]),
        ({"properties": {"a": SECRET}}, {}, []),
        ({"additionalProperties": SECRET, "properties": {"b": {}}}, {"a": 1, "b": 1}, [("a",)]),
        ({"patternProperties": {"^x": SECRET, "(": SECRET}}, {"xa": 1, "ax": 1}, [("xa",)]),
        ({"properties": {"a": {"items": {"properties": {"b": SECRET}}}}}, {"a": [{}, {"b": 1}]}, [("a",)]),
        ({"properties": {"a": {"prefixItems": [SECRET]}}}, {"a": [1]}, [("a",)]),
        ({"properties": {"a": {"$ref": "#/$defs/s"}}, "$defs": {"s": SECRET}}, {"a": 1}, [("a",)]),
        ({"properties": {"a": {"anyOf": [{"type": "null"}, SECRET]}}}, {"a": 1}, [("a",)]),
        ({"if": {}, "then": {"properties": {"a": SECRET}}}, {"a": 1}, [("a",)]),
        ({"properties": {"a": {"$ref": "#/$defs/a~1b~0"}}, "$defs": {"a/b~": SECRET}}, {"a": 1}, [("a",)]),
        (SECRET, {"a": 1}, [()]),
    ],
)
def test_where_secrets_stand(schema, value, expected):
    """In tables, in lists (the whole list), behind references inside the schema, and in each branch."""
    assert secrets(schema, value) == expected


def test_a_schema_in_a_circle_ends():
    """Two references to itself in each step would otherwise take for ever."""
    schema = {
        "allOf": [{"$ref": "#"}, {"$ref": "#"}],
        "additionalProperties": {"$ref": "#"},
        "properties": {"a": SECRET},
    }
    assert secrets(schema, {"b": {"b": {"a": 1}}, "a": 1}) == [("b", "b", "a"), ("a",)]


KEYS = st.sampled_from(["a", "properties", "items", "$ref", "anyOf", "writeOnly", "#"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON, JSON)
def test_what_is_no_schema_says_nothing_and_raises_nothing(schema, value):
    """It is a stranger's; whether it is a schema is asked elsewhere."""
    assert isinstance(secrets(schema, value), list)
