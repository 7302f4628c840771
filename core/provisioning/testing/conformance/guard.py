"""The guard of a suite: every contract is collected as it was shipped, or a failing test stands in its place.

A suite that an author inherits proves something only if nothing of it can be dropped in silence. What a subclass
overrides or deletes fails, unless it is marked `xfail` with a reason, which the report shows. Which tests somebody
selects for one run (`-k`, a test's name) is his own affair.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import pytest

__all__ = ["guarded", "guarded_suite", "state_contract"]

Suite = TypeVar("Suite", bound=type)
Collected = pytest.Item | pytest.Collector


def guarded_suite(suite: Suite) -> Suite:
    """Remember the contracts of a suite, as they are now; a decorator of its class."""
    names = [name for name in dir(suite) if name.startswith("test_")]
    contracts = {name: inspect.getattr_static(suite, name) for name in names}
    suite.shipped_contracts = MappingProxyType(contracts)  # type: ignore[attr-defined]
    return suite


def guarded(collector: pytest.Class, collected: Sequence[Collected]) -> list[Collected]:
    """Return what was collected of a suite, and a failing test in the place of each contract that is not as shipped."""
    contracts = _contracts_of(collector.obj)
    names = {_original_name(one) for one in collected}
    broken = {
        name: reason
        for name, shipped in contracts.items()
        if (reason := _objection(inspect.getattr_static(collector.obj, name, None), shipped, name in names))
    }
    kept = [one for one in collected if _original_name(one) not in broken]
    return [*kept, *_replacements(collector, contracts, broken)]


def state_contract(item: pytest.Item, error: BaseException) -> None:
    """Add the contract that a failed test is about to its error: the docstring as it was shipped."""
    contract = _contracts_of(item.cls).get(_original_name(item))  # type: ignore[attr-defined]
    if contract is not None:
        error.add_note(f"the contract: {inspect.getdoc(contract)}")


def _contracts_of(suite: type) -> dict[str, Callable[..., None]]:
    """Return the contracts that were shipped; what a subclass says of them itself counts for nothing."""
    contracts: dict[str, Callable[..., None]] = {}
    for ancestor in suite.__mro__:
        contracts.update(vars(ancestor).get("shipped_contracts") or {})
    return contracts


def _original_name(one: Collected) -> str:
    return getattr(one, "originalname", None) or one.name


def _objection(found: Any, shipped: Callable[..., None], is_collected: bool) -> str | None:
    """Return what is wrong with a contract as the subclass has it; None when nothing is."""
    marks: list[pytest.Mark] = getattr(found, "pytestmark", None) or []
    if is_collected and any(_is_open(mark) for mark in marks):
        return None
    if is_collected and found is shipped and not marks:
        return None
    if found is shipped:
        return "was marked" if marks else "was not collected"
    return "was overridden" if callable(found) else "was deleted"


def _is_open(mark: pytest.Mark) -> bool:
    """Whether it is a mark that says, whatever the conditions, that a failure is expected, and why."""
    has_condition = bool(mark.args) or "condition" in mark.kwargs
    return mark.name == "xfail" and bool(mark.kwargs.get("reason")) and not has_condition


def _replacements(
    collector: pytest.Class, contracts: Mapping[str, Callable[..., None]], broken: Mapping[str, str]
) -> Iterator["BrokenContract"]:
    for name, reason in broken.items():
        message = (
            f"{collector.name}.{name} {reason}, and it is a contract:\n\n{inspect.getdoc(contracts[name])}\n\n"
            "Leave it as it is shipped. If it cannot hold, override it, and say why:\n"
            '@pytest.mark.xfail(reason="...")'
        )
        yield BrokenContract.from_parent(collector, name=name, message=message)


class BrokenContract(pytest.Item):
    """A contract that is not tested as it was shipped: a test that fails and says so."""

    def __init__(self, *, message: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._message = message

    def runtest(self) -> None:
        """Fail."""
        pytest.fail(self._message, pytrace=False)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the place and the name that the report shows."""
        return self.path, None, f"{self.parent.name if self.parent else ''}.{self.name}"
