"""What a provider's hook answered, checked: a server that is one, and lists of what was asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from provisioning.contract import Asset, AssetSpec, Server, ServerState
from provisioning.dispatch.hook_set import HookSet
from provisioning.errors import ProvisioningError

__all__ = ["checked_asset", "checked_items", "checked_server", "shown"]

T = TypeVar("T")
S = TypeVar("S", bound=AssetSpec)


def checked_server(hooks: HookSet, hook: str, answer: Any, provider: str) -> Server:
    """Return the answer as a server that names its provider instance; raise `ExtensionBroken` when it is none."""
    if not isinstance(answer, Server):
        raise hooks.wrong(hook, shown(answer), "a Server")
    for field in ("id", "name"):
        value = getattr(answer, field)
        if not isinstance(value, str) or not value:
            raise hooks.wrong(hook, f"a Server whose {field} is {value!r}", "text")
    if not isinstance(answer.state, ServerState):
        raise hooks.wrong(hook, f"a Server whose state is {answer.state!r}", "a ServerState")
    return answer if answer.provider is not None else replace(answer, provider=provider)


def checked_asset(hooks: HookSet, hook: str, answer: Any, kind: type[S], provider: str) -> Asset[S]:
    """Return the answer as an asset of a kind that names its provider instance; raise `ExtensionBroken` otherwise."""
    if not isinstance(answer, Asset):
        raise hooks.wrong(hook, shown(answer), "an Asset")
    if not isinstance(answer.spec, kind):
        raise hooks.wrong(hook, f"an Asset whose spec is {shown(answer.spec)}", f"a {kind.__name__}")
    for field, value in (("id", answer.id), ("name", answer.spec.name)):
        if not isinstance(value, str) or not value:
            raise hooks.wrong(hook, f"an Asset whose {field} is {value!r}", "text")
    return answer if answer.provider is not None else replace(answer, provider=provider)


def checked_items(hooks: HookSet, hook: str, answer: Any, kind: type[T]) -> Iterator[T]:
    """Yield what a hook lists, as it comes, each item checked; an error between two of them becomes ours."""
    expected = f"objects of type {kind.__name__}"
    if isinstance(answer, str | bytes | Mapping):
        raise hooks.wrong(hook, shown(answer), expected)
    try:
        items = iter(answer)
    except TypeError as error:
        raise hooks.wrong(hook, shown(answer), expected) from error
    while True:
        try:
            item = next(items)
        except StopIteration:
            return
        except ProvisioningError:
            raise
        except (Exception, SystemExit) as error:
            raise hooks.failed(hook, error) from error
        if not isinstance(item, kind):
            raise hooks.wrong(hook, f"{shown(item)} among its answers", expected)
        yield item


def shown(answer: object) -> str:
    """Return what came, by its type alone: its text is a stranger's code and may hold a secret."""
    return "None" if answer is None else f"an object of type {type(answer).__name__}"
