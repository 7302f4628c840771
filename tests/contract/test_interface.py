"""The public face of the project holds still, and is whole."""

import inspect
import json

import pytest

import provisioning.contract
import provisioning.errors
from provisioning.contract import HOOK_API, HOOK_API_FLOOR
from tests.contract.snapshot import FILE, interface

CHANGED = """the hook interface differs from tests/contract/hook_interface.json.

Was that meant? Then raise HOOK_API in contract/hookspecs.py (once for each release that changes the interface; raise
HOOK_API_FLOOR too when older extensions no longer fit), write it into the changelog, and run

    python -m tests.contract.snapshot
"""


def test_the_hook_interface_is_the_one_that_was_published():
    """No hook, parameter or promise changes by accident."""
    assert interface() == json.loads(FILE.read_text(encoding="utf-8")), CHANGED


def test_the_window_of_hook_interfaces_is_one():
    """The oldest that is accepted is not newer than the current one."""
    assert 1 <= HOOK_API_FLOOR <= HOOK_API


@pytest.mark.parametrize("module", [provisioning.contract, provisioning.errors], ids=lambda module: module.__name__)
def test_all_is_sorted_whole_and_importable(module):
    """`__all__` names what is there, in the order of the formatter."""
    names = module.__all__
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(module, name)] == []
    assert names == sorted(names, key=_rank)


def _rank(name: str) -> tuple[int, str]:
    """Constants first, then classes, then functions: the order that ruff's RUF022 gives."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


@pytest.mark.parametrize("module", [provisioning.contract, provisioning.errors], ids=lambda module: module.__name__)
def test_every_public_name_has_a_docstring(module):
    """What a stranger can import says what it is; dataclasses say more than their own signature."""
    public = [getattr(module, name) for name in module.__all__]
    named = [thing for thing in public if inspect.isclass(thing) or inspect.isfunction(thing)]
    assert [thing.__name__ for thing in named if not _is_documented(thing)] == []


def _is_documented(thing: type) -> bool:
    text = thing.__doc__ or ""
    return bool(text) and not text.startswith(f"{thing.__name__}(")
