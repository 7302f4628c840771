"""Whether a plugin fits the hook interface: asked once, before any hook of it is called, and answered in full.

pluggy itself refuses unknown parameters and wrappers that do not yield. It silently takes keyword-only parameters
(the call fails), `*args` (stays empty), coroutines (nobody awaits them), parameters with a default that no hook has
(never filled) and functions that somebody forgot to mark (never called). All of them are refused here.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import ModuleType

from provisioning.contract import Capability, OperationKind, ProviderHooks
from provisioning.dispatch.hook import Hook, all_hooks, hooks_of
from provisioning.dispatch.implementation import Implementation, implementations_of
from provisioning.dispatch.misfit import misfits_of, near
from provisioning.errors import HookRejected

__all__ = [
    "CAPABILITY_HOOKS",
    "MANDATORY_HOOKS",
    "check_handler",
    "check_plugin",
    "check_provider",
    "implemented_hooks",
]

_ASSET_HOOKS = ("create_asset", "find_asset", "get_asset", "list_assets", "delete_asset")

CAPABILITY_HOOKS: Mapping[str, tuple[str, ...]] = {
    Capability.START_STOP: ("start_server", "stop_server"),
    Capability.REBOOT: ("reboot_server",),
    Capability.CATALOG: ("list_sizes", "list_images", "list_zones"),
    Capability.VOLUME_ATTACHMENT: ("attach_volume", "detach_volume"),
    Capability.VOLUMES: _ASSET_HOOKS,
    Capability.NETWORKS: _ASSET_HOOKS,
    Capability.KEY_PAIRS: _ASSET_HOOKS,
    Capability.FIREWALLS: _ASSET_HOOKS,
}
"""The hooks that each capability of a provider stands for; some stand for the same."""

MANDATORY_HOOKS = tuple(
    name for name in hooks_of(ProviderHooks) if not any(name in hooks for hooks in CAPABILITY_HOOKS.values())
)
"""The hooks that every provider implements."""

OPERATION_HOOKS = ("prepare_operation", "run_operation", "settle_operation", "compensate_operation")
"""The hooks that the handler of a kind of operation implements."""


def check_provider(plugin: object, extension: str, capabilities: Collection[str]) -> None:
    """Check an object that a provider's class made; raise `HookRejected` with every misfit.

    It must have the mandatory hooks and those of the capabilities that its manifest declares, and no others.
    """
    own = hooks_of(ProviderHooks)
    _refuse_class(plugin, extension, "provider")
    found, misfits = _inspect(plugin, own, wrapped={})
    misfits += [f"{name} is missing: every provider has it" for name in MANDATORY_HOOKS if name not in found]
    for name in dict.fromkeys(name for names in CAPABILITY_HOOKS.values() for name in names):
        able = [str(capability) for capability, names in CAPABILITY_HOOKS.items() if name in names]
        declared = [capability for capability in able if capability in capabilities]
        if declared and name not in found:
            misfits.append(f"{name} is missing: the manifest declares the capability {declared[0]}")
        elif not declared and name in found:
            misfits.append(f"{name} is there and the manifest does not declare its capability, {' or '.join(able)}")
    _refuse(plugin, extension, "provider", misfits)


def check_handler(kind: OperationKind, extension: str) -> None:
    """Check the handler of a kind of operation against what the kind declares; raise `HookRejected`."""
    own = {name: all_hooks()[name] for name in OPERATION_HOOKS}
    role = f"handler of the kind {kind.name}"
    _refuse_class(kind.handler, extension, role)
    present, misfits = _inspect(kind.handler, own, wrapped={})
    if "run_operation" not in present:
        misfits.append("run_operation is missing: every kind has it")
    if kind.prepares and "prepare_operation" not in present:
        misfits.append("prepare_operation is missing: the kind declares prepares=True")
    if not kind.prepares and "prepare_operation" in present:
        misfits.append("prepare_operation is there and is never asked: declare prepares=True")
    if (kind.prepares or kind.action is not None) and "compensate_operation" not in present:
        misfits.append("compensate_operation is missing: the kind declares that it can be undone")
    _refuse(kind.handler, extension, role, misfits)


def check_plugin(plugin: object, extension: str) -> None:
    """Check what an extension brings besides providers and handlers; raise `HookRejected` with every misfit.

    A plugin may implement the hooks of extensions, kinds, guards and observers, and stand around those of providers
    and handlers as a wrapper.
    """
    own, wrapped = _plugin_hooks()
    _refuse_class(plugin, extension, "plugin")
    _, misfits = _inspect(plugin, own, wrapped)
    _refuse(plugin, extension, "plugin", misfits)


def implemented_hooks(plugin: object) -> frozenset[str]:
    """Return the names of the hooks that a plugin implements or wraps."""
    hooks = all_hooks()
    return frozenset(
        item.hook for item in implementations_of(plugin, {}) if item.hook in hooks and item.function is not None
    )


def _plugin_hooks() -> tuple[Mapping[str, Hook], Mapping[str, Hook]]:
    hooks = all_hooks()
    own = {name: hook for name, hook in hooks.items() if not hook.is_wrappable}
    return own, {name: hook for name, hook in hooks.items() if hook.is_wrappable}


def _inspect(plugin: object, own: Mapping[str, Hook], wrapped: Mapping[str, Hook]) -> tuple[Collection[str], list[str]]:
    """Return which of its own hooks the plugin implements or means to, and everything wrong with it."""
    hooks = {**own, **wrapped}
    misfits: list[str] = []
    first: dict[str, str] = {}
    for found in implementations_of(plugin, hooks):
        wrong = list(_wrong_with(found, own, wrapped))
        misfits += (f"{found.attribute} {misfit}" for misfit in wrong)
        if found.hook in own and first.setdefault(found.hook, found.attribute) != found.attribute:
            misfits.append(f"{found.attribute} implements {found.hook}, and so does {first[found.hook]}")
    return first, misfits


def _wrong_with(found: Implementation, own: Mapping[str, Hook], wrapped: Mapping[str, Hook]) -> Iterator[str]:
    hooks = {**own, **wrapped}
    hook = hooks.get(found.hook)
    if hook is not None:
        if found.options is not None and found.hook in wrapped and not found.is_wrapper:
            yield "answers for a provider or a kind that is not its own; only a wrapper may: @hookimpl(wrapper=True)"
        if found.hook in own and found.is_wrapper:
            yield "is a wrapper, and there is nothing around which it could stand"
        yield from misfits_of(found, hook)
    elif found.hook in all_hooks():
        yield "is a hook that nobody asks of this object; it belongs into another plugin of the extension"
    elif not found.is_optional:
        yield f"is marked and is no hook{near(found.hook, hooks)}"


def _refuse_class(plugin: object, extension: str, role: str) -> None:
    if isinstance(plugin, type):
        _refuse(plugin, extension, role, ["it is a class, not an object of it"])


def _refuse(plugin: object, extension: str, role: str, misfits: Sequence[str]) -> None:
    if not misfits:
        return
    subject = f"the {role} of extension {extension} ({_named(plugin)}) does not fit the hook interface"
    listing = misfits[0] if len(misfits) == 1 else "".join(f"\n  {misfit}" for misfit in misfits)
    raise HookRejected(
        f"{subject}: {listing}" if len(misfits) == 1 else f"{subject}, in {len(misfits)} ways:{listing}",
        extension=extension,
        hint=f"the author of {extension} has to mend this; the reference of hooks says what each one takes",
        details={"misfits": list(misfits)},
    )


def _named(plugin: object) -> str:
    if isinstance(plugin, ModuleType):
        return plugin.__name__
    kind = plugin if isinstance(plugin, type) else type(plugin)
    return f"{kind.__module__}.{kind.__qualname__}"
