"""Servers at UpCloud: one for a token, stopped before they are deleted with their storages, and listed page by page."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from provisioning.contract import ServerState
from provisioning.errors import InvalidRequest, NotFound, ResourceConflict
from provisioning.testing.fakes import Reply
from provisioning_upcloud.turns import Turns
from tests.plugins.upcloud.conftest import NOBODY, SPEC


class TestIdentity:
    """UpCloud knows no client tokens: the label and the title are the identity."""

    def test_the_server_carries_its_token_and_its_title(self, account) -> None:
        """From the first moment, in the request that creates it."""
        made = account.provider().create_server(SPEC, "token-1", {"tier": "web"})
        assert (made.name, made.client_token, made.labels) == ("web", "token-1", {"tier": "web"})
        assert account.fake.requests == ["GET /server", "GET /storage/template", "POST /server", "GET /server"]

    def test_threads_that_create_at_once_make_one_server(self, account) -> None:
        """They take turns; another token does not wait."""
        provider = account.provider()
        with ThreadPoolExecutor(8) as pool:
            jobs = [pool.submit(provider.create_server, SPEC, "token-1", {}) for _ in range(8)]
        assert {job.result().id for job in jobs} == set(account.fake.servers)
        assert len(account.fake.servers) == 1

    def test_of_two_servers_of_one_token_the_older_one_stays(self, account) -> None:
        """Another process was faster: what was made beside its server goes, step by step, with each call."""
        older = account.fake.add("web", labels={"provisioning-token": "token-1"})
        account.clock.sleep(5)
        younger = account.fake.add("web", labels={"provisioning-token": "token-1"})
        provider = account.provider()
        assert [provider.find_server("token-1").id for _ in range(2)] == [older] * 2
        for _ in range(2):
            with pytest.raises(ResourceConflict) as caught:
                provider.create_server(SPEC, "token-1", {})
            assert caught.value.message == (
                f"conformance has made server {older} twice: {younger} must be deleted first"
            )
            assert (caught.value.retryable, caught.value.retry_after) == (True, 10.0)
            account.clock.sleep(caught.value.retry_after)
        assert provider.create_server(SPEC, "token-1", {}).id == older
        assert account.fake.servers == [older]

    def test_who_comes_second_gives_way(self, account, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two processes look and find nothing; whoever finds an older server afterwards lets its own go."""
        provider, fake = account.provider(), account.fake
        create = fake.answer
        older: list[str] = []

        def faster(request):
            if (request.method, request.path) == ("POST", "/server") and not older:
                older.append(fake.add("web", labels={"provisioning-token": "token-1"}))
                account.clock.sleep(2)
            return create(request)

        monkeypatch.setattr(fake, "answer", faster)
        for _ in range(3):
            with pytest.raises(ResourceConflict):
                provider.create_server(SPEC, "token-1", {})
            account.clock.sleep(10)
        assert provider.create_server(SPEC, "token-1", {}).id == older[0]
        assert account.fake.servers == older

    def test_a_turn_is_forgotten_when_nobody_wants_it(self) -> None:
        """An error in a turn ends it as well."""
        turns = Turns()
        with turns.of("a"), turns.of("b"):
            assert sorted(turns._turns) == ["a", "b"]
        with pytest.raises(ZeroDivisionError), turns.of("a"):
            raise ZeroDivisionError
        assert turns._turns == {}


class TestDeletion:
    """A server is stopped, then deleted."""

    def test_each_call_is_one_step_and_none_waits(self, account) -> None:
        """A running server is switched off, one that is stopped is deleted, with its storages."""
        provider, fake = account.provider(), account.fake
        server_id = fake.add()
        assert len(fake.storages) == 1
        asked = []
        for _ in range(3):
            fake.requests.clear()
            provider.delete_server(server_id)
            asked.append([line.replace(server_id, "ID") for line in fake.requests])
            account.clock.sleep(0.6)
        assert asked == [
            ["DELETE /server/ID", "POST /server/ID/stop"],
            ["DELETE /server/ID", "POST /server/ID/stop"],
            ["DELETE /server/ID"],
        ]
        assert (fake.servers, fake.storages) == ([], {})

    def test_another_conflict_is_told(self, account) -> None:
        """Only the state of the server is left to pass."""
        body = {"error": {"error_code": "STORAGE_STATE_ILLEGAL", "error_message": "The storage is being backed up."}}
        account.fake.refuse(Reply(409, body))
        with pytest.raises(ResourceConflict):
            account.provider().delete_server(NOBODY)


class TestListing:
    """`list_servers`."""

    def test_a_thousand_servers_come_page_by_page(self, account) -> None:
        """Only the pages that are needed are asked for."""
        with account.fake.lock:
            ids = [account.fake.add(f"web-{number}") for number in range(1050)]
        listing = account.provider().list_servers()
        first = list(itertools.islice(listing, 150))
        assert account.fake.requests == ["GET /server"] * 2
        assert [server.id for server in [*first, *listing]] == ids
        assert len(account.fake.requests) == 11

    def test_a_cloud_that_knows_no_pages_is_listed_once(self, account, monkeypatch: pytest.MonkeyPatch) -> None:
        """An answer that is no page, or holds nothing new, is the last one."""
        ids = [account.fake.add() for _ in range(100)]
        answer = account.fake.answer
        monkeypatch.setattr(account.fake, "answer", lambda request: answer(replace(request, query={})))
        assert [server.id for server in account.provider().list_servers()] == ids
        assert account.fake.requests == ["GET /server"] * 2

    def test_a_filter_that_is_ignored_finds_nothing_of_others(self, account, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody else's server is listed, found, or taken for one too many and deleted."""
        other = account.fake.add(labels={"tier": "web", "provisioning-token": "token-2"})
        account.clock.sleep(5)
        answer = account.fake.answer
        monkeypatch.setattr(account.fake, "answer", lambda one: answer(replace(one, query={})))
        provider = account.provider()
        made = provider.create_server(SPEC, "token-1", {"tier": "db"})
        assert account.fake.servers == [other, made.id]
        assert [server.id for server in provider.list_servers({"tier": "db"})] == [made.id]
        assert provider.find_server("token-3") is None

    @pytest.mark.parametrize("server_id", ["", ".", "../storage", "no-such-server", "../server?x="])
    def test_what_is_no_id_gets_into_no_path(self, account, server_id: str) -> None:
        """It is not found, deleting it is a success, and UpCloud is not asked."""
        provider = account.provider()
        with pytest.raises(NotFound) as caught:
            provider.get_server(server_id)
        assert caught.value.message == f"conformance has no server {server_id}: ids are UUIDs"
        provider.delete_server(server_id)
        assert account.fake.requests == []

    @pytest.mark.parametrize(
        ("shown", "state"),
        [
            ("maintenance", ServerState.PENDING),
            ("started", ServerState.RUNNING),
            ("stopped", ServerState.STOPPED),
            ("error", ServerState.ERROR),
            ("levitating", ServerState.UNKNOWN),
        ],
    )
    def test_each_state_has_a_word(self, account, shown: str, state: ServerState) -> None:
        """A state that is new to the provider is `unknown`, in a listing as well."""
        server_id = account.fake.add(state=shown)
        provider = account.provider()
        assert [provider.get_server(server_id).state, *(one.state for one in provider.list_servers())] == [state] * 2


class TestRequests:
    """What is asked for."""

    def test_everything_asked_for_is_in_the_request(self, account, monkeypatch: pytest.MonkeyPatch) -> None:
        """Disk, keys, networks and user data have their places; no e-mail with a password is sent."""
        bodies = []
        answer = account.fake.answer
        monkeypatch.setattr(account.fake, "answer", lambda one: (bodies.append(one.body), answer(one))[1])
        spec = replace(
            SPEC, user_data="#!/bin/sh", key_pairs=("ssh-ed25519 AAAA me",), networks=("net-1",), extra={"disk_gib": 30}
        )
        account.provider().create_server(spec, "token-1", {})
        [asked] = [body["server"] for body in bodies if body]
        assert asked["storage_devices"]["storage_device"] == [
            {
                "action": "clone",
                "storage": "01000000-0000-4000-8000-000020070100",
                "title": "web disk",
                "size": 30,
            }
        ]
        assert [(one["type"], one.get("network")) for one in asked["networking"]["interfaces"]["interface"]] == [
            ("public", None),
            ("utility", None),
            ("private", "net-1"),
        ]
        assert (asked["user_data"], asked["metadata"], asked["password_delivery"]) == ("#!/bin/sh", "yes", "none")
        assert asked["login_user"] == {"create_password": "no", "ssh_keys": {"ssh_key": ["ssh-ed25519 AAAA me"]}}

    def test_what_has_no_place_is_refused(self, account) -> None:
        """All of it at once, before anything is made."""
        with pytest.raises(InvalidRequest) as caught:
            account.provider().create_server(replace(SPEC, key_pairs=("me",), extra={"spot": True}), "token-1", {})
        assert caught.value.message == (
            "conformance cannot create server web: 'spot' under extra is not known; known: disk_gib, disk_tier; "
            "UpCloud keeps no key pair 'me': give the public key itself"
        )
        assert account.fake.servers == []

    def test_defaults_are_configured(self, account) -> None:
        """Zone, size and image of a server that names none."""
        spec = replace(SPEC, zone=None, size=None, image=None)
        made = account.provider(zone="uk-lon1", default_size="2xCPU-4GB").create_server(spec, "token-1", {})
        assert (made.zone, made.size) == ("uk-lon1", "2xCPU-4GB")


def test_plans_have_the_price_of_the_zone_that_is_configured(account) -> None:
    """Or of the cheapest one; credits are cents."""
    cheapest = {size.name: size for size in account.provider().list_sizes(account.context)}
    assert (cheapest["1xCPU-1GB"].hourly_price, cheapest["1xCPU-1GB"].currency) == (0.0104, "EUR")
    london = {size.name: size for size in account.provider(zone="uk-lon1").list_sizes(account.context)}
    assert london["1xCPU-1GB"].hourly_price == 0.013
