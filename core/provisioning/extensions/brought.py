"""What a plugin brings, held to what its manifest declares: each thing that has a name, once, and no other."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from provisioning.dispatch import Phase
from provisioning.errors import ExtensionError, HookRejected
from provisioning.extensions.problem import ExtensionProblem, ProblemCode
from provisioning.extensions.record import ExtensionRecord

__all__ = ["brought_by_name"]

T = TypeVar("T")


def brought_by_name(
    record: ExtensionRecord,
    key: str,
    declared: Sequence[str],
    ask: Callable[[], Iterable[T]],
    name_of: Callable[[T], str],
) -> dict[str, T]:
    """Ask a plugin what it brings and return it by name; `key` is where the manifest declares the names.

    What is not declared could take another extension's place unseen. Raises `HookRejected` when the two differ, and
    `ExtensionBroken` when the plugin fails; the record says so too.
    """
    try:
        with record.times.during(Phase.HOOKS):
            found = list(ask())
        _compare(record, key, declared, Counter(map(name_of, found)))
    except ExtensionError as error:
        code = ProblemCode.HOOKS_REJECTED if isinstance(error, HookRejected) else ProblemCode.PLUGIN_FAILED
        record.refuse(ExtensionProblem(code, error.message, error.hint))
        raise
    return {name_of(one): one for one in found}


def _compare(record: ExtensionRecord, key: str, declared: Sequence[str], brought: Counter[str]) -> None:
    lacks = [name for name in declared if name not in brought]
    surplus = [name for name in brought if name not in declared]
    twice = [name for name, count in brought.items() if count > 1]
    words = [f"its plugin does not bring {', '.join(lacks)}"] if lacks else []
    words += [f"its manifest does not name {', '.join(surplus)}"] if surplus else []
    words += [f"its plugin brings {', '.join(twice)} more than once"] if twice else []
    if words:
        raise HookRejected(
            f"extension {record}: {key} in its manifest is not what its plugin brings: {'; '.join(words)}",
            extension=record.name,
            hint=f"the author of {record.name} has to mend this",
        )
