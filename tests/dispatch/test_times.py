"""How long an extension takes: counted once, as its own, and changing nothing of what its hooks do."""

import threading

import pytest

from provisioning.contract import Decision, OperationContext, OperationKind, ServerSpec, hookimpl
from provisioning.dispatch import Guards, KindHandle, Observers, Phase, ProviderHandle, Times
from provisioning.errors import ExtensionBroken, NotFound
from tests.dispatch.clouds import SmallCloud, an_operation


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds

    def fail_after(self, seconds: float) -> None:
        self.pass_by(seconds)
        raise ValueError("no")


@pytest.fixture
def clock() -> Clock:
    """A clock for all."""
    return Clock()


def spent(times: Times) -> dict[str, float]:
    return {str(phase): seconds for phase, seconds in times.spent.items()}


def test_time_adds_up_by_phase(clock: Clock) -> None:
    """In the order of an extension's life, an error or not."""
    times = Times(clock)
    with times.during(Phase.HOOKS):
        clock.pass_by(1)
    with times.during(Phase.IMPORT):
        clock.pass_by(2)
    with pytest.raises(ValueError, match="no"), times.during(Phase.HOOKS):
        clock.fail_after(4)
    assert [("import", 2), ("hooks", 5)] == list(spent(times).items())


def test_what_another_one_takes_meanwhile_is_its_own(clock: Clock) -> None:
    """A kind that calls a provider twice is told of its own time alone."""
    kind, provider = Times(clock), Times(clock)
    with kind.during(Phase.HOOKS):
        clock.pass_by(1)
        for _ in range(2):
            with provider.during(Phase.HOOKS):
                clock.pass_by(10)
        clock.pass_by(2)
    assert [{"hooks": 3}, {"hooks": 20}] == [spent(kind), spent(provider)]


def test_threads_do_not_take_from_each_other(clock: Clock) -> None:
    """What another thread counts meanwhile is not within this one's block."""
    one, two = Times(clock), Times(clock)

    def work() -> None:
        with two.during(Phase.HOOKS):
            clock.pass_by(5)

    with one.during(Phase.HOOKS):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert [{"hooks": 5}, {"hooks": 5}] == [spent(one), spent(two)]


def plugins(clock: Clock) -> tuple[object, object, type]:
    """Return a hooks plugin, a kind's handler and a provider's class, of which each hook takes its time."""

    class Plugin:
        @hookimpl
        def on_event(self, event):
            clock.pass_by(1)

        @hookimpl
        def check_operation(self, operation):
            clock.pass_by(2)
            return Decision.deny("never")

        @hookimpl(wrapper=True)
        def find_server(self, client_token):
            clock.pass_by(4)
            found = yield
            clock.pass_by(8)
            return found

        @hookimpl(wrapper=True)
        def get_server(self):
            try:
                return (yield)
            except NotFound as error:
                clock.pass_by(16)
                raise NotFound("wrapped") from error

    class Handler:
        @hookimpl
        def run_operation(self, operation, provider):
            clock.pass_by(32)
            provider.find_server("token")
            raise RuntimeError("no")

    class Cloud(SmallCloud):
        @hookimpl
        def find_server(self, client_token):
            clock.pass_by(64)

    return Plugin(), Handler(), Cloud


def tried(clock: Clock, times: dict[str, Times] | None) -> list[object]:
    """Call a hook of each sort and return what came of it."""
    plugin, handler, cloud = plugins(clock)
    hooks = [("audit", plugin)]
    context = OperationContext()
    kind = OperationKind("noop", "nothing", {"type": "object"}, handler)
    provider = ProviderHandle("eu", "cloud", cloud, wrappers=hooks, times=times)
    Observers(hooks, times).notify(None)
    found: list[object] = [Guards(hooks, times).check(an_operation(), context)]
    with pytest.raises(ExtensionBroken) as broken:
        KindHandle(kind, "kinds", hooks, times).run(an_operation(), provider, context)
    found.append(broken.value.info())
    with pytest.raises(NotFound) as missing:
        provider.get_server("s-1")
    found.append(missing.value.info())
    server = provider.create_server(ServerSpec("a"), "token", {})
    return [*found, server, list(provider.list_servers()), provider.find_server("token")]


def test_every_hook_call_is_counted_where_it_belongs(clock: Clock) -> None:
    """Observers, guards, wrappers, kinds and providers."""
    times = {name: Times(clock) for name in ("audit", "kinds", "cloud")}
    tried(clock, times)
    assert {name: spent(one) for name, one in times.items()} == {
        "audit": {"hooks": 1 + 2 + 2 * (4 + 8) + 16},
        "kinds": {"hooks": 32},
        "cloud": {"hooks": 2 * 64},
    }


def test_counting_changes_nothing(clock: Clock) -> None:
    """Answers, errors, and whose fault they are."""
    assert tried(clock, None) == tried(clock, {name: Times(clock) for name in ("audit", "kinds", "cloud")})


def test_nothing_stands_before_a_plugin_that_is_not_counted(clock: Clock) -> None:
    """A call costs nothing more then: pluggy holds the plugin itself."""
    plugin = plugins(clock)[0]
    for times in (None, {}, {"another": Times(clock)}):
        (hooks,) = Observers([("audit", plugin)], times)._observers
        assert [("audit", plugin)] == hooks._manager.list_name_plugin()
