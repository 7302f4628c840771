"""The extensions in `examples/`: complete, small, and built on nothing but what every author has."""

import ast
import sys
from pathlib import Path

import pytest

from provisioning.contract import ServiceHooks
from provisioning.dispatch import hooks_of
from provisioning.extensions import Registry, load_plugin
from tests.acceptance.conftest import EXAMPLES, ROOT

FOLDERS = sorted(path for path in (EXAMPLES / "extensions").iterdir() if path.is_dir())
DOCUMENTATION = (ROOT / "docs" / "extensions.md").read_text(encoding="utf-8")
BEYOND_THE_CONTRACT = {"tuned-store": {"provisioning.store"}}
"""What an example says of itself that it uses more than an author is promised."""


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_fits_and_does_what_it_announces(folder: Path) -> None:
    """Its manifest is right, and its plugin has the hooks that it announces."""
    record = Registry.discover(explicit=[folder]).get(folder.name)
    assert record.problems == []
    assert record.manifest.services()
    load_plugin(record)
    assert f"`{folder.name}`" in DOCUMENTATION


def test_there_is_one_for_each_service() -> None:
    """And each service is described."""
    announced = [Registry.discover(explicit=[folder]).get(folder.name).manifest.services() for folder in FOLDERS]
    of_workers = {"create_worker", "cluster_status"}  # the bundled plugin `postgres` is the example of these
    assert {hook for services in announced for hook in services} == set(hooks_of(ServiceHooks)) - of_workers
    assert [hook for hook in hooks_of(ServiceHooks) if f"`{hook}`" not in DOCUMENTATION] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_imports_what_every_author_has(folder: Path) -> None:
    """The contract, by the package's own name, and the standard library."""
    tree = ast.parse((folder / "plugin.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    strange = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names} - {"provisioning"}
    assert strange == BEYOND_THE_CONTRACT.get(folder.name, set())
