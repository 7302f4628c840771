"""The kinds of operations that an extension's plugin brings, held to what its manifest says."""

from collections.abc import Mapping

from provisioning.contract import OperationKind
from provisioning.dispatch import kinds_of
from provisioning.extensions.brought import brought_by_name
from provisioning.extensions.record import ExtensionRecord

__all__ = ["brought_kinds"]


def brought_kinds(record: ExtensionRecord, plugin: object) -> Mapping[str, OperationKind]:
    """Ask a loaded plugin for its kinds and return them by name; raises as `brought_by_name`."""
    return brought_by_name(
        record,
        "workflow.operation_kinds",
        record.kinds,
        lambda: kinds_of(plugin, record.name),
        lambda kind: kind.name,
    )
