"""A secret is hidden wherever it would be shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.config import MASK, Configuration, Redactor, looks_secret

Load = Callable[..., Configuration]


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "PASSWORD",
        "db_password",
        "PGPASSWORD",
        "secret",
        "clientSecret",
        "api_token",
        "token2",
        "tokens",
        "api_key",
        "apikey",
        "apiKey",
        "X-Api-Key",
        "AWS_SECRET_ACCESS_KEY",
        "private_key",
        "privateKey",
        "credentials",
        "passphrase",
        "MYSQL_PWD",
        "db_pass",
    ],
)
def test_names_that_mean_a_secret(name: str) -> None:
    """The last word decides, however words are parted."""
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "token_url",
        "credentials_profile",
        "password_file",
        "access_key_id",
        "AWS_ACCESS_KEY_ID",
        "public_key",
        "ssh_public_key",
        "key",
        "key_pairs",
        "keys",
        "client_token",
        "clientToken",
        "next_token",
        "max_tokens",
        "PWD",
        "OLDPWD",
        "pass",
        "compass",
        "name",
        "",
        "42",
        "größe",
    ],
)
def test_names_that_do_not(name: str) -> None:
    """What only speaks about a secret, and what is called a token and is none."""
    assert not looks_secret(name)


def test_a_secret_is_hidden_in_every_view(load_here: Load, tmp_path: Path) -> None:
    """By its name, by where it comes from, and through any number of references."""
    (tmp_path / "token").write_text("from-a-file\n")
    (tmp_path / "config.user.toml").write_text(
        '[providers.token]\npassword = "written-here"\nurl = "db://u:{{env.DB_PASSWORD}}@h"\nhome = "{{env.HOME}}"\n'
        'copy = "{{providers.token.password}}!"\nfile = "{{file.token}}"\npin = 12345\n'
        '[vars.secrets]\ninner = {deep = ["in-a-list"]}\n[vars]\nempty_token = ""\nkeys = [{api_key = "in-a-table"}]\n'
    )
    environ = {"DB_PASSWORD": "from-env", "HOME": "/home/me"}
    configuration = load_here(environ=environ, overrides=["providers.token.password=stronger"])
    assert configuration.show()["providers"]["token"] == {
        "type": "token",
        "password": MASK,
        "url": MASK,
        "home": "/home/me",
        "copy": MASK,
        "file": MASK,
        "pin": 12345,
    }
    assert configuration.show()["vars"] == {
        "secrets": {"inner": {"deep": MASK}},
        "empty_token": "",
        "keys": [{"api_key": MASK}],
    }
    explanation = configuration.explain("providers.token.password")
    assert (explanation.value, explanation.is_secret) == (MASK, True)
    assert [setting.value for setting in explanation.settings] == [MASK, MASK]
    assert configuration.get("providers.token.copy") == "stronger!"
    text = "written-here stronger from-env from-a-file in-a-list db://u:from-env@h /home/me"
    assert configuration.redactor.redact_text(text) == "*** *** *** *** *** *** /home/me"


def test_a_reference_to_a_secret_is_no_secret(load_here: Load) -> None:
    """Which variable holds it may be seen; a text that is half written out may not."""
    environ = {"X": "value-of-x"}
    configuration = load_here(environ=environ, overrides=["vars.token={{env.X}}", "vars.api_key=abcd{{env.X}}"])
    assert configuration.explain("vars.token").settings[0].value == "{{env.X}}"
    assert configuration.explain("vars.api_key").settings[0].value == MASK


def test_a_schema_may_mark_a_key_as_secret(load_here: Load) -> None:
    """Before or after it was read."""
    configuration = load_here(overrides=["providers.x.pin=abcdef", "providers.x.ref={{vars.y}}", "vars.y=ghijkl"])
    assert configuration.get("providers.x.ref") == "ghijkl"
    configuration.mark_secret("providers.x.pin")
    configuration.mark_secret("providers.x.ref")
    assert configuration.show()["providers"]["x"] == {"type": "x", "pin": MASK, "ref": MASK}
    assert configuration.redactor.redact_text("abcdef ghijkl") == "*** ***"


def test_nothing_to_hide_costs_no_copy() -> None:
    """The same object comes back."""
    value = {"a": [1, "text", {"b": None}], "token": None}
    assert Redactor().redact(value) is value
    text = "text"
    assert Redactor().redact_text(text) is text


def test_values_are_redacted_at_any_depth() -> None:
    """Known secrets by value, others by their key."""
    redactor = Redactor()
    redactor.add({"a": ["s3same", 123456, True, None, "abc"]})
    value = {
        "x": ["is s3same", 5],
        "password": 5,
        "secret": {"a": 1},
        "client_token": "tok",
        "abc": "abc",
        "t": (1,),
    }
    assert redactor.redact(value) == {
        "x": ["is ***", 5],
        "password": MASK,
        "secret": MASK,
        "client_token": "tok",
        "abc": "abc",
        "t": (1,),
    }
    assert redactor.redact_text("123456 True abc") == "*** True abc"


def test_a_secret_is_known_in_the_forms_it_takes() -> None:
    """Inside JSON, inside a URL, and line by line where it has many."""
    redactor = Redactor()
    redactor.add('a"b/c ü')
    redactor.add("-----BEGIN KEY-----\n  MIIEvQIBADANBgkqhkiG9w0\nshort\n")
    assert redactor.redact_text(r'{"x": "a\"b/c ü"} a\"b/c \u00fc') == '{"x": "***"} ***'
    assert redactor.redact_text("?p=a%22b%2Fc%20%C3%BC&x") == "?p=***&x"
    assert redactor.redact_text("line: MIIEvQIBADANBgkqhkiG9w0 short") == "line: *** short"


def test_the_longest_secret_is_hidden_first() -> None:
    """A secret that begins another leaves nothing of it behind."""
    redactor = Redactor()
    redactor.add("abcd")
    redactor.add("abcdefgh")
    assert redactor.redact_text("abcdefgh abcd") == "*** ***"


def test_a_password_in_a_url_is_always_hidden() -> None:
    """Nobody needs to have said that it is one."""
    redactor = Redactor()
    assert redactor.redact_text("postgresql://me:pw@host/db") == "postgresql://me:***@host/db"
    assert redactor.redact_text("https://host:80/a@b https://me@host") == "https://host:80/a@b https://me@host"


@given(st.lists(st.text(min_size=4, max_size=9), max_size=3), st.text(), st.text())
def test_no_known_secret_is_left(secrets: list[str], before: str, behind: str) -> None:
    """Whatever stands around it."""
    redactor = Redactor()
    for secret in secrets:
        redactor.add(secret)
    for secret in secrets:
        shown: Any = redactor.redact({"a": [before + secret + behind]})
        assert secret not in shown["a"][0] or set(secret) <= set(MASK)
