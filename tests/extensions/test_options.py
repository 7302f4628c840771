"""What a user configures of an extension: checked against its schema, and filled up from it."""

import json

import pytest

from provisioning.errors import ConfigurationError, ExtensionBroken, Problem
from provisioning.extensions import Status, checked_options, config_problems
from tests.extensions.shop import manifest

SCHEMA = {
    "type": "object",
    "required": ["token"],
    "additionalProperties": False,
    "properties": {
        "token": {"type": "string"},
        "region": {"enum": ["eu", "us"], "default": "eu"},
        "retry": {"type": "object", "properties": {"attempts": {"type": "integer", "default": 3}}},
    },
}


def record_with(shop, one, schema: str):
    """Return the record of an extension with this schema."""
    text = manifest(more='[config]\nschema = "config.schema.json"')
    return one(project=shop.folder("audit", text, {"config.schema.json": schema}))


def test_options_that_fit_are_filled_up(shop, one):
    """Defaults come from the schema, in inner tables too."""
    record = record_with(shop, one, json.dumps(SCHEMA))
    assert checked_options(record, {"token": "x", "retry": {}}) == {
        "token": "x",
        "region": "eu",
        "retry": {"attempts": 3},
    }
    assert config_problems(record, {"token": "x"}) == []


def test_all_problems_come_with_their_place(shop, one):
    """The place is the caller's to say; without one it is the key."""
    record = record_with(shop, one, json.dumps(SCHEMA))
    options = {"regin": "eu", "retry": {"attempts": "many"}}

    def place(path, message):
        return Problem(message, "config.toml", 7, ".".join(["providers", "eu", *map(str, path)]))

    with pytest.raises(ConfigurationError) as caught:
        checked_options(record, options, place, subject="[providers.eu]")
    assert str(caught.value) == (
        "[providers.eu] has 3 problems:\n"
        "  config.toml:7: providers.eu: lacks the key 'token'\n"
        "  config.toml:7: providers.eu.regin: is not known here; did you mean 'region'?\n"
        "  config.toml:7: providers.eu.retry.attempts: must be an integer, not text"
    )
    assert [str(problem) for problem in config_problems(record, options)] == [
        "lacks the key 'token'",
        "regin: is not known here; did you mean 'region'?",
        "retry.attempts: must be an integer, not text",
    ]


def test_without_a_schema_everything_fits(shop, one):
    """The options come back as they are."""
    record = one(project=shop.folder("audit"))
    assert checked_options(record, {"a": 1}) == {"a": 1}
    assert config_problems(record, {"a": 1}) == []


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("{", "{place}/config.schema.json:1: is not valid JSON: "),
        ('{"type": "thing"}', "the schema of the configuration of extension audit is no JSON Schema: 'thing' is not"),
        ("[1]", "{place}/config.schema.json: must be a table of keys and values, not a list"),
    ],
)
def test_a_schema_that_is_none(shop, one, schema, message):
    """It is the extension's defect, said with the file, and the record says so."""
    record = record_with(shop, one, schema)
    place = f"{shop.root}/extensions/audit"
    with pytest.raises(ExtensionBroken) as caught:
        checked_options(record, {"a": 1})
    prefix = f"extension audit 1.0 (project folder {place}): "
    assert str(caught.value).startswith(prefix + message.replace("{place}", place))
    assert (record.status, [str(problem.code) for problem in record.problems]) == (
        Status.INVALID,
        ["config_schema_invalid"],
    )
