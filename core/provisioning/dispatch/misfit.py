"""What is wrong with one implementation of a hook, in words for its author."""

import inspect
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from provisioning.dispatch.hook import Hook
from provisioning.dispatch.implementation import Implementation

__all__ = ["misfits_of", "near"]


def misfits_of(found: Implementation, hook: Hook) -> Iterator[str]:
    """Yield everything that keeps `found` from being called as `hook`; without the attribute's name."""
    if found.function is None:
        yield f"is {_shown(found.value)}; a hook is a plain function or method"
        return
    if found.options is None:
        yield "has the name of a hook and is not marked; did you forget @hookimpl? (or give it another name)"
        return
    yield from _wrong_function(found, hook)
    yield from _wrong_parameters(found, hook)


def near(name: str, known: Mapping[str, object]) -> str:
    """Return a question for what was probably meant, or nothing."""
    match = get_close_matches(name, known, n=1)
    return f"; did you mean {match[0]}?" if match else ""


def _wrong_function(found: Implementation, hook: Hook) -> Iterator[str]:
    is_generator = inspect.isgeneratorfunction(found.function)
    if inspect.iscoroutinefunction(found.function):
        yield "is a coroutine function; hooks are plain functions"
    elif inspect.isasyncgenfunction(found.function):
        yield "is an asynchronous generator function; hooks are plain functions"
    elif found.is_old_wrapper:
        yield "is a wrapper in the old style; write @hookimpl(wrapper=True) and return what the hook answers"
    elif found.is_wrapper and not is_generator:
        yield "is a wrapper and yields nowhere; write `result = yield` where the call goes on, and return the result"
    elif is_generator and not found.is_wrapper and not hook.may_yield:
        yield "yields, and the hook has one answer; return it (or, to stand around it, mark @hookimpl(wrapper=True))"


def _wrong_parameters(found: Implementation, hook: Hook) -> Iterator[str]:
    if found.lacks_self:
        yield "is a method without `self`"
    kinds = inspect.Parameter
    for parameter in found.parameters:
        name = parameter.name
        if parameter.kind is kinds.KEYWORD_ONLY:
            yield f"takes {name!r} by keyword only; hooks are called with positions, so drop the `*` before it"
        elif parameter.kind in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD):
            star = "*" if parameter.kind is kinds.VAR_POSITIONAL else "**"
            yield f"takes `{star}{name}`, which nothing ever fills; name the parameters: {_offer(hook)}"
        elif name not in hook.parameters:
            meant = near(name, dict.fromkeys(hook.parameters))
            yield f"takes {name!r}, which the hook does not offer{meant}; it offers: {_offer(hook)}"


def _offer(hook: Hook) -> str:
    return ", ".join(hook.parameters) or "none"


def _shown(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
