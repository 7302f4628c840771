"""The kinds of operations that an extension's plugin brings, held to what its manifest says."""

from collections import Counter
from collections.abc import Mapping

from provisioning.contract import OperationKind
from provisioning.dispatch import Phase, kinds_of
from provisioning.errors import ExtensionError, HookRejected
from provisioning.extensions.problem import ExtensionProblem, ProblemCode
from provisioning.extensions.record import ExtensionRecord

__all__ = ["brought_kinds"]


def brought_kinds(record: ExtensionRecord, plugin: object) -> Mapping[str, OperationKind]:
    """Ask a loaded plugin for its kinds and return them by name.

    They must be those that the manifest declares, each once: a kind that is not declared could take another
    extension's place unseen. Raises `HookRejected` when they are not, `ExtensionBroken` when the plugin fails; the
    record says so too.
    """
    try:
        with record.times.during(Phase.HOOKS):
            kinds = kinds_of(plugin, record.name)
        _compare(record, Counter(kind.name for kind in kinds))
    except ExtensionError as error:
        code = ProblemCode.HOOKS_REJECTED if isinstance(error, HookRejected) else ProblemCode.PLUGIN_FAILED
        record.refuse(ExtensionProblem(code, error.message, error.hint))
        raise
    return {kind.name: kind for kind in kinds}


def _compare(record: ExtensionRecord, brought: Counter[str]) -> None:
    lacks = [name for name in record.kinds if name not in brought]
    surplus = [name for name in brought if name not in record.kinds]
    twice = [name for name, count in brought.items() if count > 1]
    words = [f"its plugin does not bring {', '.join(lacks)}"] if lacks else []
    words += [f"its manifest does not name {', '.join(surplus)}"] if surplus else []
    words += [f"its plugin brings {', '.join(twice)} more than once"] if twice else []
    if words:
        raise HookRejected(
            f"extension {record}: workflow.operation_kinds in its manifest is not what its plugin brings:"
            f" {'; '.join(words)}",
            extension=record.name,
            hint=f"the author of {record.name} has to mend this",
        )
