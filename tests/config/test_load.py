"""Layers are laid over each other, and all that is wrong in them is said at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioning.config import Configuration, Layer, load
from provisioning.errors import ConfigurationError

Load = Callable[..., Configuration]


def problems(load_here: Load, **options: Any) -> list[str]:
    """Return what is wrong with a configuration, as people see it."""
    with pytest.raises(ConfigurationError) as caught:
        load_here(**options)
    return [str(problem) for problem in caught.value.problems]


def test_nothing_written_gives_the_defaults(load_here: Load, tmp_path: Path) -> None:
    """An empty folder is a workspace: one local provider, and what the design promises."""
    configuration = load_here()
    assert configuration.show() == {
        "store": {"url": "sqlite:///.provisioning/journal.db"},
        "engine": {"type": "threads"},
        "workflow": {
            "parallelism": 10,
            "on_failure": "rollback",
            "retry": {"attempts": 3, "initial_delay": 1.0, "factor": 2.0, "max_delay": 60.0, "jitter": 0.1},
            "timeout": 600.0,
        },
        "paths": {"base": str(tmp_path)},
        "extensions": {"paths": [], "enabled": [], "disabled": [], "prefer": {}, "options": {}},
        "providers": {"local": {"type": "local"}},
        "vars": {},
    }
    assert configuration.validate() == []


def test_each_layer_wins_over_the_weaker_ones(load_here: Load, tmp_path: Path) -> None:
    """Taking the strongest layer away lets the next one win, down to the built-in default."""
    user = tmp_path / "home.toml"
    files = {"config.defaults.toml": 2, "config.user.toml": 3, "config.prod.toml": 4}
    user.write_text("[workflow]\nparallelism = 1\n")
    for name, value in files.items():
        (tmp_path / name).write_text(f"[workflow]\nparallelism = {value}\n")
    everything: dict[str, Any] = {
        "user_file": user,
        "environment": "prod",
        "environ": {"PROVISIONING__WORKFLOW__PARALLELISM": "5"},
        "overrides": ["workflow.parallelism=6"],
    }
    seen = []
    for option in ("overrides", "environ", "environment", None, None, "user_file"):
        configuration = load_here(**everything)
        seen.append((configuration.workflow.parallelism, configuration.explain("workflow.parallelism").layer))
        if option is not None:
            del everything[option]
        else:
            (tmp_path / ("config.user.toml" if len(seen) == 4 else "config.defaults.toml")).unlink()
    seen.append((load_here().workflow.parallelism, load_here().explain("workflow.parallelism").layer))
    layers = [layer for layer in reversed(Layer) if layer is not Layer.EXTENSION]
    assert seen == list(zip((6, 5, 4, 3, 2, 1, 10), layers, strict=True))


def test_tables_merge_and_lists_replace(load_here: Load, tmp_path: Path) -> None:
    """A stronger table adds to a weaker one; a stronger list takes its place."""
    (tmp_path / "config.defaults.toml").write_text('[vars]\nt = {a = 1, b = {c = 2}}\nl = [1, 2]\ns = "x"\n')
    (tmp_path / "config.user.toml").write_text("[vars]\nt = {b = {d = 3}}\nl = [3]\ns = {y = 1}\n")
    assert load_here().vars == {"t": {"a": 1, "b": {"c": 2, "d": 3}}, "l": [3], "s": {"y": 1}}


def test_the_environment_is_named_by_an_option_or_a_variable(load_here: Load, tmp_path: Path) -> None:
    """The option wins over the variable; an empty variable names none."""
    (tmp_path / "config.a.toml").write_text('[vars]\nx = "a"\n')
    (tmp_path / "config.b.toml").write_text('[vars]\nx = "b"\n')
    environ = {"PROVISIONING_ENV": "a"}
    assert load_here(environ=environ).get("vars.x") == "a"
    assert load_here(environ=environ, environment="b").get("vars.x") == "b"
    assert load_here(environ={"PROVISIONING_ENV": ""}).vars == {}


def test_an_environment_without_a_file_is_an_error(load_here: Load, tmp_path: Path) -> None:
    """The missing file is named, and those that exist are listed."""
    (tmp_path / "config.prod.toml").write_text("")
    with pytest.raises(ConfigurationError) as caught:
        load_here(environ={"PROVISIONING_ENV": "staging"})
    assert caught.value.message == (
        f"PROVISIONING_ENV: the environment staging has no file: {tmp_path}/config.staging.toml does not exist"
    )
    assert caught.value.hint == "there is config.prod.toml"


@pytest.mark.parametrize("name", ["user", "defaults", "../x", "a/b"])
def test_a_name_that_cannot_be_an_environments_is_refused(load_here: Load, name: str) -> None:
    """It could name another layer's file, or one outside the workspace."""
    assert problems(load_here, environment=name) == [f"--env: {name!r} is not a name for an environment"]


def test_all_problems_of_all_layers_are_reported_together(load_here: Load, tmp_path: Path) -> None:
    """Each has its file and line, or the variable or the option that set it."""
    (tmp_path / "config.defaults.toml").write_text(
        "[workflow]\nparalelism = 3\non_failure = 'stopp'\ntimeout = 'x'\n"
        "retry = {attempts = 0, jitter = 2, factor = 1.5}\n[store]\nurl = 5\n[stor]\nx = 1\n"
    )
    (tmp_path / "config.user.toml").write_text(
        "[vars]\nq = '{{envv.X}}'\nr = ['{{workflow.paralellism}}']\ns = '{{'\nt = '{{now.dat}}'\n"
        "['providers'.'a b']\n[providers.x]\nmax_parallel = true\nlisting_lag = -1\ntype = []\nown = 1\n"
    )
    (tmp_path / "config.prod.toml").write_text("[workflow\n")
    found = problems(
        load_here,
        environment="prod",
        environ={"PROVISIONING__WORKFLOW__PARALLELISM": "2.5", "PROVISIONING____X": "1"},
        overrides=["no-equals", "b c=1", "engine=1", "workflow.timeout=0"],
    )
    one, two, three = (tmp_path / f"config.{name}.toml" for name in ("defaults", "user", "prod"))
    assert sorted(found) == sorted(
        [
            f"{three}:1: is not valid TOML: Expected ']' at the end of a table declaration (column 10)",
            "environment variable PROVISIONING____X: names no key: a part between two underscores is empty",
            "--set no-equals: has no =, so no value",
            "--set b c: 'b c' is not a key",
            f"{one}:7: store.url: must be text, not 5",
            f"{one}:3: workflow.on_failure: must be one of 'rollback', 'stop' or 'continue'",
            f"{one}:5: workflow.retry.attempts: must be at least 1",
            f"{one}:5: workflow.retry.jitter: must be at most 1",
            f"{one}:4: workflow.timeout: must be a number, not text",
            f"{one}:2: workflow.paralelism: is not a known key",
            f"{one}:8: stor: is not a known key",
            f'{two}:6: providers."a b": is not a name for a provider instance',
            f"{two}:8: providers.x.max_parallel: must be a whole number, not true or false",
            f"{two}:9: providers.x.listing_lag: must be at least 0",
            f"{two}:10: providers.x.type: must be text, not a list",
            f"{two}:2: vars.q: {{{{envv.X}}}}: there is no envv",
            f"{two}:3: vars.r[0]: {{{{workflow.paralellism}}}}: workflow has no paralellism",
            f"{two}:4: vars.s: {{{{: expected a name at the end",
            f"{two}:5: vars.t: {{{{now.dat}}}}: now has no dat",
            (
                "environment variable PROVISIONING__WORKFLOW__PARALLELISM: workflow.parallelism: "
                "must be a whole number, not 2.5"
            ),
            "--set engine: engine: must be a table, not 1",
            "--set workflow.timeout: workflow.timeout: must be more than 0",
        ]
    )


def test_near_names_are_suggested(load_here: Load) -> None:
    """For an unknown key, an unknown section, a wrong choice and a wrong reference."""
    with pytest.raises(ConfigurationError) as caught:
        load_here(
            overrides=[
                "workflow.paralelism=1",
                "stor.url=1",
                "workflow.on_failure=rollbak",
                "vars.a={{pathss.base}}",
            ]
        )
    assert sorted(problem.hint or "" for problem in caught.value.problems) == [
        "did you mean parallelism?",
        "did you mean paths?",
        "did you mean rollback?",
        "did you mean store?",
    ]


def test_a_mistake_in_a_reference_is_reported_once(load_here: Load) -> None:
    """A broken text, a reference into a table of settings, and one to a value that is no table."""
    found = problems(
        load_here,
        overrides={
            "workflow.parallelism": "{{",
            "workflow.retry.attempt": 1,
            "vars.a": "{{workflow.retry.attempt}} {{workflow.retry.factors}}",
            "vars.b": "{{engine.type.x}} {{vars[engine.type]}} {{now}}",
        },
    )
    assert found == [
        "override workflow.retry.attempt: workflow.retry.attempt: is not a known key",
        "override workflow.parallelism: workflow.parallelism: {{: expected a name at the end",
        "override vars.a: vars.a: {{workflow.retry.factors}}: workflow.retry has no factors",
    ]


def test_an_unreadable_file_is_one_of_the_problems(load_here: Load, tmp_path: Path) -> None:
    """A folder in a file's place, a broken link and a file that is not text do not stop the others' report."""
    (tmp_path / "config.defaults.toml").mkdir()
    (tmp_path / "config.user.toml").symlink_to(tmp_path / "nowhere")
    user = tmp_path / "home.toml"
    user.write_bytes(b"\xff")
    assert problems(load_here, user_file=user) == [
        f"{user}: is not UTF-8 text (byte 0 is 0xff)",
        f"{tmp_path}/config.defaults.toml: is a folder, not a file",
        f"{tmp_path}/config.user.toml: does not exist",
    ]


def test_a_file_of_comments_only_is_a_configuration(load_here: Load, tmp_path: Path) -> None:
    """It says nothing, which is not a mistake."""
    (tmp_path / "config.user.toml").write_text("# nothing yet\n")
    assert load_here().workflow.parallelism == 10


def test_overrides_may_be_a_mapping(load_here: Load) -> None:
    """An embedding program passes values, not text."""
    configuration = load_here(overrides={"vars.list": [1], "vars.text": "1", 'vars."a b"': True})
    assert configuration.vars == {"list": [1], "text": "1", "a b": True}
    assert configuration.explain("vars.text").file == "override vars.text"


def test_a_later_option_wins(load_here: Load) -> None:
    """As on any command line."""
    assert load_here(overrides=["vars.a=1", "vars.a=2", "vars.b.c=1"]).vars == {"a": 2, "b": {"c": 1}}


def test_the_process_environment_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has to be passed but the workspace."""
    monkeypatch.setenv("PROVISIONING__VARS__X", "7")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("PROVISIONING_ENV", raising=False)
    assert load(tmp_path).get("vars.x") == 7
