"""An object of an extension that stands in for a part of the house: an engine, a journal.

It is checked once for everything that the part must have. After that every call goes through here, so that whatever
foreign comes out of it is an error of the extension, and not one of ours without a name.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from provisioning.dispatch.answer import shown
from provisioning.dispatch.hook_set import described
from provisioning.errors import ExtensionBroken, ProvisioningError

__all__ = ["Foreign", "members_of", "missing_members"]


def members_of(protocol: type) -> frozenset[str]:
    """Return the names of what an object has that is a `protocol`."""
    return frozenset(name for name in vars(protocol) if not name.startswith("_"))


def missing_members(answer: object, protocol: type) -> list[str]:
    """Return what `answer` lacks to be a `protocol`, sorted: a method that is not there, or cannot be called."""
    methods = {name for name in members_of(protocol) if callable(vars(protocol)[name])}
    return sorted(name for name in members_of(protocol) if not _has(answer, name, is_method=name in methods))


def _has(answer: object, name: str, *, is_method: bool) -> bool:
    try:
        value = getattr(answer, name)
    except (Exception, SystemExit):  # noqa: BLE001 - a property is a stranger's code
        return False
    return callable(value) or not is_method


class Foreign:
    """Hands the members of `target` on. What `nested` names answers with an object that is handed on in turn.

    `subject` is what messages call it. An iterator that a method answers with is read through here as well.
    """

    def __init__(
        self, target: Any, members: Collection[str], *, extension: str, subject: str, nested: Collection[str] = ()
    ) -> None:
        self._target = target
        self._members = members
        self._extension = extension
        self._subject = subject
        self._nested = nested

    def __getattr__(self, name: str) -> Any:
        if name not in self._members:
            raise AttributeError(f"{self._subject} has no {name}")
        value = self._guarded(name, lambda: getattr(self._target, name))
        if not callable(value):
            return value
        return lambda *arguments, **options: self._answer(name, value, *arguments, **options)

    def _answer(self, name: str, method: Callable[..., Any], /, *arguments: Any, **options: Any) -> Any:
        answer = self._guarded(name, lambda: method(*arguments, **options))
        if name in self._nested:
            members = frozenset(member for member in dir(answer) if not member.startswith("_"))
            subject = f"what {name} of {self._subject} returned"
            return Foreign(answer, members, extension=self._extension, subject=subject)
        return self._read(name, answer) if isinstance(answer, Iterator) else answer

    def _read(self, name: str, answer: Iterator[Any]) -> Iterator[Any]:
        end = object()
        while (item := self._guarded(name, lambda: next(answer, end))) is not end:
            yield item

    def _guarded(self, name: str, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except ProvisioningError:
            raise
        except (Exception, SystemExit) as error:
            raise ExtensionBroken(
                f"{name} of {self._subject} failed with {described(error)}",
                extension=self._extension,
                hint=f"this is a defect of extension {self._extension}",
                details={"method": name, "error": type(error).__name__},
            ) from error

    def __repr__(self) -> str:
        return f"<{self._subject}: {shown(self._target)}>"
