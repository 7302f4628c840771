"""The bundled extensions as folders: found, off, complete, and importing nothing that is not everybody's."""

import ast
import json
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import provisioning
from provisioning.extensions import ExtensionType, Registry, Selection, Status, load_plugin
from provisioning.extensions.bundled import bundled_folder
from tests.bundled.activated import NAMES, folder, record

SOURCES = sorted(path for name in NAMES for path in folder(name).glob("*.py"))


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def test_the_folder_is_the_repositorys() -> None:
    """In a checkout, and so in an editable installation, they stand at the top; in a wheel inside the package."""
    inside = Path(provisioning.__file__).parent / "_extensions"
    top = Path(__file__).parents[2] / "extensions"
    assert bundled_folder() == (inside if inside.is_dir() else top)


def test_a_wheel_carries_them_inside_the_package(tmp_path: Path) -> None:
    """The folder inside the package comes first; there need be neither."""
    package = tmp_path / "site-packages" / "provisioning"
    package.mkdir(parents=True)
    (tmp_path / "extensions").mkdir()
    assert bundled_folder(package) is None
    (package / "_extensions").mkdir()
    assert bundled_folder(package) == package / "_extensions"


def test_the_wheel_is_built_with_them() -> None:
    """What is found in a wheel is what the build puts there."""
    import tomllib

    build = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert build["targets"]["wheel"]["force-include"] == {"extensions": "provisioning/_extensions"}
    assert "/extensions" in build["targets"]["sdist"]["include"]


def test_they_are_off_until_they_are_enabled() -> None:
    """Found, and not used."""
    home = bundled_folder()
    assert home is not None
    registry = Registry.discover(explicit=[home])
    assert {name: registry.get(name).status for name in NAMES} == dict.fromkeys(NAMES, Status.DISABLED)


@pytest.mark.parametrize("name", NAMES)
def test_each_fits_when_it_is_enabled(name: str) -> None:
    """Its manifest is right, and its plugin has exactly the hooks that the manifest names."""
    found = record(name)
    assert (found.type, found.problems) == (ExtensionType.HOOKS, [])
    load_plugin(found)


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_it_is_and_how_it_is_configured(name: str) -> None:
    """A README, a description, a schema with a sentence for each option."""
    schema = json.loads((folder(name) / "config.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert [key for key, part in schema["properties"].items() if "description" not in part] == []
    assert (folder(name) / "README.md").read_text().startswith(f"# {name}\n")
    assert record(name).manifest.extension.description


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_in_the_documentation(name: str) -> None:
    """A setting without documentation is a failing test."""
    text = (Path(__file__).parents[2] / "docs" / "bundled.md").read_text()
    section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
    schema = json.loads((folder(name) / "config.schema.json").read_text())
    assert [key for key in schema["properties"] if f"`{key}`" not in section] == []
    assert f"[extensions.options.{name}]" in section


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_each_imports_what_everybody_has(path: Path) -> None:
    """The contract, the errors, the standard library, and its own modules: nothing has to be installed for it."""
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    foreign = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            foreign += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            foreign.append(str(node.module))
    allowed = {*sys.stdlib_module_names, "provisioning.contract", "provisioning.errors"}
    assert [
        name for name in foreign if name not in allowed and name.partition(".")[0] not in sys.stdlib_module_names
    ] == []


def test_the_selection_is_by_name() -> None:
    """One is enabled without the others."""
    home = bundled_folder()
    registry = Registry.discover(explicit=[home or ""], selection=Selection(enabled=["audit-log"]))
    assert [registry.get(name).is_ready for name in NAMES] == [True, False, False]
