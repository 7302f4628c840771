"""Extensions made on the spot are as real as those of an author or an installer."""

import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from provisioning.extensions import ExtensionType, OriginKind, Registry, Status, load_plugin, read_manifest
from provisioning.testing import ExtensionShop, manifest

WATCHER = """
    from provisioning import hookimpl

    class Plugin:
        @hookimpl
        def on_event(self, event):
            pass
"""


def test_a_folder_is_an_extension(make_extension: ExtensionShop, isolated_registry) -> None:
    """Its code may be indented as it stands in the test, and it is loaded as any other."""
    folder = make_extension.folder("watcher", files={"plugin.py": WATCHER})
    (record,) = isolated_registry().records
    assert (record.name, record.location, record.origin.kind) == ("watcher", folder, OriginKind.FOLDER_PROJECT)
    assert hasattr(load_plugin(record), "on_event")


def test_a_package_is_an_installed_distribution(make_extension: ExtensionShop, isolated_registry) -> None:
    """The registry finds it, importlib.metadata knows it, and it can be imported."""
    folder = make_extension.package("watcher", version="1.5", files={"plugin.py": WATCHER})
    (record,) = isolated_registry().records
    assert (str(record), record.location) == ("watcher 1.5 (package provisioning-watcher 1.5)", folder)
    assert distribution("provisioning-watcher").version == "1.5"
    load_plugin(record)
    assert Path(sys.modules["ext_watcher.plugin"].__file__ or "").parent == folder


@pytest.mark.parametrize("kind", list(ExtensionType))
def test_a_manifest_fits(tmp_path: Path, kind: ExtensionType) -> None:
    """Of every type; what else it says is added at its place."""
    (tmp_path / "config.schema.json").write_text("{}")
    path = tmp_path / "extension.toml"
    more = '[config]\nschema = "config.schema.json"'
    path.write_text(manifest("thing", type=str(kind), needs='python = ">=3.11"', more=more))
    found = read_manifest(path)
    assert (found.extension.name, found.extension.type, found.compatibility.python) == ("thing", kind, ">=3.11")
    assert found.config.schema_file == "config.schema.json"
    assert found.workflow.operation_kinds == (["thing_kind"] if kind is ExtensionType.WORKFLOW else [])


def test_an_isolated_registry_sees_nothing_else(make_extension: ExtensionShop, isolated_registry) -> None:
    """Neither what is installed here, ours included, nor what the user has; more is seen where it is asked for."""
    assert isolated_registry().records == ()
    assert {"kinds", "local"} <= {record.name for record in Registry.discover().records}
    elsewhere = make_extension.folder("other", under="elsewhere")
    assert [record.name for record in isolated_registry(explicit=[elsewhere]).records] == ["other"]


def test_what_a_test_imports_is_forgotten_by_the_next(pytester: pytest.Pytester) -> None:
    """Two tests may make packages of one name; what is not of the test is left as it is."""
    pytester.makepyfile(
        """
        import importlib
        import sys
        import pytest

        @pytest.mark.parametrize("value", [1, 2])
        def test_value(make_extension, value):
            assert "ext_audit" not in sys.modules
            folder = make_extension.package("audit", files={"plugin.py": f"VALUE = {value}", "colorsys.py": ""})
            assert importlib.import_module("ext_audit.plugin").VALUE == value
            import colorsys

        def test_last():
            assert "colorsys" in sys.modules
            assert not [path for path in sys.path if path.endswith("site")]
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=3)


def test_a_status_that_is_not_ready_is_real_too(make_extension: ExtensionShop, isolated_registry) -> None:
    """What is wrong with a made extension is found as it would be found of a stranger's."""
    make_extension.package("old", manifest("old", version="2.0", entry="ext_old.plugin:Plugin"), version="1.0")
    make_extension.folder("new", manifest("new", hook_api=99))
    assert {record.name: record.status for record in isolated_registry().records} == {
        "new": Status.INCOMPATIBLE,
        "old": Status.INVALID,
    }
