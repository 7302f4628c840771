"""The fake cloud has the manners of real ones: late, slow, out of room, deaf, and sometimes it does things twice."""

import multiprocessing
from pathlib import Path

import pytest

from provisioning.contract import Capability, OperationContext, ServerSpec, ServerState
from provisioning.dispatch import ProviderHandle
from provisioning.errors import (
    Ambiguous,
    CapacityUnavailable,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    ServiceInternalError,
    Throttling,
)
from provisioning.testing.cloud import FakeCloud, FakeProvider, Manners, Mishap, Request, Scripted

EPOCH = 1_700_000_000.0
SPEC = ServerSpec("web")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = EPOCH

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def cloud_of(clock: Clock, **manners: object) -> FakeCloud:
    return FakeCloud(Manners(**manners), clock=clock)  # type: ignore[arg-type]


def with_mishap(clock: Clock, call: str, mishap: Mishap, **manners: object) -> FakeCloud:
    return cloud_of(clock, mishaps=(Scripted(call, 1, mishap),), **manners)


def provider_of(cloud: FakeCloud) -> ProviderHandle:
    capabilities = frozenset(Capability)
    return ProviderHandle("eu", "fake", lambda: FakeProvider("eu", {}, cloud), capabilities=capabilities)


def test_without_manners_it_is_quick_and_never_fails(clock: Clock) -> None:
    """A server runs at once, is found at once, and is gone at once."""
    cloud = cloud_of(clock)
    server = cloud.create_server(SPEC, "t-1", {"a": "b"})
    assert (server.id, server.state, server.labels, server.client_token) == ("fake-1", "running", {"a": "b"}, "t-1")
    assert cloud.find_server("t-1") == cloud.get_server("fake-1") == server
    cloud.delete_server("fake-1")
    with pytest.raises(NotFound):
        cloud.get_server("fake-1")
    assert (cloud.servers(), cloud.find_server("t-1"), cloud.list_servers()) == ([], None, ([], None))


def test_a_new_server_is_hidden_for_a_while(clock: Clock) -> None:
    """Listings and searches lag; the truth does not."""
    cloud = cloud_of(clock, appears_after=60.0, readable_after=2.0)
    server = cloud.create_server(SPEC, "t-1", {})
    clock.now += 1.9
    with pytest.raises(NotFound):
        cloud.get_server(server.id)
    clock.now += 0.1
    assert cloud.get_server(server.id).id == server.id
    assert (cloud.find_server("t-1"), cloud.list_servers()[0]) == (None, [])
    assert cloud.servers() == [server]
    clock.now += 58.0
    assert cloud.find_server("t-1") == cloud.list_servers()[0][0] == server


def test_servers_take_their_time(clock: Clock) -> None:
    """They are pending before they run, and deleting before they are gone."""
    cloud = cloud_of(clock, boot_time=5.0, delete_time=3.0)
    assert cloud.create_server(SPEC, "t-1", {}).state is ServerState.PENDING
    clock.now += 5
    assert cloud.get_server("fake-1").state is ServerState.RUNNING
    cloud.stop_server("fake-1")
    assert cloud.get_server("fake-1").state is ServerState.STOPPING
    clock.now += 5
    cloud.start_server("fake-1")
    assert cloud.get_server("fake-1").state is ServerState.STARTING
    clock.now += 5
    cloud.reboot_server("fake-1")
    assert cloud.get_server("fake-1").state is ServerState.REBOOTING
    cloud.delete_server("fake-1")
    assert cloud.find_server("t-1").state is ServerState.DELETING  # type: ignore[union-attr]
    clock.now += 3
    assert (cloud.find_server("t-1"), cloud.servers()) == (None, [])


def test_a_token_that_comes_again_names_the_same_server(clock: Clock) -> None:
    """Even when that is gone: nothing is made anew for a request that is old."""
    cloud = cloud_of(clock)
    server = cloud.create_server(SPEC, "t-1", {})
    assert cloud.create_server(SPEC, "t-1", {}) == server
    cloud.delete_server(server.id)
    assert cloud.create_server(SPEC, "t-1", {}).state is ServerState.DELETED
    assert len(cloud.made()) == 1


def test_a_cloud_may_not_honour_tokens(clock: Clock) -> None:
    """Then each request makes a server, and its provider looks first whether there is one."""
    cloud = cloud_of(clock, honours_tokens=False)
    assert {cloud.create_server(SPEC, "t-1", {}).id for _ in range(2)} == {"fake-1", "fake-2"}
    provider = provider_of(cloud)
    assert provider.create_server(SPEC, "t-1", {}).id == "fake-1"
    assert provider.create_server(SPEC, "t-2", {}).id == "fake-3"


@pytest.mark.parametrize(
    ("mishap", "error", "made"),
    [
        (Mishap.REQUEST_LOST, NetworkFailure, 0),
        (Mishap.THROTTLED, Throttling, 0),
        (Mishap.NO_CAPACITY, CapacityUnavailable, 0),
        (Mishap.BROKEN, ServiceInternalError, 0),
        (Mishap.BROKEN_AFTERWARDS, ServiceInternalError, 1),
        (Mishap.REPLY_LOST, Ambiguous, 1),
    ],
)
def test_a_request_goes_wrong(clock: Clock, mishap: Mishap, error: type[Exception], made: int) -> None:
    """What the caller hears, and what became of it all the same; the log has both."""
    cloud = with_mishap(clock, "create_server", mishap, retry_after=7.0)
    with pytest.raises(error) as caught:
        cloud.create_server(SPEC, "t-1", {})
    assert len(cloud.servers()) == made
    expected = Request(1, EPOCH, "create_server", "t-1", "fake-1" if made else None, bool(made), error.__name__, EPOCH)
    assert cloud.requests() == [expected]
    if isinstance(caught.value, Throttling):
        assert caught.value.retry_after == 7.0
    assert cloud.create_server(SPEC, "t-1", {}).id == "fake-1"


def test_a_request_is_delivered_twice(clock: Clock) -> None:
    """Where tokens are honoured that makes one server, elsewhere two."""
    honest = with_mishap(clock, "create_server", Mishap.DELIVERED_TWICE)
    honest.create_server(SPEC, "t-1", {})
    careless = with_mishap(clock, "create_server", Mishap.DELIVERED_TWICE, honours_tokens=False)
    careless.create_server(SPEC, "t-1", {})
    assert (len(honest.servers()), len(careless.servers())) == (1, 2)


def test_a_server_is_born_dead(clock: Clock) -> None:
    """It is there, and in error."""
    cloud = with_mishap(clock, "create_server", Mishap.STILLBORN, boot_time=1.0)
    cloud.create_server(SPEC, "t-1", {})
    clock.now += 1
    assert cloud.get_server("fake-1").state is ServerState.ERROR


def test_mishaps_are_drawn_from_a_seed(clock: Clock) -> None:
    """The same seed is the same story; another one is another."""

    def story(seed: int) -> list[str]:
        cloud = cloud_of(clock, seed=seed, rates={Mishap.REPLY_LOST: 0.3, Mishap.THROTTLED: 0.3})
        for number in range(30):
            try:
                cloud.create_server(SPEC, f"t-{number}", {})
            except (Ambiguous, Throttling):
                continue
        return [request.answer for request in cloud.requests()]

    assert story(1) == story(1) != story(2)
    assert {"done", "Ambiguous", "Throttling"} == set(story(1))


def test_the_rate_is_limited(clock: Clock) -> None:
    """Within a second so many requests are taken; those that are refused do not count."""
    cloud = cloud_of(clock, allows_per_second=2, retry_after=1.0)
    for _ in range(2):
        cloud.list_servers()
    for _ in range(3):
        with pytest.raises(Throttling):
            cloud.list_servers()
    clock.now += 1.0
    cloud.list_servers()


def test_a_zone_has_so_much_room(clock: Clock) -> None:
    """Another one may have more; what is deleted makes room."""
    cloud = cloud_of(clock, capacity={"fake-a": 1})
    cloud.create_server(SPEC, "t-1", {})
    with pytest.raises(CapacityUnavailable, match="the fake cloud has no room in fake-a"):
        cloud.create_server(SPEC, "t-2", {})
    assert cloud.create_server(ServerSpec("web", zone="fake-b"), "t-2", {}).zone == "fake-b"
    cloud.delete_server("fake-1")
    assert cloud.create_server(SPEC, "t-3", {}).zone == "fake-a"


def test_what_is_not_on_offer_is_refused(clock: Clock) -> None:
    """With the names of what is."""
    with pytest.raises(InvalidRequest, match="the fake cloud has no size 'huge'") as caught:
        cloud_of(clock).create_server(ServerSpec("web", size="huge"), "t-1", {})
    assert caught.value.hint == "it has small, large"


def test_a_listing_has_pages(clock: Clock) -> None:
    """Each is a request; a filter does not need them all at once."""
    cloud = cloud_of(clock, page_size=2)
    for number in range(5):
        cloud.create_server(SPEC, f"t-{number}", {"odd": str(number % 2)})
    listing = provider_of(cloud).list_servers({"odd": "0"})
    assert next(listing).id == "fake-1"
    assert [request.call for request in cloud.requests()][5:] == ["list_servers"]
    assert [server.id for server in listing] == ["fake-3", "fake-5"]
    assert [request.call for request in cloud.requests()][5:] == ["list_servers"] * 3


def test_the_provider_offers_what_it_says(clock: Clock) -> None:
    """All that its manifest declares works."""
    provider = provider_of(cloud_of(clock))
    assert provider.check_connection().reachable
    server = provider.create_server(SPEC, "t-1", {})
    provider.stop_server(server.id)
    assert provider.get_server(server.id).state is ServerState.STOPPED
    provider.start_server(server.id)
    provider.reboot_server(server.id)
    assert [size.name for size in provider.list_sizes()] == ["small", "large"]
    assert [image.name for image in provider.list_images()] == ["plain"]
    assert [zone.name for zone in provider.list_zones()] == ["fake-a", "fake-b"]
    provider.delete_server(server.id)
    provider.delete_server("i-never-was")


def _create_many(path: str, begin: int) -> None:
    cloud = FakeCloud(path=Path(path))
    for number in range(begin, begin + 20):
        cloud.create_server(SPEC, f"t-{number}", {})


def test_processes_meet_the_same_cloud(tmp_path: Path) -> None:
    """It lives in a file, and a token is honoured whoever sends it."""
    path = tmp_path / "cloud.db"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_create_many, args=(str(path), begin)) for begin in (0, 10)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    cloud = FakeCloud(path=path)
    assert sorted(server.client_token for server in cloud.servers()) == sorted(f"t-{n}" for n in range(30))  # type: ignore[type-var]
    assert [request.number for request in cloud.requests()] == list(range(1, 41))
    cloud.close()


def test_the_options_of_a_configuration(tmp_path: Path) -> None:
    """They are the manners, by the same names, and the place of the file."""
    options = {
        "state": "clouds/eu.db",
        "boot_time": 5,
        "rates": {"reply_lost": 0.5},
        "mishaps": [{"call": "create_server", "nth": 1, "mishap": "reply_lost"}],
    }
    provider = ProviderHandle("eu", "fake", lambda: FakeProvider("eu", options), capabilities=frozenset(Capability))
    with pytest.raises(Ambiguous):
        provider.create_server(SPEC, "t-1", {}, OperationContext(directory=str(tmp_path)))
    cloud = FakeCloud(path=tmp_path / "clouds" / "eu.db")
    assert [server.name for server in cloud.servers()] == ["web"]
    expected = Manners(
        boot_time=5, rates={Mishap.REPLY_LOST: 0.5}, mishaps=(Scripted("create_server", 1, Mishap.REPLY_LOST),)
    )
    assert Manners.from_options(options) == expected
    cloud.close()


def test_the_schema_names_every_manner() -> None:
    """What can be configured is what there is."""
    import json
    from dataclasses import fields

    from provisioning.testing.cloud import EXTENSIONS

    schema = json.loads((EXTENSIONS / "fake" / "config.schema.json").read_text(encoding="utf-8"))
    assert set(schema["properties"]) == {field.name for field in fields(Manners)} | {"state"}
    assert schema["$defs"]["mishap"]["enum"] == [str(mishap) for mishap in Mishap]
