"""Configuration out of extensions: under every file, known by its extension, and asked by nobody who needs none."""

from pathlib import Path

import pytest

from provisioning.app import App
from provisioning.config import Layer
from provisioning.errors import ConfigurationError, ExtensionBroken, ExtensionNotReady, ProvisioningError
from tests.app.services import EXAMPLES, opened, source, vault
from tests.app.test_hooks import command, flow

HINT = "go on without what it says: --without shared; for good: provisioning extension disable shared"


def refused(workspace: Path, tmp_path: Path, **options) -> ProvisioningError:
    """Return the error of whoever needs the configuration."""
    with opened(workspace, tmp_path, **options) as app, pytest.raises(ProvisioningError) as caught:
        _ = app.configuration
    return caught.value


def test_a_source_lies_under_every_file_and_over_the_defaults(workspace: Path, tmp_path: Path) -> None:
    """`explain` names the extension; of two sources the later one is the stronger."""
    source(workspace, "{'workflow': {'parallelism': 3, 'timeout': 7, 'on_failure': 'stop'}}", name="a")
    source(workspace, "{'workflow': {'timeout': 8, 'on_failure': 'stop'}}", name="b")
    (workspace / "config.defaults.toml").write_text('[workflow]\non_failure = "continue"\n')
    with opened(workspace, tmp_path) as app:
        settings = app.configuration.workflow
        found = app.configuration.explain("workflow.timeout")
        layers = [layer.layer for layer in app.configuration.layers]
    assert (settings.parallelism, settings.timeout, settings.on_failure) == (3, 8, "continue")
    assert [(one.layer.label, one.value, one.file, one.line) for one in found.settings] == [
        ("extension", 8, "extension b", None),
        ("extension", 7, "extension a", None),
        ("built in", 600.0, "built-in defaults", None),
    ]
    assert layers[:4] == [Layer.BUILT_IN, Layer.EXTENSION, Layer.EXTENSION, Layer.PROJECT_DEFAULTS]


def test_a_source_that_comes_after_another_is_the_stronger(workspace: Path, tmp_path: Path) -> None:
    """By what its manifest says, before the names decide."""
    folder = source(workspace, "{'vars': {'x': 'a'}}", name="a")
    source(workspace, "{'vars': {'x': 'b'}}", name="b")
    manifest = folder / "extension.toml"
    manifest.write_text(manifest.read_text().replace("[compatibility]", 'after = ["b"]\n[compatibility]'))
    with opened(workspace, tmp_path) as app:
        assert app.configuration.get("vars.x") == "a"


def test_a_source_brings_providers_and_what_others_refer_to(workspace: Path, tmp_path: Path) -> None:
    """An instance of its own is the only one, a variable is spelled as it spells it, and files may name its values."""
    source(workspace, "{'providers': {'aws-eu': {'region': 'eu'}}, 'vars': {'team': 'core'}}")
    (workspace / "config.user.toml").write_text('[vars]\nname = "{{vars.team}}-1"\n')
    environ = {"HOME": str(tmp_path), "PROVISIONING__PROVIDERS__AWS_EU__REGION": "north"}
    with opened(workspace, tmp_path, environ=environ) as app:
        assert app.configuration.get("providers") == {"aws-eu": {"type": "aws-eu", "region": "north"}}
        assert app.configuration.get("vars.name") == "core-1"
        assert [one.name for one in app.providers()] == ["aws-eu"]


def test_it_is_asked_once_and_only_by_who_needs_it(workspace: Path, tmp_path: Path) -> None:
    """Listing, enabling and disabling extensions import nothing of it."""
    folder = source(workspace, "{'vars': {'x': 1}}")
    with opened(workspace, tmp_path) as app:
        assert [record.name for record in app.registry.records if record.name == "shared"] == ["shared"]
        assert app.written.get("extensions.options") == {}
        app.extensions.disable("shared")
        app.extensions.enable("shared")
        assert not (folder / "imported").exists()
    with opened(workspace, tmp_path) as app:
        assert app.configuration.get("vars.x") == 1
        app.run(flow(command("a", "echo", "{{vars.x}}")))
        assert app.configuration is app.configuration
    assert (folder / "imported").read_text() == "imported\n"


def test_a_source_that_fails_ends_what_needs_the_configuration(workspace: Path, tmp_path: Path) -> None:
    """A layer that is silently not there could mean another cloud; the error says how to go on without."""
    folder = source(workspace, "1 / 0")
    error = refused(workspace, tmp_path)
    assert (type(error), error.message, error.hint) == (
        ExtensionBroken,
        "load_config of extension shared failed with ZeroDivisionError: division by zero",
        HINT,
    )
    with opened(workspace, tmp_path) as app, pytest.raises(ExtensionBroken):
        app.run(flow(command("a", "true")))
    assert not (workspace / ".provisioning").exists()
    with opened(workspace, tmp_path, without=["shared"]) as app:
        assert app.configuration.get("vars") == {}
    text = (folder / "extension.toml").read_text().replace(">=1.0,<2", ">=7")
    (folder / "extension.toml").write_text(text)
    error = refused(workspace, tmp_path)
    assert (type(error), error.hint) == (ExtensionNotReady, HINT)
    assert "extension shared 1.0 (project folder" in error.message
    assert "it needs >=7" in error.message


SAID = {
    "{'extensions': {'disabled': ['x']}}": (
        "extension shared: extensions: cannot be set here: extensions are found before any is asked for anything"
    ),
    "{'workflow': {'paralelism': 1}}": "extension shared: workflow.paralelism: is not a known key",
    "{'workflow': {'parallelism': 'x'}}": "extension shared: workflow.parallelism: must be a whole number, not text",
    "{'vars': {'x': '{{vars.y}}'}}": "extension shared: vars.x: {{vars.y}}: vars has no y",
    "{'vars': {'x': {1: 2}}}": "extension shared: vars.x: has the key 1, which is not text",
    "{'vars': {'x': None}}": "extension shared: vars.x: is nothing, which no file could hold",
    "{'vars': {'x': [object()]}}": "extension shared: vars.x[0]: is an object of type object, which no file could hold",
    "{'vars': {'x': float('nan')}}": "extension shared: vars.x: nan is not a number that a document may hold",
    "[]": "load_config of extension shared returned an object of type list, not a mapping",
}


@pytest.mark.parametrize("answer", SAID)
def test_what_it_says_is_checked_like_a_file(workspace: Path, tmp_path: Path, answer: str) -> None:
    """With the extension in the place of the file, and the way to go on without."""
    source(workspace, answer)
    error = refused(workspace, tmp_path)
    assert error.message == SAID[answer]
    assert error.hint == HINT


def test_what_is_deep_is_refused(workspace: Path, tmp_path: Path) -> None:
    """A table that holds itself has no end."""
    source(workspace, "(lambda table: table.update(table=table) or {'vars': table})({})")
    assert refused(workspace, tmp_path).message == (
        "extension shared: vars.table.table: is nested deeper than 100 levels"
    )


def test_the_options_of_a_source_are_what_is_written(workspace: Path, tmp_path: Path) -> None:
    """They may come from a variable, a file or a secret resolver, and not from what it says itself."""
    vault(workspace, tmp_path / "log")
    source(workspace, "{'vars': {'said': context.options['token'], 'y': 1}}")
    text = '[extensions.options.shared]\ntoken = "{{%s}}"\n'
    place = workspace / "config.user.toml"
    place.write_text(text % "vault.db.password")
    with opened(workspace, tmp_path) as app:
        assert app.configuration.get("vars.said") == "hunter22"
        assert app.configuration.show()["vars"] == {"said": "***", "y": 1}
    place.write_text(text % "vars.y")
    error = refused(workspace, tmp_path)
    assert error.message == f"{place}:2: extensions.options.shared.token: {{{{vars.y}}}}: vars has no y"


def test_all_that_is_wrong_with_what_is_written_is_told_without_asking_it(workspace: Path, tmp_path: Path) -> None:
    """What it may bring is not missed before it is asked, and a misspelled key is told at once."""
    folder = source(workspace, "{'vars': {'team': 'core'}}")
    place = workspace / "config.user.toml"
    place.write_text('[vars]\nname = "{{vars.team}}"\n[workflow]\nparalelism = 1\n')
    with pytest.raises(ConfigurationError) as caught:
        opened(workspace, tmp_path)
    assert str(caught.value) == f"{place}:4: workflow.paralelism: is not a known key"
    assert not (folder / "imported").exists()


def test_the_example_reads_a_shared_file(workspace: Path, tmp_path: Path) -> None:
    """And says so when it cannot."""
    overrides = {"extensions.options.shared-config.file": "team.toml"}
    options = {
        "overrides": overrides,
        "extension_paths": [EXAMPLES / "shared-config"],
        "environ": {"HOME": str(tmp_path)},
    }
    with (
        App.open(workspace, **options) as app,
        pytest.raises(ConfigurationError, match=r"cannot be read: .*No such file"),
    ):
        _ = app.configuration
    (workspace / "team.toml").write_text("[workflow]\nparallelism = 2\n")
    with App.open(workspace, **options) as app:
        assert app.configuration.explain("workflow.parallelism").file == "extension shared-config"
