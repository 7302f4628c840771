"""A provider instance as the house sees it: typed answers, errors of ours, nobody in between who was not asked."""

import threading

import pytest

from provisioning.contract import (
    Capability,
    ConnectionStatus,
    Image,
    OperationContext,
    ProviderLimits,
    Server,
    ServerSpec,
    ServerState,
    Size,
    Zone,
    hookimpl,
)
from provisioning.dispatch import ProviderHandle
from provisioning.errors import (
    ConfigurationError,
    ExtensionBroken,
    HookRejected,
    NotFound,
    OperationTimedOut,
    ProviderError,
    RunFenced,
    Throttling,
    Unsupported,
)
from tests.dispatch.clouds import FullCloud, SmallCloud

SPEC = ServerSpec("web")


def handle(cloud, wrappers=(), **arguments) -> ProviderHandle:
    """Return a handle on an instance `eu` of the extension `cloud`."""
    capabilities = frozenset(Capability) if isinstance(cloud, FullCloud) else frozenset()
    return ProviderHandle("eu", "cloud", lambda: cloud, capabilities=capabilities, wrappers=wrappers, **arguments)


def answering(hook, answer, base=SmallCloud):
    """Return a cloud of which one hook gives this answer, or raises it."""

    def method(self):
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return type("Cloud", (base,), {hook: hookimpl(method)})()


def test_a_server_goes_round():
    """Created, found, listed, read and deleted; each time it names the instance."""
    cloud = handle(SmallCloud())
    server = cloud.create_server(SPEC, "t1", {"a": "b"})
    assert server == Server("i-t1", "web", ServerState.RUNNING, provider="eu", labels={"a": "b"}, client_token="t1")
    assert cloud.find_server("t1") == cloud.get_server("i-t1") == server
    assert list(cloud.list_servers({"a": "b"})) == list(cloud.list_servers()) == [server]
    assert list(cloud.list_servers({"a": "c"})) == []
    cloud.delete_server("i-t1")
    assert cloud.find_server("t1") is None


def test_what_a_handle_says_of_itself():
    """Its name, type, capabilities and limits, without making the provider."""
    limits = ProviderLimits(timeout=3, max_parallel=2)
    cloud = ProviderHandle("eu", "cloud", lambda: 1 / 0, capabilities=frozenset({"reboot"}), limits=limits)
    assert (cloud.name, cloud.type, cloud.capabilities, cloud.limits) == ("eu", "cloud", {"reboot"}, limits)


def test_capabilities_are_called():
    """Start, stop, reboot and the catalog reach the provider; lists of any kind become tuples."""
    cloud = FullCloud()
    provider = handle(cloud)
    provider.start_server("i")
    provider.stop_server("i")
    provider.reboot_server("i")
    assert provider.list_sizes() == (Size("small"),)
    assert provider.list_images() == (Image("debian"),)
    assert provider.list_zones() == (Zone("a"),)
    assert cloud.asked == ["start i", "stop i", "reboot i", "sizes", "images", "zones"]


def test_a_capability_that_is_not_declared_is_unsupported():
    """The error names the provider, the hook, the capability and what there is; nothing is made for it."""
    provider = ProviderHandle("eu", "cloud", lambda: 1 / 0, capabilities=frozenset({"reboot"}))
    for call in (lambda: provider.start_server("i"), provider.list_sizes):
        with pytest.raises(Unsupported) as caught:
            call()
        assert caught.value.provider == "eu"
        assert caught.value.hint == "its capabilities: reboot"
    assert str(caught.value) == "provider eu (cloud) cannot do list_sizes: it has not the capability catalog"


def test_the_catalog_is_asked_once_in_five_minutes():
    """A second question is answered from memory, an old answer is not given."""
    now = [0.0]
    cloud = FullCloud()
    provider = handle(cloud, clock=lambda: now[0])
    for now[0] in (0, 299, 300):
        provider.list_sizes()
    assert cloud.asked == ["sizes", "sizes"]


def test_a_catalog_that_fails_is_asked_again():
    """An error is not remembered, and gets the instance's name between two items too."""

    class Cloud(FullCloud):
        @hookimpl
        def list_images(self):
            yield Image("debian")
            raise Throttling("slow down")

    provider = handle(Cloud())
    for _ in range(2):
        with pytest.raises(Throttling) as caught:
            provider.list_images()
        assert caught.value.provider == "eu"


def test_the_provider_is_made_at_the_first_use_and_once():
    """Making a handle imports nothing; many threads make one provider."""
    made = []

    def make():
        made.append(1)
        return SmallCloud()

    provider = ProviderHandle("eu", "cloud", make)
    assert made == []
    threads = [threading.Thread(target=lambda: list(provider.list_servers())) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    provider.open()
    assert made == [1]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("bad key"), "could not be made: ValueError: bad key"),
        (SystemExit(3), "could not be made: SystemExit: 3"),
    ],
)
def test_a_provider_that_cannot_be_made(error, expected):
    """What its class raises is the extension's failure; the configuration is where to look."""

    def make():
        raise error

    with pytest.raises(ExtensionBroken) as caught:
        ProviderHandle("eu", "cloud", make).open()
    assert str(caught.value) == f"provider eu (extension cloud) {expected}"
    assert caught.value.hint == "check [providers.eu] in the configuration; else this is a defect of the extension"
    assert caught.value.__cause__ is error


def test_an_error_of_ours_from_the_class_gets_the_name():
    """A ProviderError raised by the class passes, signed."""

    def make():
        raise ProviderError("no region")

    with pytest.raises(ProviderError, match=r"^no region$") as caught:
        ProviderHandle("eu", "cloud", make).open()
    assert caught.value.provider == "eu"

    def refuse():
        raise ConfigurationError("no token")

    with pytest.raises(ConfigurationError, match=r"^no token$"):
        ProviderHandle("eu", "cloud", refuse).open()


def test_a_provider_that_does_not_fit_is_refused_at_the_first_use():
    """The registration check stands before every call."""
    with pytest.raises(HookRejected):
        handle(object()).get_server("i")


def test_provider_errors_pass_and_get_the_name():
    """The field's words come through as they are, those raised between two servers too; a name given is kept."""
    with pytest.raises(NotFound, match=r"^no server i$") as caught:
        handle(SmallCloud()).get_server("i")
    assert caught.value.provider == "eu"

    class Cloud(SmallCloud):
        @hookimpl
        def list_servers(self):
            yield Server("1", "a", ServerState.RUNNING, provider="mine")
            raise Throttling("slow down", provider="mine", retry_after=2)

    servers = handle(Cloud()).list_servers()
    assert next(servers).provider == "mine"
    with pytest.raises(Throttling) as throttled:
        next(servers)
    assert (throttled.value.provider, throttled.value.retry_after) == ("mine", 2)


@pytest.mark.parametrize("error", [KeyError("id"), SystemExit(1), StopIteration()])
def test_foreign_errors_are_the_extensions_failure(error):
    """Whatever else comes out of a hook names the extension, the hook and the error, and keeps it as the cause."""
    with pytest.raises(ExtensionBroken) as caught:
        handle(answering("get_server", error)).get_server("i")
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    assert str(caught.value) == f"get_server of provider eu (extension cloud) failed with {text}"
    assert caught.value.extension == "cloud"
    assert caught.value.hint == (
        "this is a defect of extension cloud: a hook raises the errors of provisioning.errors only"
    )
    assert caught.value.__cause__ is error


def test_the_text_of_an_error_may_fail():
    """An exception that cannot say what it is is named by its type."""

    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    with pytest.raises(ExtensionBroken) as caught:
        handle(answering("get_server", Mute())).get_server("i")
    assert str(caught.value) == "get_server of provider eu (extension cloud) failed with Mute"


def test_an_interrupt_passes():
    """Ctrl-C is nobody's defect."""
    with pytest.raises(KeyboardInterrupt):
        handle(answering("get_server", KeyboardInterrupt())).get_server("i")


def test_a_foreign_error_between_two_servers():
    """Iteration is part of the call."""

    class Cloud(SmallCloud):
        @hookimpl
        def list_servers(self):
            yield Server("1", "a", ServerState.RUNNING)
            raise OSError("reset")

    servers = handle(Cloud()).list_servers()
    assert next(servers).id == "1"
    with pytest.raises(ExtensionBroken) as caught:
        next(servers)
    assert str(caught.value) == "list_servers of provider eu (extension cloud) failed with OSError: reset"


def test_listing_is_lazy():
    """No more servers are taken from the provider than somebody wants."""
    taken = []

    class Cloud(SmallCloud):
        @hookimpl
        def list_servers(self):
            for number in range(1, 100):
                taken.append(number)
                yield Server(str(number), "a", ServerState.RUNNING)

    servers = handle(Cloud()).list_servers()
    next(servers)
    next(servers)
    assert taken == [1, 2]


A_SERVER = Server("1", "a", ServerState.RUNNING)


@pytest.mark.parametrize(
    ("hook", "arguments", "answer", "expected"),
    [
        ("get_server", ("i",), None, "None, not a Server"),
        ("get_server", ("i",), {"id": "i"}, "an object of type dict, not a Server"),
        ("get_server", ("i",), Server("", "a", ServerState.RUNNING), "a Server whose id is '', not text"),
        ("get_server", ("i",), Server(7, "a", ServerState.RUNNING), "a Server whose id is 7, not text"),
        ("get_server", ("i",), Server("1", None, ServerState.RUNNING), "a Server whose name is None, not text"),
        ("get_server", ("i",), Server("1", "a", "running"), "a Server whose state is 'running', not a ServerState"),
        ("create_server", (SPEC, "t", {}), None, "None, not a Server"),
        ("find_server", ("t",), "i-1", "an object of type str, not a Server"),
        ("list_servers", (), None, "None, not objects of type Server"),
        ("list_servers", (), "ab", "an object of type str, not objects of type Server"),
        ("list_servers", (), {"a": 1}, "an object of type dict, not objects of type Server"),
        ("list_servers", (), [A_SERVER, "b"], "an object of type str among its answers, not objects of type Server"),
        ("list_zones", (), [Size("s")], "an object of type Size among its answers, not objects of type Zone"),
    ],
)
def test_wrong_answers(hook, arguments, answer, expected):
    """An answer of the wrong type is the extension's failure and goes no further."""
    provider = handle(answering(hook, answer, FullCloud))
    with pytest.raises(ExtensionBroken) as caught:
        list(getattr(provider, hook)(*arguments))
    assert str(caught.value) == f"{hook} of provider eu (extension cloud) returned {expected}"
    assert caught.value.hint == "this is a defect of extension cloud"


def test_checking_a_connection_never_raises():
    """An error of ours, a foreign one, a wrong answer and a provider that cannot be made are all answers."""

    def status(cloud):
        return handle(cloud).check_connection()

    assert status(SmallCloud()) == ConnectionStatus(reachable=True)
    refused = status(answering("check_connection", ProviderError("no route", hint="look at the cable")))
    assert refused == ConnectionStatus(
        reachable=False,
        message="no route",
        details={"error": {"code": "ProviderError", "message": "no route", "hint": "look at the cable"}},
        hint="look at the cable",
    )
    of = "of provider eu (extension cloud)"
    assert status(answering("check_connection", OSError())).message == f"check_connection {of} failed with OSError"
    assert status(answering("check_connection", True)).message == (
        f"check_connection {of} returned an object of type bool, not a ConnectionStatus"
    )
    broken = ProviderHandle("eu", "cloud", lambda: 1 / 0).check_connection()
    assert broken.message == ("provider eu (extension cloud) could not be made: ZeroDivisionError: division by zero")


def test_nothing_is_called_after_the_deadline():
    """The time is looked at before the call; a check of the connection says so."""
    context = OperationContext(workflow_id="wf", deadline=5, clock=lambda: 5)
    cloud = SmallCloud()
    provider = handle(cloud)
    with pytest.raises(OperationTimedOut) as caught:
        provider.create_server(SPEC, "t", {}, context)
    message = "create_server of provider eu was not called: the time of the operation is up"
    assert (str(caught.value), caught.value.workflow_id, cloud.servers) == (message, "wf", {})
    assert not provider.check_connection(context).reachable
    early = OperationContext(deadline=5, clock=lambda: 4.9)
    assert provider.create_server(SPEC, "t", {}, early).id == "i-t"


def test_nothing_is_called_for_a_run_that_is_lost():
    """The lease is asked before the call."""

    def lost():
        raise RunFenced("another's by now", workflow_id="wf")

    cloud = SmallCloud()
    with pytest.raises(RunFenced):
        handle(cloud).create_server(SPEC, "t", {}, OperationContext(hold=lost))
    assert cloud.servers == {}


def test_the_context_reaches_the_provider():
    """The caller's own, or a default one."""
    seen = []

    class Cloud(SmallCloud):
        @hookimpl
        def get_server(self, context):
            seen.append(context)
            return A_SERVER

    mine = OperationContext(attempt=3)
    provider = handle(Cloud())
    provider.get_server("i", mine)
    provider.get_server("i")
    assert seen[0] is mine
    assert seen[1].attempt == 1


class Wrapping:
    """A plugin that stands around `create_server` and also watches events."""

    def __init__(self, name, log):
        self.name = name
        self.log = log

    @hookimpl(wrapper=True)
    def create_server(self, spec):
        """Tell of the call and of its end."""
        self.log.append(f"{self.name} before {spec.name}")
        server = yield
        self.log.append(f"{self.name} after {server.id}")
        return server

    @hookimpl
    def on_event(self, event):
        """Hear of nothing here."""


def test_the_first_wrapper_stands_outermost():
    """Wrappers nest in the order in which they are given."""
    log = []
    provider = handle(SmallCloud(), [("one", Wrapping("one", log)), ("two", Wrapping("two", log))])
    provider.create_server(SPEC, "t", {})
    assert log == ["one before web", "two before web", "two after i-t", "one after i-t"]


def test_no_plugin_answers_in_the_owners_place():
    """Even one that came past the registration check is not asked, unless it wraps."""

    class Hijacker:
        @hookimpl(tryfirst=True)
        def get_server(self, server_id):
            return Server("evil", "evil", ServerState.RUNNING)

    cloud = SmallCloud()
    provider = handle(cloud, [("hijacker", Hijacker())])
    provider.create_server(SPEC, "t", {})
    assert provider.get_server("i-t").name == "web"


def test_a_failing_wrapper_is_named():
    """The error names the extension whose code it came from, not the provider."""

    class Failing:
        @hookimpl(wrapper=True)
        def create_server(self):
            raise ValueError("quota file")
            yield

    with pytest.raises(ExtensionBroken) as caught:
        handle(SmallCloud(), [("audit", Failing())]).create_server(SPEC, "t", {})
    assert str(caught.value) == (
        "the wrapper of extension audit around create_server of provider eu (extension cloud) failed with ValueError:"
        " quota file"
    )
    assert caught.value.extension == "audit"


def test_a_provider_that_fails_under_a_wrapper_is_named_itself():
    """A wrapper through which an error passes is not blamed for it."""
    provider = handle(answering("create_server", KeyError("id")), [("audit", Wrapping("audit", []))])
    with pytest.raises(ExtensionBroken) as caught:
        provider.create_server(SPEC, "t", {})
    assert str(caught.value) == "create_server of provider eu (extension cloud) failed with KeyError: 'id'"


def test_a_wrapper_that_forgets_to_return_is_suspected():
    """The most common mistake in a wrapper loses the answer; the message says who could have lost it."""

    class Forgetful:
        @hookimpl(wrapper=True)
        def create_server(self):
            yield

    with pytest.raises(ExtensionBroken) as caught:
        handle(SmallCloud(), [("audit", Forgetful())]).create_server(SPEC, "t", {})
    assert str(caught.value) == (
        "create_server of provider eu (extension cloud) (wrapped by audit) returned None, not a Server"
    )
    assert caught.value.hint == (
        "this is a defect of extension cloud or of a wrapper around it (audit): a wrapper returns what its `yield`"
        " gave it"
    )


def test_an_object_that_can_be_closed_is_closed(caplog):
    """Once, when it was made; one that fails to close is told and holds nobody up, and each may be used again."""
    made = []

    class Cloud(SmallCloud):
        def __init__(self):
            super().__init__()
            self.closed = 0
            made.append(self)

        def close(self):
            self.closed += 1
            if len(made) == 2:
                raise OSError("line is cut")

    cloud = ProviderHandle("eu", "cloud", Cloud)
    cloud.close()
    assert made == []
    for _ in range(2):
        assert list(cloud.list_servers()) == []
        cloud.close()
        cloud.close()
    assert [one.closed for one in made] == [1, 1]
    assert [record.message for record in caplog.records] == [
        "provider eu (extension cloud) failed to close: OSError: line is cut"
    ]
    handle(SmallCloud()).close()
