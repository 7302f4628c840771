"""Servers in Hetzner's cloud: one for a name, deleted when nothing else is being done to them, listed page by page."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from provisioning.contract import ServerState
from provisioning.errors import AlreadyExists, InvalidRequest, NotFound, ResourceConflict
from provisioning.testing.fakes import Reply
from tests.plugins.hetzner.conftest import SPEC


class TestIdentity:
    """Hetzner knows no client tokens; a name is unique in a project, and a label says whose it is."""

    def test_threads_that_create_at_once_make_one_server(self, project) -> None:
        """The name decides, and those who come later find the server by its token."""
        provider = project.provider()
        with ThreadPoolExecutor(8) as pool:
            jobs = [pool.submit(provider.create_server, SPEC, "token-1", {}) for _ in range(8)]
        assert len({job.result().id for job in jobs}) == 1
        assert project.fake.servers == ["web"]

    def test_a_name_that_another_token_has_is_taken(self, project) -> None:
        """Somebody else's server is never taken for ours."""
        provider = project.provider()
        provider.create_server(SPEC, "token-1", {})
        with pytest.raises(AlreadyExists) as caught:
            provider.create_server(SPEC, "token-2", {})
        assert caught.value.message == (
            "conformance could not create server web: server name is already used (uniqueness_error)"
        )
        assert caught.value.hint == "names are unique in a project: give another name"

    def test_creating_is_one_request(self, project) -> None:
        """Nobody looks first."""
        project.provider().create_server(SPEC, "token-1", {"tier": "a b"})
        assert project.fake.requests == ["POST /servers"]


class TestDeletion:
    """A server is deleted at once, unless something is being done to it."""

    def test_a_locked_server_is_left_to_the_next_call(self, project) -> None:
        """Deleting while it is created is no error, and happens as soon as it can."""
        provider = project.provider()
        made = provider.create_server(SPEC, "token-1", {})
        provider.delete_server(made.id)
        assert project.fake.servers == ["web"]
        project.clock.sleep(1)
        provider.delete_server(made.id)
        assert project.fake.servers == []

    def test_another_conflict_is_told(self, project) -> None:
        """Only a lock is left to pass."""
        project.fake.refuse(Reply(409, {"error": {"code": "conflict", "message": "changed meanwhile"}}))
        with pytest.raises(ResourceConflict):
            project.provider().delete_server("1")


class TestListing:
    """`list_servers` and `get_server`."""

    def test_a_thousand_servers_come_page_by_page(self, project) -> None:
        """Only the pages that are needed are asked for."""
        with project.fake.lock:
            ids = [project.fake.add(f"web-{number}") for number in range(1010)]
        listing = project.provider().list_servers()
        first = list(itertools.islice(listing, 80))
        assert project.fake.requests == ["GET /servers"] * 2
        assert [server.id for server in [*first, *listing]] == ids
        assert len(project.fake.requests) == 21

    def test_long_values_that_begin_alike_are_told_apart(self, project) -> None:
        """In Hetzner's alphabet one is a part of the other."""
        provider = project.provider()
        short, long = "x/" * 14 + "xyz", "x/" * 14 + "xyz" + "/y" * 40
        one = provider.create_server(SPEC, "token-1", {"path": short})
        provider.create_server(replace(SPEC, name="other"), "token-2", {"path": long})
        assert [server.id for server in provider.list_servers({"path": short})] == [one.id]

    @pytest.mark.parametrize(
        ("shown", "state"),
        [
            ("initializing", ServerState.PENDING),
            ("migrating", ServerState.PENDING),
            ("rebuilding", ServerState.PENDING),
            ("starting", ServerState.STARTING),
            ("running", ServerState.RUNNING),
            ("stopping", ServerState.STOPPING),
            ("off", ServerState.STOPPED),
            ("deleting", ServerState.DELETING),
            ("unknown", ServerState.UNKNOWN),
            ("levitating", ServerState.UNKNOWN),
        ],
    )
    def test_each_status_has_a_word(self, project, shown: str, state: ServerState) -> None:
        """A status that is new to the provider is `unknown`, in a listing as well."""
        server_id = project.fake.add(state=shown)
        provider = project.provider()
        assert [provider.get_server(server_id).state, *(one.state for one in provider.list_servers())] == [state] * 2

    def test_an_id_that_can_be_none_is_not_found(self, project) -> None:
        """Ids are numbers; nothing else is asked for."""
        with pytest.raises(NotFound) as caught:
            project.provider().get_server("../ssh_keys")
        assert caught.value.message == "conformance has no server ../ssh_keys: ids are numbers"
        assert project.fake.requests == []


class TestRequests:
    """What is asked for."""

    def test_everything_asked_for_is_in_the_request(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
        """Keys by name or id, networks by name or id, user data."""
        bodies = []
        answer = project.fake.answer
        monkeypatch.setattr(project.fake, "answer", lambda one: (bodies.append(one.body), answer(one))[1])
        spec = replace(SPEC, user_data="#!/bin/sh", key_pairs=("admin", "7"), networks=("inside", "9"))
        made = project.provider().create_server(spec, "token-1", {"tier": "web"})
        assert [body for body in bodies if body] == [
            {
                "name": "web",
                "server_type": "cx22",
                "image": "debian-12",
                "location": "hel1",
                "ssh_keys": ["admin", 7],
                "networks": [9, 9],
                "user_data": "#!/bin/sh",
                "labels": {"tier": "web", "provisioning-token": "token-1"},
                "start_after_create": True,
            }
        ]
        assert (made.zone, made.size, made.image) == ("hel1", "cx22", "debian-12")

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (
                {"extra": {"spot": True}},
                "conformance cannot create server web: 'spot' under extra is not known",
            ),
            ({"networks": ("outside",)}, "conformance has no network outside"),
        ],
    )
    def test_what_has_no_place_is_refused(self, project, change, message: str) -> None:
        """Before anything is made."""
        with pytest.raises(InvalidRequest) as caught:
            project.provider().create_server(replace(SPEC, **change), "token-1", {})
        assert caught.value.message == message
        assert project.fake.servers == []

    def test_defaults_are_configured(self, project) -> None:
        """Location, size and image of a server that names none."""
        spec = replace(SPEC, zone=None, size=None, image=None)
        made = project.provider(location="nbg1", default_size="cpx11").create_server(spec, "token-1", {})
        assert (made.zone, made.size, made.image) == ("nbg1", "cpx11", "debian-12")


def test_sizes_have_the_price_of_the_cheapest_location(project) -> None:
    """Without VAT, in the currency of the project."""
    sizes = {size.name: size for size in project.provider().list_sizes(project.context)}
    assert (sizes["cx22"].hourly_price, sizes["cx22"].currency) == (0.006, "EUR")
