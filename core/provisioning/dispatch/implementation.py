"""One implementation of a hook, found on a plugin without running any code of it."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType, MethodType, ModuleType
from typing import Any

from provisioning.contract import PROJECT

__all__ = ["Implementation", "implementation_of", "implementations_of"]

_MARK = f"{PROJECT}_impl"


@dataclass(frozen=True, slots=True)
class Implementation:
    """An attribute that is marked with `@hookimpl`, or that only looks like a hook.

    `function` is None for what pluggy silently passes over: a property, an object that can be called. `options` is
    None when there is no mark. `parameters` are those that the caller must fill, without `self`.
    """

    attribute: str
    function: FunctionType | None
    options: Mapping[str, Any] | None
    value: object
    parameters: tuple[inspect.Parameter, ...] = ()
    lacks_self: bool = False

    @property
    def hook(self) -> str:
        """The name of the hook that it implements."""
        return (self.options or {}).get("specname") or self.attribute

    @property
    def is_wrapper(self) -> bool:
        """Whether it stands around the owner's implementation."""
        return self._says("wrapper") or self._says("hookwrapper")

    @property
    def is_old_wrapper(self) -> bool:
        """Whether it is a wrapper in pluggy's old style."""
        return self._says("hookwrapper")

    @property
    def is_optional(self) -> bool:
        """Whether it is there in case the hook exists, which an older interface may not have."""
        return self._says("optionalhook")

    def _says(self, option: str) -> bool:
        return bool((self.options or {}).get(option))


def implementations_of(plugin: object, hooks: Mapping[str, Any]) -> list[Implementation]:
    """Return everything on `plugin` that is marked, and what is named like one of `hooks` and is not."""
    found = (implementation_of(plugin, name) for name in dir(plugin) if not name.startswith("__"))
    return [item for item in found if item.options is not None or item.attribute in hooks]


def implementation_of(plugin: object, name: str) -> Implementation:
    """Return what one attribute of `plugin` implements, whether it is marked or not."""
    value = inspect.getattr_static(plugin, name, None)
    if isinstance(value, property):
        return Implementation(name, None, _options(value.fget), value)
    function = (
        getattr(value, "__func__", value) if isinstance(value, staticmethod | classmethod | MethodType) else value
    )
    options = _options(value) or _options(function)
    if not isinstance(function, FunctionType):
        return Implementation(name, None, options, value)
    plain: Callable[..., Any] = inspect.unwrap(function)
    parameters = tuple(inspect.signature(plain, follow_wrapped=False).parameters.values())
    if not _is_bound(plugin, name, value):
        return Implementation(name, function, options, value, parameters)
    if parameters and parameters[0].kind is not inspect.Parameter.VAR_POSITIONAL:
        return Implementation(name, function, options, value, parameters[1:])
    return Implementation(name, function, options, value, parameters, lacks_self=not parameters)


def _is_bound(plugin: object, name: str, value: object) -> bool:
    """Whether the caller does not fill the first parameter."""
    if isinstance(value, classmethod | MethodType):
        return True
    if isinstance(value, staticmethod) or isinstance(plugin, ModuleType | type):
        return False
    try:
        return name not in object.__getattribute__(plugin, "__dict__")  # `getattr` may run the plugin's own code
    except AttributeError:
        return True


def _options(value: object) -> Mapping[str, Any] | None:
    try:
        options = getattr(value, _MARK, None)
    except Exception:  # noqa: BLE001 - an attribute that fails to be read carries no mark
        return None
    return options if isinstance(options, dict) else None
