"""The plugin brings the kinds that its manifest tells of, each declared in full."""

import tomllib
from pathlib import Path

import jsonschema
import pluggy
import pytest

import provisioning_kinds
from provisioning.contract import PROJECT, AssetKind, Done, OnDoubt, OperationKind, WorkflowHooks
from provisioning_kinds.plugin import KindsPlugin

from .conftest import KINDS, Bench

MANIFEST = tomllib.loads(Path(str(provisioning_kinds.__file__)).with_name("extension.toml").read_text(encoding="utf-8"))
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))


def test_manifest_tells_of_every_kind() -> None:
    """What the manifest promises without an import is what the plugin brings."""
    assert list(KINDS) == MANIFEST["workflow"]["operation_kinds"]


def test_plugin_fits_the_hooks() -> None:
    """The plugin and every handler implement hooks that exist, with arguments that exist."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(WorkflowHooks)
    manager.register(KindsPlugin())
    for kind in KINDS.values():
        manager.register(kind.handler)
    manager.check_pending()

    assert [list(KINDS)] == [[kind.name for kind in kinds] for kinds in manager.hook.operation_kinds()]


@each_kind
def test_schemas_are_schemas(kind: OperationKind) -> None:
    """Parameters and result are declared in JSON Schema, with a description for every parameter, closed to others."""
    jsonschema.Draft202012Validator.check_schema(kind.parameters)
    jsonschema.Draft202012Validator.check_schema(kind.result)

    assert kind.parameters["additionalProperties"] is False
    assert all(schema.get("description") for schema in kind.parameters["properties"].values())
    assert kind.result


@each_kind
def test_undoing_is_declared_as_it_is_done(kind: OperationKind) -> None:
    """A kind that can be undone says how, in the plan and in its action, and the others say nothing."""
    can_undo = hasattr(kind.handler, "compensate_operation")

    assert (kind.action is not None, kind.undo is not None, kind.prepares) == (can_undo, can_undo, can_undo)
    assert hasattr(kind.handler, "prepare_operation") == kind.prepares


def test_only_what_may_do_harm_twice_fails_in_doubt() -> None:
    """A doubt stops commands and requests; everything else may be done again."""
    assert [name for name, kind in KINDS.items() if kind.on_doubt is OnDoubt.FAIL] == ["command", "http_request"]


def test_only_kinds_of_a_cloud_need_a_provider() -> None:
    """Whoever works on what a cloud has names a provider, nobody else does."""
    cloud = ("server_", *(f"{kind}_" for kind in AssetKind))
    assert all(kind.needs_provider == name.startswith(cloud) for name, kind in KINDS.items())


def test_join_answers_with_the_outputs(bench: Bench) -> None:
    """What is left of a nested workflow hands its outputs on."""
    assert bench.call("run", bench.operation("workflow", {"outputs": {"ip": "10.0.0.1"}})) == Done({"ip": "10.0.0.1"})
    assert bench.call("run", bench.operation("workflow", {})) == Done({})
