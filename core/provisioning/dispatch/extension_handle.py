"""The life of one plugin of an extension, ready to be called: the typed face of the hooks of its lifecycle."""

from collections.abc import Mapping, Sequence
from typing import Any

from provisioning.contract import ExtensionContext, ExtensionHooks
from provisioning.dispatch.answer import checked_items, shown
from provisioning.dispatch.hook import hooks_of
from provisioning.dispatch.hook_set import HookSet

__all__ = ["ExtensionHandle"]


class ExtensionHandle:
    """One plugin of the extension `extension`; a hook that it does not have is a success that says nothing.

    What a hook answers is checked; foreign errors become `ExtensionBroken`.
    """

    def __init__(self, plugin: object, extension: str) -> None:
        subject = f"extension {extension}"
        self._hooks = HookSet(ExtensionHooks, hooks_of(ExtensionHooks), extension, plugin, subject=subject)

    def info(self) -> Mapping[str, Any]:
        """Return what the extension says of itself."""
        hook = "extension_info"
        answer = self._hooks.call(hook) if self._hooks.has(hook) else {}
        if isinstance(answer, Mapping):
            return answer
        raise self._hooks.wrong(hook, shown(answer), "a mapping")

    def validate(self, context: ExtensionContext) -> Sequence[str]:
        """Return what keeps it from working here, in its own words."""
        hook = "extension_validate"
        if not self._hooks.has(hook):
            return ()
        return list(checked_items(self._hooks, hook, self._hooks.call(hook, context=context), str))

    def activate(self, context: ExtensionContext) -> None:
        """Let it get ready."""
        self._notify("extension_activate", context)

    def deactivate(self, context: ExtensionContext) -> None:
        """Let it give back what it took."""
        self._notify("extension_deactivate", context)

    def _notify(self, hook: str, context: ExtensionContext) -> None:
        if self._hooks.has(hook):
            self._hooks.call(hook, context=context)
