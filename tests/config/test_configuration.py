"""A configuration is read key by key, and says where each value comes from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioning.config import Configuration, Layer, ProviderSettings
from provisioning.errors import ConfigurationError, Problem

Load = Callable[..., Configuration]


def refusal(read: Callable[[], Any]) -> tuple[str, str | None]:
    """Return the message and the hint of the error that reading raises."""
    with pytest.raises(ConfigurationError) as caught:
        read()
    return caught.value.message, caught.value.hint


def test_a_key_that_is_missing_is_named_with_near_ones(load_here: Load, tmp_path: Path) -> None:
    """The line is that of the table in which it could stand, where a file has one."""
    (tmp_path / "config.user.toml").write_text("\n[workflow]\ntimeout = 5\n")
    configuration = load_here()
    assert refusal(lambda: configuration.get("workflow.paralelism")) == (
        f"{tmp_path}/config.user.toml:2: there is no key workflow.paralelism in the configuration",
        "did you mean parallelism?",
    )
    assert refusal(lambda: configuration.get("workflows")) == (
        "there is no key workflows in the configuration",
        "did you mean workflow?",
    )
    assert refusal(lambda: configuration.explain("engine.type.x")) == (
        "there is no key engine.type.x in the configuration",
        None,
    )
    assert refusal(lambda: configuration.get("a b")) == (
        "'a b' is not a key",
        "a key is names joined by dots, like workflow.parallelism; put quotes around other characters",
    )


def test_keys_lists_every_value(load_here: Load) -> None:
    """Each one can be read."""
    configuration = load_here(overrides=["vars.x.y=1", 'vars."a b"=[1]'])
    keys = configuration.keys()
    assert 'vars."a b"' in keys
    assert "vars.x.y" in keys
    assert "workflow.retry.jitter" in keys
    for key in keys:
        configuration.get(key)


def test_explain_shows_every_layer_strongest_first(load_here: Load, tmp_path: Path) -> None:
    """The winner, and those it won over, each with its file and line."""
    (tmp_path / "config.defaults.toml").write_text("[workflow]\n\nparallelism = 4\n")
    (tmp_path / "config.user.toml").write_text('[workflow]\nparallelism = "{{env.N}}"\n')
    explanation = load_here(environ={"N": "7"}).explain("workflow.parallelism")
    assert explanation.as_dict() == {
        "key": "workflow.parallelism",
        "value": "7",
        "is_secret": False,
        "settings": [
            {
                "layer": "project user",
                "value": "{{env.N}}",
                "file": f"{tmp_path}/config.user.toml",
                "line": 2,
            },
            {"layer": "project defaults", "value": 4, "file": f"{tmp_path}/config.defaults.toml", "line": 3},
            {"layer": "built in", "value": 10, "file": "built-in defaults", "line": None},
        ],
        "problem": None,
    }
    assert (explanation.layer, explanation.file, explanation.line) == (
        Layer.PROJECT_USER,
        f"{tmp_path}/config.user.toml",
        2,
    )


def test_explain_names_variables_and_options(load_here: Load) -> None:
    """They are the place of what they set, and of the table around it."""
    configuration = load_here(environ={"PROVISIONING__VARS__A": "1"}, overrides=["vars.b={c = 1}"])
    assert configuration.explain("vars.a").file == "environment variable PROVISIONING__VARS__A"
    assert configuration.explain("vars.b.c").file == "--set vars.b"
    assert [setting.file for setting in configuration.explain("vars").settings] == [
        "--set vars.b",
        "environment variable PROVISIONING__VARS__A",
        "built-in defaults",
    ]


def test_explain_and_show_work_where_a_reference_leads_nowhere(load_here: Load) -> None:
    """The value is shown as written, and the explanation says why; `validate` reports it."""
    configuration = load_here(overrides=["vars.a={{env.NOPE}}", "vars.token=x{{env.NOPE}}"])
    problem = Problem("{{env.NOPE}}: env has no NOPE", "--set vars.a", None, "vars.a", None)
    explanation = configuration.explain("vars.a")
    assert (explanation.value, explanation.is_secret, explanation.problem) == ("{{env.NOPE}}", False, problem)
    assert configuration.show()["vars"] == {"a": "{{env.NOPE}}", "token": "***"}
    assert configuration.validate()[0] == problem
    assert len(configuration.validate()) == 2


def test_every_layer_has_a_sentence_and_a_label() -> None:
    """They are shown to people."""
    for layer in Layer:
        assert layer.sentence.endswith(".")
        assert layer.label == layer.label.lower()


def test_providers_are_resolved_one_by_one(load_here: Load, tmp_path: Path) -> None:
    """An instance whose variable is missing does not keep the others from being used."""
    (tmp_path / "config.user.toml").write_text(
        '[providers.aws-eu]\ntype = "aws"\ntimeout = 5\nmax_parallel = "{{env.N}}"\n'
        'requests_per_second = "2.5"\nlisting_lag = 1.5\n'
        'region = "{{vars.region}}"\n[providers.broken]\napi_token = "{{env.NOPE}}"\n[vars]\nregion = "eu"\n'
    )
    configuration = load_here(environ={"N": "3"})
    assert list(configuration.providers) == ["aws-eu", "broken"]
    assert len(configuration.providers) == 2
    expected = ProviderSettings("aws-eu", "aws", 5.0, 3, 2.5, 1.5, {"region": "eu"})
    assert configuration.providers["aws-eu"] == expected
    assert configuration.providers["aws-eu"] is configuration.providers["aws-eu"]
    assert "nowhere" not in configuration.providers
    assert refusal(lambda: configuration.provider("broken"))[0] == (
        f"{tmp_path}/config.user.toml:9: providers.broken.api_token: {{{{env.NOPE}}}}: env has no NOPE"
    )


def test_an_unknown_provider_is_named_with_near_ones(load_here: Load) -> None:
    """The hint names what was probably meant."""
    assert refusal(lambda: load_here().provider("lokal")) == (
        "there is no provider 'lokal' in the configuration",
        "did you mean local?",
    )


def test_a_configured_provider_takes_the_place_of_the_default_one(load_here: Load) -> None:
    """The local provider is there by itself only while nothing else is; the type is the name unless it is said."""
    configuration = load_here(overrides=["providers.hetzner.zone=x"])
    assert configuration.get("providers") == {"hetzner": {"type": "hetzner", "zone": "x"}}
    assert configuration.explain("providers.hetzner.type").layer is Layer.BUILT_IN


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///x/journal.db", "sqlite:///{workspace}/x/journal.db"),
        ("sqlite:////var/journal.db", "sqlite:////var/journal.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://host/db", "postgresql://host/db"),
        ("{{vars.url}}", "redis://x"),
    ],
)
def test_a_relative_journal_is_in_the_workspace(load_here: Load, tmp_path: Path, url: str, expected: str) -> None:
    """Wherever the command is started."""
    configuration = load_here(overrides={"store.url": url, "vars.url": "redis://x"})
    assert configuration.store.url == expected.format(workspace=tmp_path)


def test_the_other_sections_have_types(load_here: Load, tmp_path: Path) -> None:
    """Folders of extensions are absolute."""
    configuration = load_here(overrides={"extensions.paths": ["ext", "/opt/ext"], "paths.data": "{{paths.base}}/d"})
    assert configuration.extensions.paths == [f"{tmp_path}/ext", "/opt/ext"]
    assert configuration.engine.type == "threads"
    assert configuration.workflow.retry.attempts == 3
    assert configuration.paths == {"base": str(tmp_path), "data": f"{tmp_path}/d"}


def test_what_a_reference_gives_is_checked_when_it_is_read(load_here: Load) -> None:
    """The mistake has the place of the reference, and `validate` finds it too."""
    configuration = load_here(overrides=["workflow.parallelism={{env.N}}"], environ={"N": "ten"})
    message = "--set workflow.parallelism: workflow.parallelism: must be a whole number, not text"
    assert refusal(lambda: configuration.workflow)[0] == message
    assert [str(problem) for problem in configuration.validate()] == [message]


def test_a_problem_of_a_key_has_its_place(load_here: Load, tmp_path: Path) -> None:
    """Those who check a provider's own keys report them like ours."""
    (tmp_path / "config.user.toml").write_text("[providers.x]\nsize = [1,\n 2]\n")
    configuration = load_here()
    file = f"{tmp_path}/config.user.toml"
    assert configuration.problem("providers.x.size", "is odd", "fix") == Problem(
        "is odd", file, 2, "providers.x.size", "fix"
    )
    assert configuration.problem(("providers", "x", "size", 1), "is odd") == Problem(
        "is odd", file, 2, "providers.x.size[1]"
    )
    assert configuration.problem(("providers", "x", "region"), "is missing").line == 1
    assert configuration.problem("nope", "is odd") == Problem("is odd", key="nope")
