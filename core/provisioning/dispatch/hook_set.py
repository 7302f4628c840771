"""One owner of hooks and the wrappers around it: a plugin manager as small as the thing that it serves.

However many extensions there are, a call goes to the owner and to the wrappers that stand around it, and nobody else
can answer in the owner's place. What comes out of it is an answer or an error of our tree.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from traceback import walk_tb
from types import CodeType
from typing import Any

import pluggy

from provisioning.contract import PROJECT
from provisioning.dispatch.implementation import implementation_of, implementations_of
from provisioning.dispatch.times import Times, timed_plugin
from provisioning.errors import ExtensionBroken, ProvisioningError

__all__ = ["HookSet", "Wrapper", "described"]

Wrapper = tuple[str, object]
"""The name of an extension, and the plugin of it that holds wrappers."""


class _OwnerManager(pluggy.PluginManager):
    """A plugin manager that takes everything from the owner, and wrappers alone from all others."""

    def __init__(self, spec: type, hooks: Collection[str], owner: object) -> None:
        super().__init__(PROJECT)
        self._owner = owner
        self._hooks = hooks
        self.add_hookspecs(spec)

    def parse_hookimpl_opts(self, plugin: object, name: str) -> Any:
        # pluggy's own way asks the plugin for the attribute, and so runs its properties
        if name.startswith("__"):
            return None
        found = implementation_of(plugin, name)
        if found.function is None or found.options is None or found.hook not in self._hooks:
            return None
        return found.options if plugin is self._owner or found.is_wrapper else None


class HookSet:
    """The hooks of one owner, ready to be called.

    `hooks` are those of `spec` that the owner is asked. The first of `wrappers` stands outermost. All plugins have
    been checked (`provisioning.dispatch.registration`) before they come here. `subject` is what messages call it.
    Calls are counted in the `times` of an extension, where there are some under its name.
    """

    def __init__(
        self,
        spec: type,
        hooks: Collection[str],
        extension: str,
        owner: object,
        *,
        subject: str,
        wrappers: Sequence[Wrapper] = (),
        times: Mapping[str, Times] | None = None,
    ) -> None:
        self.extension = extension
        self.subject = subject
        self._times = times or {}
        called = self._counted(extension, owner)
        self._manager = _OwnerManager(spec, hooks, called)
        self._manager.register(called, name=extension)
        self._origins = dict.fromkeys(_codes(owner), extension)
        self._wrapping: dict[str, list[str]] = {}
        for position, (name, plugin) in reversed(tuple(enumerate(wrappers))):
            if plugin is not owner:
                self._add(position, name, plugin)
        relay = self._manager.hook
        callers: dict[str, pluggy.HookCaller] = {hook: getattr(relay, hook) for hook in hooks}
        self._callers = {hook: caller for hook, caller in callers.items() if _is_answered(caller)}

    def _counted(self, name: str, plugin: object) -> object:
        times = self._times.get(name)
        return plugin if times is None else timed_plugin(plugin, times)

    def _add(self, position: int, name: str, plugin: object) -> None:
        self._manager.register(self._counted(name, plugin), name=f"{name} (wrapper {position})")
        self._origins |= dict.fromkeys(_codes(plugin), name)
        for item in implementations_of(plugin, {}):
            if item.is_wrapper:
                self._wrapping.setdefault(item.hook, []).insert(0, name)

    def has(self, hook: str) -> bool:
        """Whether the owner implements a hook; a wrapper alone does not answer it."""
        return hook in self._callers

    def call(self, hook: str, /, **arguments: Any) -> Any:
        """Call a hook that the owner implements; every error not of our tree becomes an `ExtensionBroken`."""
        try:
            return self._callers[hook](**arguments)
        except ProvisioningError:
            raise
        except (Exception, SystemExit) as error:
            raise self.failed(hook, error) from error

    def failed(self, hook: str, error: BaseException) -> ExtensionBroken:
        """Make our error of one that came out of a hook, naming the extension whose code it came from."""
        extension = self._origin(error)
        whose = self.subject if extension == self.extension else f"the wrapper of extension {extension}"
        at = f"{hook} of {whose}" if extension == self.extension else f"{whose} around {hook} of {self.subject}"
        return ExtensionBroken(
            f"{at} failed with {described(error)}",
            extension=extension,
            hint=f"this is a defect of extension {extension}: a hook raises the errors of provisioning.errors only",
            details={"hook": hook, "error": type(error).__name__},
        )

    def wrong(self, hook: str, what: str, expected: str) -> ExtensionBroken:
        """Make the error for an answer that is not what the hook promises."""
        wrappers = self._wrapping.get(hook, [])
        around = f" (wrapped by {', '.join(wrappers)})" if wrappers else ""
        hint = f"this is a defect of extension {self.extension}"
        if wrappers:
            hint += f" or of a wrapper around it ({', '.join(wrappers)}): a wrapper returns what its `yield` gave it"
        return ExtensionBroken(
            f"{hook} of {self.subject}{around} returned {what}, not {expected}",
            extension=self.extension,
            hint=hint,
            details={"hook": hook},
        )

    def _origin(self, error: BaseException) -> str:
        """Return the extension in whose hook the error began: the innermost one in its traceback, else the owner."""
        frames = (frame.f_code for frame, _ in walk_tb(error.__traceback__))
        passed = [self._origins[code] for code in frames if code in self._origins]
        return passed[-1] if passed else self.extension


def _codes(plugin: object) -> Iterator[CodeType]:
    return (item.function.__code__ for item in implementations_of(plugin, {}) if item.function is not None)


def _is_answered(caller: pluggy.HookCaller) -> bool:
    return any(not (impl.wrapper or impl.hookwrapper) for impl in caller.get_hookimpls())


def described(error: BaseException) -> str:
    """Return an exception as its type and text, which may be missing or fail to be made."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the text of a stranger's error is a stranger's code
        text = ""
    return f"{name}: {text}" if text else name
