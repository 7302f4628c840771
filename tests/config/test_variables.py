"""Environment variables and options set keys, spelled as the files spell them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioning.config import Configuration
from provisioning.config.written import written_value
from provisioning.errors import ConfigurationError

Load = Callable[..., Configuration]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        (" 5 ", 5),
        ("0.5", 0.5),
        ("true", True),
        ('"5"', "5"),
        ("'5'", "5"),
        ('["a", 1]', ["a", 1]),
        ("{a = 1}", {"a": 1}),
        ("text", "text"),
        ("", ""),
        (" padded ", " padded "),
        ("True", "True"),
        ("007", "007"),
        ("123#456", "123#456"),
        ("5 # five", "5 # five"),
        ('["a#b"] # list', ["a#b"]),
        ("2024-01-02", "2024-01-02"),
        ("[2024-01-02]", "[2024-01-02]"),
        ("{a = 10:00:00}", "{a = 10:00:00}"),
        ("nan", "nan"),
        ("1e999", "1e999"),
        ("1\nother = 2", "1\nother = 2"),
        ("[" * 5000, "[" * 5000),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_a_value_is_toml_or_text(text: str, value: Any) -> None:
    """What is no TOML value, is a date or has a comment mark in it is taken as it stands."""
    assert written_value(text) == value
    assert type(written_value(text)) is type(value)


def test_names_are_matched_without_case_and_dashes(load_here: Load, tmp_path: Path) -> None:
    """A variable cannot have a dash, so an underscore stands for it where a key has one."""
    (tmp_path / "config.user.toml").write_text("[providers.aws-eu]\n[vars]\nmyKey = 1\n")
    configuration = load_here(
        environ={
            "PROVISIONING__PROVIDERS__AWS_EU__REGION": "eu-west-1",
            "provisioning__vars__MYKEY": "2",
            "PROVISIONING__PROVIDERS__NEW_ONE__TYPE": "local",
            "PROVISIONING__PROVIDERS__NEW_ONE__ZONE": "x",
            "PROVISIONING_OTHER": "ignored",
        }
    )
    assert list(configuration.providers) == ["aws-eu", "new_one"]
    assert configuration.get("providers.aws-eu.region") == "eu-west-1"
    assert configuration.get("providers.new_one") == {"type": "local", "zone": "x"}
    assert configuration.vars == {"myKey": 2}


def test_the_exact_name_wins_over_one_that_is_alike(load_here: Load, tmp_path: Path) -> None:
    """With both spellings there, the variable's own is meant; with two others, nothing is guessed."""
    (tmp_path / "config.user.toml").write_text("[vars]\na-b = 1\na_b = 2\nX-Y = 1\nx-y = 2\n")
    assert load_here(environ={"PROVISIONING__VARS__A_B": "3"}).get("vars.a_b") == 3
    with pytest.raises(ConfigurationError) as caught:
        load_here(environ={"PROVISIONING__VARS__X_Y": "3"})
    assert caught.value.message == "environment variable PROVISIONING__VARS__X_Y: may mean X-Y or x-y"


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"PROVISIONING__VARS__A": "1", "PROVISIONING__VARS__A__B": "2"},
            (
                "environment variable PROVISIONING__VARS__A__B: sets a key inside the value that "
                "environment variable PROVISIONING__VARS__A sets"
            ),
        ),
        (
            {"PROVISIONING__VARS__A": "1", "provisioning__vars__a": "2"},
            (
                "environment variable provisioning__vars__a: sets the same key as "
                "environment variable PROVISIONING__VARS__A"
            ),
        ),
        (
            {"PROVISIONING__VARS__A__B": "1", "provisioning__vars__a": "2"},
            "environment variable provisioning__vars__a: sets a value where another variable sets a key inside it",
        ),
    ],
)
def test_two_variables_that_contradict_each_other_are_refused(
    load_here: Load, environ: dict[str, str], message: str
) -> None:
    """Their order means nothing, so none of them can win."""
    with pytest.raises(ConfigurationError) as caught:
        load_here(environ=environ)
    assert caught.value.message == message
    assert caught.value.hint == "name it PROVISIONING__SECTION__KEY, and each key once"
