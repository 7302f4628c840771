"""The workspace is found, started, and described by a schema."""

import json
import pwd
import tomllib
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from provisioning.config import (
    Configuration,
    config_schema,
    find_workspace,
    user_cache_folder,
    user_config_file,
    write_starter,
)
from provisioning.config.starter import STARTER
from provisioning.errors import ConfigurationError

Load = Callable[..., Configuration]


@pytest.mark.parametrize("name", ["config.defaults.toml", "config.user.toml"])
def test_the_workspace_is_the_nearest_folder_upwards(tmp_path: Path, name: str) -> None:
    """With either of the two files; the environments' files alone make none."""
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    (inner / "config.prod.toml").write_text("")
    assert find_workspace(inner) == inner
    (tmp_path / name).write_text("")
    assert find_workspace(inner) == tmp_path
    (tmp_path / "a" / name).write_text("")
    assert find_workspace(inner) == tmp_path / "a"


def test_the_users_file_is_where_the_system_keeps_such_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On Linux the XDG variable moves it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert user_config_file() == tmp_path / "provisioning/config.toml"


def test_the_users_cache_is_where_the_system_keeps_such_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On Linux the XDG variable moves it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_cache_folder() == tmp_path / "provisioning"


@pytest.mark.parametrize("home", [None, "relative"])
def test_who_has_no_home_has_no_files_there(monkeypatch: pytest.MonkeyPatch, home: str | None) -> None:
    """And none that depend on where the command is called: a user of a container may be known to nobody."""
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    nowhere = Path("/nonexistent/home/provisioning")
    assert (nowhere, nowhere / "config.toml") == (user_cache_folder(), user_config_file())


def test_the_first_file_changes_nothing_and_can_be_switched_on(load_here: Load, tmp_path: Path) -> None:
    """As written it is comments only; with the # taken away every line of it is right."""
    untouched = load_here().show()
    path = write_starter(tmp_path)
    assert path == tmp_path / "config.user.toml"
    assert load_here().show() == untouched
    lines = STARTER.splitlines()
    settings = [line.removeprefix("# ") for line in lines if line.startswith(("# [", "#  ")) or " = " in line]
    path.write_text("\n".join(settings))
    assert sorted(tomllib.loads(path.read_text())) == ["extensions", "providers", "store", "vars", "workflow"]
    configuration = load_here()
    assert configuration.workflow == load_here(user_file=tmp_path / "none").workflow
    assert sorted(configuration.providers) == ["local", "my-cloud"]


def test_a_file_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    """Nobody's settings are lost."""
    path = tmp_path / "config.user.toml"
    path.write_text("# mine")
    with pytest.raises(ConfigurationError) as caught:
        write_starter(tmp_path)
    assert caught.value.message == f"{path}: exists already, and is left as it is"
    assert path.read_text() == "# mine"


def test_a_new_workspace_is_made_with_its_folders(tmp_path: Path) -> None:
    """Unless a file stands in the way."""
    assert write_starter(tmp_path / "a/b").is_file()
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError) as caught:
        write_starter(tmp_path / "file")
    assert caught.value.message == f"{tmp_path}/file: is a file, not a folder"
    with pytest.raises(ConfigurationError) as below:
        write_starter(tmp_path / "file/inner")
    assert below.value.message == f"{tmp_path}/file/inner/config.user.toml: cannot be written: Not a directory"


def test_the_schema_accepts_what_the_program_accepts(load_here: Load) -> None:
    """It is a JSON Schema with a sentence for every key, and the defaults fit it."""
    schema = config_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(load_here().show(), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"workflow": {"paralelism": 1}}, schema)
    assert json.loads(json.dumps(schema)) == schema
    for name, table in schema["$defs"].items():
        assert table["description"], name
        for key, field in table["properties"].items():
            assert field.get("description") or "$ref" in field, f"{name}.{key}"
