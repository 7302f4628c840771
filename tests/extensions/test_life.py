"""The life of a plugin: whatever its activation took is given back, whatever else happens."""

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.contract import ExtensionContext, hookimpl
from provisioning.dispatch import ExtensionHandle
from provisioning.errors import ExtensionBroken
from provisioning.extensions import ExtensionRecord, Life, Origin, OriginKind, Status


class Watched:
    """A plugin that registers disposers; those in `raising` fail, and so does its activation with `dies`."""

    def __init__(self, count: int = 0, raising: frozenset[int] = frozenset(), *, dies: bool = False) -> None:
        self.count = count
        self.raising = raising
        self.dies = dies
        self.told: list[object] = []
        self.context: ExtensionContext | None = None

    def dispose(self, number: int) -> None:
        self.told.append(number)
        if number in self.raising:
            raise SystemExit(f"disposer {number}")

    @hookimpl
    def extension_activate(self, context):
        self.context = context
        for number in range(self.count):
            context.on_deactivate(lambda number=number: self.dispose(number))
        if self.dies:
            raise ValueError("no network")

    @hookimpl
    def extension_deactivate(self, context):
        assert context is self.context
        self.told.append("deactivated")


def record() -> ExtensionRecord:
    return ExtensionRecord("audit", Origin(OriginKind.FOLDER_PROJECT, folder=Path("/x/audit")), status=Status.ACTIVE)


def life(plugin: object, options=None) -> Life:
    return Life(record(), plugin, options or {}, "/work")


@given(st.integers(0, 6), st.frozensets(st.integers(0, 5)))
def test_every_disposer_is_run_the_newest_first_and_then_the_hook(count: int, raising: frozenset[int]) -> None:
    """Also those after one that raises; what failed is told."""
    plugin = Watched(count, raising)
    found = life(plugin)
    found.activate()
    failures = found.deactivate()
    order = list(reversed(range(count)))
    assert plugin.told == [*order, "deactivated"]
    assert failures == [f"SystemExit: disposer {number}" for number in order if number in raising]
    assert found.record.status is Status.READY


def test_a_failed_activation_gives_back_what_it_took() -> None:
    """The extension is failed, its own hook is not called, and the error tells of both."""
    plugin = Watched(2, frozenset({0}), dies=True)
    found = life(plugin)
    with pytest.raises(ExtensionBroken) as caught:
        found.activate()
    assert plugin.told == [1, 0]
    assert str(caught.value) == (
        "extension audit (project folder /x/audit) could not be activated: ValueError: no network; giving back what it"
        " took failed too: SystemExit: disposer 0"
    )
    assert caught.value.hint == "without it: provisioning extension disable audit"
    assert [str(problem.code) for problem in found.record.problems] == ["activation_failed"]
    assert found.record.status is Status.FAILED


def test_a_disposer_that_comes_late_is_run_at_once() -> None:
    """After the deactivation nobody would come for it."""
    plugin = Watched()
    found = life(plugin)
    found.activate()
    found.deactivate()
    assert plugin.context is not None
    plugin.context.on_deactivate(lambda: plugin.told.append("late"))
    assert plugin.told == ["deactivated", "late"]


def test_the_context_says_where_it_works() -> None:
    """Options cannot be changed, the logger is the extension's own."""
    context = life(Watched(), {"url": "here"}).context
    assert (context.name, dict(context.options), context.directory) == ("audit", {"url": "here"}, Path("/work"))
    assert context.logger is logging.getLogger("provisioning.extensions.audit")
    with pytest.raises(TypeError):
        context.options["url"] = "there"  # type: ignore[index]


def test_a_context_that_an_author_makes_for_a_test_needs_a_name_alone() -> None:
    """Its disposers are dropped."""
    ExtensionContext("audit").on_deactivate(pytest.fail)


def test_a_plugin_without_a_life_has_none() -> None:
    """Nothing is asked of it, and that is a success."""
    found = life(object())
    found.activate()
    assert (found.deactivate(), found.examine()) == ([], ({}, ()))


@pytest.mark.parametrize(
    ("hook", "answer", "message"),
    [
        ("extension_info", None, "extension_info of extension audit returned None, not a mapping"),
        ("extension_info", 3, "extension_info of extension audit returned an object of type int, not a mapping"),
        (
            "extension_validate",
            "all is well",
            "extension_validate of extension audit returned an object of type str, not objects of type str",
        ),
        (
            "extension_validate",
            [1],
            (
                "extension_validate of extension audit returned an object of type int among its answers, not objects of"
                " type str"
            ),
        ),
    ],
)
def test_what_a_plugin_answers_is_checked(hook: str, answer: object, message: str) -> None:
    """A wrong answer names the extension and the hook."""

    class Plugin:
        @hookimpl
        def extension_info(self):
            return answer if hook == "extension_info" else {}

        @hookimpl
        def extension_validate(self, context):
            return answer if hook == "extension_validate" else []

    handle = ExtensionHandle(Plugin(), "audit")
    with pytest.raises(ExtensionBroken) as caught:
        handle.info() if hook == "extension_info" else handle.validate(ExtensionContext("audit"))
    assert str(caught.value) == message
