"""What is refused when a plugin is registered, with the whole list at once."""

import functools
from types import ModuleType

import pytest

from provisioning.contract import Capability, CompensationAction, Decision, Done, ProviderHooks, ServerSpec, hookimpl
from provisioning.dispatch import (
    CAPABILITY_HOOKS,
    MANDATORY_HOOKS,
    ProviderHandle,
    check_handler,
    check_plugin,
    check_provider,
    hooks_of,
    implemented_hooks,
)
from provisioning.errors import HookRejected
from tests.dispatch.clouds import FullCloud, Handler, SmallCloud, kind_of

ALL = frozenset(Capability)


def misfits(check, *arguments) -> list[str]:
    """Return what a check finds wrong, nothing for a plugin that fits."""
    try:
        check(*arguments)
    except HookRejected as error:
        return error.details["misfits"]
    return []


def test_a_fitting_provider_passes():
    """The mandatory hooks alone, or with each capability that is declared."""
    assert misfits(check_provider, SmallCloud(), "cloud", ()) == []
    assert misfits(check_provider, FullCloud(), "cloud", ALL) == []


def test_every_hook_of_a_provider_is_mandatory_or_a_capability():
    """No hook can be forgotten in the two tables, and every capability is in the second one."""
    optional = {name for names in CAPABILITY_HOOKS.values() for name in names}
    assert sorted([*MANDATORY_HOOKS, *optional]) == sorted(hooks_of(ProviderHooks))
    assert set(CAPABILITY_HOOKS) == set(Capability)


def test_all_misfits_come_in_one_error():
    """The message names the extension and the class, and lists everything, each with what to do."""

    class Broken:
        @hookimpl
        def check_connection(self, *, context):
            return None

        @hookimpl
        async def get_server(self, server_id):
            return None

        @hookimpl
        def create_server(self, spec, client_tokn, labels=None, **more):
            return None

        @hookimpl
        def delete_serve(self, server_id):
            return None

        def find_server(self, client_token):
            return None

        @hookimpl
        def list_sizes(self):
            return ()

    Broken.__qualname__ = "Broken"
    with pytest.raises(HookRejected) as caught:
        check_provider(Broken(), "hetzner", ["reboot"])
    assert str(caught.value) == (
        "the provider of extension hetzner (tests.dispatch.test_registration.Broken) does not fit the hook interface,"
        " in 10 ways:\n"
        "  check_connection takes 'context' by keyword only; hooks are called with positions, so drop the `*` before"
        " it\n"
        "  create_server takes 'client_tokn', which the hook does not offer; did you mean client_token?; it offers:"
        " spec, client_token, labels, context\n"
        "  create_server takes `**more`, which nothing ever fills; name the parameters: spec, client_token, labels,"
        " context\n"
        "  delete_serve is marked and is no hook; did you mean delete_server?\n"
        "  find_server has the name of a hook and is not marked; did you forget @hookimpl? (or give it another name)\n"
        "  get_server is a coroutine function; hooks are plain functions\n"
        "  list_servers is missing: every provider has it\n"
        "  delete_server is missing: every provider has it\n"
        "  reboot_server is missing: the manifest declares the capability reboot\n"
        "  list_sizes is there and the manifest does not declare its capability, catalog"
    )
    assert caught.value.extension == "hetzner"
    assert caught.value.hint == (
        "the author of hetzner has to mend this; the reference of hooks says what each one takes"
    )


def one(attribute, name="get_server") -> list[str]:
    """Return what is wrong with one attribute of an otherwise fitting provider."""
    return misfits(check_provider, type("Cloud", (SmallCloud,), {name: attribute})(), "cloud", ())


def coroutine_generator():
    """Return an asynchronous generator function that is marked."""

    @hookimpl
    async def get_server(self, server_id):
        yield server_id

    return get_server


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        (coroutine_generator(), "is an asynchronous generator function; hooks are plain functions"),
        (
            hookimpl(lambda self, server_id: (yield server_id)),
            "yields, and the hook has one answer; return it (or, to stand around it, mark @hookimpl(wrapper=True))",
        ),
        (hookimpl(lambda: None), "is a method without `self`"),
        (
            hookimpl(lambda self, *args: None),
            "takes `*args`, which nothing ever fills; name the parameters: server_id, context",
        ),
        (
            hookimpl(lambda self, server_id, retries=3: None),
            "takes 'retries', which the hook does not offer; it offers: server_id, context",
        ),
    ],
)
def test_what_a_method_can_get_wrong(attribute, expected):
    """Each is named by its attribute."""
    assert one(attribute) == [f"get_server {expected}"]


def test_what_pluggy_passes_over_is_refused():
    """A property and an object that can be called would never be asked."""
    plain = "a hook is a plain function or method"
    assert one(property(hookimpl(lambda self: 1))) == [f"get_server is a property; {plain}"]
    assert one(hookimpl(functools.partial(print))) == [f"get_server is a partial; {plain}"]
    assert one(["a", "list"]) == [f"get_server is a list; {plain}"]


def test_nothing_of_the_plugin_runs_while_it_is_checked():
    """A property that would raise is looked at and not asked."""

    class Cloud(SmallCloud):
        @property
        def region(self):
            raise RuntimeError("asked")

        def __getattr__(self, name):
            raise RuntimeError("asked")

    assert misfits(check_provider, Cloud(), "cloud", ()) == []
    assert ProviderHandle("eu", "cloud", Cloud).check_connection().reachable


def test_a_plugin_may_have_slots():
    """What stands in a slot is looked at, and methods are bound all the same."""

    class Watcher:
        __slots__ = ("seen",)

        @hookimpl
        def on_event(self, event):
            return None

    assert misfits(check_plugin, Watcher(), "watcher") == []


def test_an_attribute_that_fails_to_be_read_carries_no_mark():
    """A stranger's object on a plugin may do anything when it is touched."""

    class Touchy:
        def __getattr__(self, name):
            raise RuntimeError(name)

    assert misfits(check_plugin, type("Watcher", (), {"client": Touchy()})(), "watcher") == []


def test_a_module_is_a_plugin_by_its_functions():
    """It is named by its own name, and its functions have no `self`."""
    module = ModuleType("watching")
    module.on_event = hookimpl(lambda event: None)
    assert misfits(check_plugin, module, "watcher") == []
    module.on_event = hookimpl(lambda evt: None)
    with pytest.raises(HookRejected, match=r"^the plugin of extension watcher \(watching\) does not fit"):
        check_plugin(module, "watcher")


def test_static_and_class_methods_decorated_and_renamed_functions_fit():
    """Whatever pluggy binds rightly is welcome."""

    def logged(function):
        @functools.wraps(function)
        def inner(*arguments):
            return function(*arguments)

        return inner

    class Cloud(SmallCloud):
        @staticmethod
        @hookimpl
        def delete_server(server_id):
            return None

        @hookimpl
        @classmethod
        def find_server(cls, client_token):
            return None

        @hookimpl
        @logged
        def create_server(self, spec, client_token, labels):
            return None

        @hookimpl(optionalhook=True)
        def a_hook_of_the_future(self, anything):
            return None

    assert misfits(check_provider, Cloud(), "cloud", ()) == []


def test_two_methods_for_one_hook_are_one_too_many():
    """The second one would never be asked."""

    class Cloud(SmallCloud):
        @hookimpl(specname="get_server")
        def the_other(self, server_id):
            return None

    assert misfits(check_provider, Cloud(), "cloud", ()) == ["the_other implements get_server, and so does get_server"]


def test_a_class_is_not_an_object():
    """Its methods would be called without `self`."""
    assert misfits(check_provider, SmallCloud, "cloud", ()) == ["it is a class, not an object of it"]


def test_a_plugin_may_watch_guard_bring_and_wrap():
    """All that a hooks extension may do passes."""

    class Plugin:
        @hookimpl
        def operation_kinds(self):
            yield kind_of(Handler())

        @hookimpl
        def check_operation(self, operation):
            return Decision.allow()

        @hookimpl
        def on_event(self, event):
            return None

        @hookimpl
        def extension_info(self):
            return {}

        @hookimpl(wrapper=True)
        def run_operation(self, operation):
            return (yield)

        @hookimpl(wrapper=True, tryfirst=True)
        def create_server(self, spec: ServerSpec):
            return (yield)

    assert misfits(check_plugin, Plugin(), "watcher") == []
    assert implemented_hooks(Plugin()) == {
        "operation_kinds", "check_operation", "on_event", "extension_info", "run_operation", "create_server",
    }  # fmt: skip


def test_a_plugin_may_not_answer_for_a_provider_or_be_wrapped_itself():
    """Only a wrapper stands around what another one owns; guards and observers have nothing to stand around."""

    class Plugin:
        @hookimpl
        def create_server(self, spec):
            return None

        @hookimpl(wrapper=True)
        def on_event(self, event):
            return (yield)

        @hookimpl(hookwrapper=True)
        def run_operation(self):
            yield

        @hookimpl(wrapper=True)
        def get_server(self, server_id):
            return None

    assert misfits(check_plugin, Plugin(), "hijacker") == [
        (
            "create_server answers for a provider or a kind that is not its own; only a wrapper may:"
            " @hookimpl(wrapper=True)"
        ),
        (
            "get_server is a wrapper and yields nowhere; write `result = yield` where the call goes on, and return"
            " the result"
        ),
        "on_event is a wrapper, and there is nothing around which it could stand",
        "run_operation is a wrapper in the old style; write @hookimpl(wrapper=True) and return what the hook answers",
    ]


def test_a_provider_is_asked_hooks_of_providers_alone():
    """Another hook on it would never be asked."""

    class Cloud(SmallCloud):
        @hookimpl
        def on_event(self, event):
            return None

    assert misfits(check_provider, Cloud(), "cloud", ()) == [
        "on_event is a hook that nobody asks of this object; it belongs into another plugin of the extension"
    ]


def test_a_handler_has_the_hooks_that_its_kind_declares():
    """What a kind says of preparing and undoing is true of its handler."""

    class Runs:
        @hookimpl
        def run_operation(self):
            return Done()

    class Prepares(Runs):
        @hookimpl
        def prepare_operation(self):
            return None

    undoable = kind_of(Runs(), prepares=True, action=CompensationAction.CUSTOM_ACTION)
    assert misfits(check_handler, kind_of(Runs()), "kinds") == []
    assert misfits(check_handler, kind_of(object()), "kinds") == ["run_operation is missing: every kind has it"]
    assert misfits(check_handler, undoable, "kinds") == [
        "prepare_operation is missing: the kind declares prepares=True",
        "compensate_operation is missing: the kind declares that it can be undone",
    ]
    assert misfits(check_handler, kind_of(Prepares()), "kinds") == [
        "prepare_operation is there and is never asked: declare prepares=True"
    ]


def test_one_misfit_stands_in_one_line():
    """A single one needs no list."""
    with pytest.raises(HookRejected) as caught:
        check_handler(kind_of(object()), "kinds")
    assert str(caught.value) == (
        "the handler of the kind thing of extension kinds (builtins.object) does not fit the hook interface:"
        " run_operation is missing: every kind has it"
    )
