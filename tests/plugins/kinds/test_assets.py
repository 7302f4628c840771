"""Volumes, networks, key pairs and firewalls are made once, found again by their token, and undone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from provisioning.contract import (
    Absent,
    Capability,
    Compensation,
    CompensationAction,
    Done,
    EventKind,
    Firewall,
    FirewallRule,
    KeyPair,
    Network,
    Pending,
    Resource,
    ServerSpec,
    Volume,
)
from provisioning.dispatch import ProviderHandle
from provisioning.errors import NotFound, ResourceConflict, ResourceMissing
from provisioning.testing.cloud import FakeCloud, FakeProvider, Manners

from .conftest import Bench

KEY = "ssh-ed25519 AAAA someone"
MADE = {
    "volume": ({"name": "data", "size_gib": 5}, Volume("data", 5)),
    "network": ({"name": "data", "cidr": "10.1.0.0/16"}, Network("data", "10.1.0.0/16")),
    "key_pair": ({"name": "data", "public_key": KEY}, KeyPair("data", KEY)),
    "firewall": (
        {"name": "data", "rules": [{"protocol": "tcp", "first_port": 80}]},
        Firewall("data", (FirewallRule("tcp", 80, 80),)),
    ),
}
every = pytest.mark.parametrize("kind", MADE)


class Desk(Bench):
    """A bench with the fake cloud behind a real handle."""

    truth: FakeCloud

    def use(self, manners: Manners, clock: Callable[[], float] = lambda: 0.0) -> ProviderHandle:
        self.truth = FakeCloud(manners, clock=clock)
        fake = FakeProvider("cloud", {}, self.truth)
        handle = ProviderHandle("cloud", "fake", lambda: fake, capabilities=frozenset(Capability))
        self.cloud = handle  # type: ignore[assignment]
        return handle

    def create(self, kind: str, **more: Any) -> Any:
        return self.operation(f"{kind}_create", MADE[kind][0], labels={"a": "b"}, **more)


@pytest.fixture
def desk(tmp_path):
    """Return a desk at an empty cloud."""
    desk = Desk(tmp_path)
    desk.use(Manners())
    return desk


@every
class TestCreate:
    """`volume_create` and its sisters."""

    def test_makes_one_and_says_how_it_is_undone(self, desk: Desk, kind: str) -> None:
        """What is made is what was asked for, carries token and labels, and its own id stands in the compensation."""
        operation = desk.create(kind)
        prepared = desk.call("prepare", operation)
        done = desk.finish("run", operation)

        [made] = desk.truth.assets.existing()
        words = kind.replace("_", " ")
        known = {"client_token": "token-1", "name": "data"}
        deletion = Compensation(CompensationAction.DELETE_RESOURCE, f"delete {words} data", known)
        assert (made.spec, made.client_token, made.labels) == (MADE[kind][1], "token-1", {"a": "b"})
        assert prepared == deletion
        exact = replace(deletion, data={**known, "asset_id": made.id})
        told = replace(made, provider="cloud")
        assert done == Done(told.as_dict(), (Resource(kind, made.id, "cloud", "data"),), exact)

    def test_result_fits_the_schema(self, desk: Desk, kind: str) -> None:
        """What the kind answers is what it declares."""
        import jsonschema

        from .conftest import KINDS

        done = desk.finish("run", desk.create(kind))
        jsonschema.Draft202012Validator(KINDS[f"{kind}_create"].result).validate(done.result)

    def test_same_token_is_the_same_one(self, desk: Desk, kind: str) -> None:
        """A call that is made again after a crash makes nothing new."""
        first, again = (desk.finish("run", desk.create(kind)) for _ in range(2))
        assert first == again
        assert len(desk.truth.assets.made()) == 1

    def test_what_was_cut_off_is_adopted(self, desk: Desk, kind: str) -> None:
        """A doubt is settled by the token: absent before, and adopted after the call."""
        operation = desk.create(kind)
        assert desk.call("settle", operation) == Absent()
        desk.call("run", operation)
        adopted = desk.call("settle", operation)
        assert isinstance(adopted, Pending)
        done = desk.finish("run", replace(operation, state=adopted.state))
        assert done.result["id"] == desk.truth.assets.existing()[0].id

    @pytest.mark.parametrize("is_known", [True, False])
    def test_undone_by_its_id_or_its_token(self, desk: Desk, kind: str, is_known: bool) -> None:
        """The compensation deletes what was made, however far the journal got; twice is once."""
        operation = desk.create(kind)
        prepared = desk.call("prepare", operation)
        compensation = desk.finish("run", operation).compensation if is_known else prepared
        if not is_known:
            desk.finish("run", operation)
        for _ in range(2):
            desk.finish("compensate", operation, compensation=compensation)
        assert desk.truth.assets.existing() == []

    def test_one_that_stays_hidden_is_missing(self, desk: Desk, kind: str) -> None:
        """A cloud that never shows what it made is not waited for without end."""
        desk.use(Manners(readable_after=1e9))
        operation = desk.create(kind, state={"asset_id": f"fake-{kind}-1"})
        with pytest.raises(ResourceMissing) as caught:
            desk.finish("run", operation)
        words = kind.replace("_", " ")
        assert str(caught.value) == f"{words} data (fake-{kind}-1) was created and cannot be found at cloud"


@every
def test_delete_is_told_and_twice_is_once(desk: Desk, kind: str) -> None:
    """`volume_delete` and its sisters delete what is there, and succeed where nothing is."""
    made = desk.finish("run", desk.create(kind)).result["id"]
    operation = desk.operation(f"{kind}_delete", {f"{kind}_id": made})
    for _ in range(2):
        assert desk.finish("run", operation) == Done({f"{kind}_id": made})
    assert desk.truth.assets.existing() == []
    assert desk.notes[0] == (EventKind.RESOURCE_DELETED, Resource(kind, made, "cloud").as_dict())


@pytest.mark.parametrize("kind", ["volume", "network", "firewall"])
def test_what_a_server_uses_stays_until_that_is_gone(desk: Desk, kind: str) -> None:
    """A conflict may be tried again, and goes well when the server is gone; the volume outlives the server."""
    handle = desk.cloud
    made = desk.finish("run", desk.create(kind)).result["id"]
    operation = desk.operation("server_create", {"name": "web", f"{kind}s": [made]}, client_token="token-2")
    server = desk.finish("run", operation).result["id"]
    deletion = desk.operation(f"{kind}_delete", {f"{kind}_id": made})

    with pytest.raises(ResourceConflict) as caught:
        desk.call("run", deletion)
    assert caught.value.retryable
    handle.delete_server(server)
    assert [asset.attached_to for asset in desk.truth.assets.existing()] == [None]
    desk.finish("run", deletion)


class TestAttachment:
    """`volume_attach` and `volume_detach`."""

    @pytest.fixture
    def world(self, desk: Desk) -> tuple[Desk, str, list[str]]:
        volume = desk.finish("run", desk.create("volume")).result["id"]
        servers = [desk.cloud.create_server(ServerSpec(name), name, {}).id for name in ("a", "b")]
        return desk, volume, servers

    def holder(self, desk: Desk) -> str | None:
        return desk.truth.assets.existing()[0].attached_to

    def test_given_and_taken_back(self, world: tuple[Desk, str, list[str]]) -> None:
        """A volume that nobody had is given, found to be given after a crash, and free again when that is undone."""
        desk, volume, [server, _] = world
        operation = desk.operation("volume_attach", {"volume_id": volume, "server_id": server})
        compensation = desk.call("prepare", operation)
        assert compensation.summary == f"detach volume {volume}"
        assert desk.call("settle", operation) == Absent()
        done = desk.finish("run", operation)
        assert done == desk.call("settle", operation) == Done({"volume_id": volume, "server_id": server})
        assert self.holder(desk) == server
        for _ in range(2):
            desk.finish("compensate", operation, compensation=compensation)
        assert self.holder(desk) is None

    def test_taken_and_given_back(self, world: tuple[Desk, str, list[str]]) -> None:
        """Undoing `volume_detach` gives the volume to the server that had it."""
        desk, volume, [server, _] = world
        desk.cloud.attach_volume(volume, server)
        operation = desk.operation("volume_detach", {"volume_id": volume})
        compensation = desk.call("prepare", operation)
        assert desk.finish("run", operation) == Done({"volume_id": volume, "server_id": None})
        assert self.holder(desk) is None
        desk.finish("compensate", operation, compensation=compensation)
        assert self.holder(desk) == server

    def test_not_taken_from_somebody_else(self, world: tuple[Desk, str, list[str]]) -> None:
        """A volume that another server has is not given away, and one that was moved since is not taken back."""
        desk, volume, [first, second] = world
        operation = desk.operation("volume_attach", {"volume_id": volume, "server_id": first})
        compensation = desk.call("prepare", operation)
        desk.finish("run", operation)
        with pytest.raises(ResourceConflict):
            desk.finish("run", desk.operation("volume_attach", {"volume_id": volume, "server_id": second}))
        desk.cloud.detach_volume(volume)
        desk.cloud.attach_volume(volume, second)
        desk.finish("compensate", operation, compensation=compensation)
        assert self.holder(desk) == second

    def test_nothing_to_undo_where_nothing_changes(self, world: tuple[Desk, str, list[str]]) -> None:
        """A volume that is where it should be leaves nothing to undo, and one that is gone is undone."""
        desk, volume, [server, _] = world
        assert desk.call("prepare", desk.operation("volume_detach", {"volume_id": volume})) is None
        operation = desk.operation("volume_attach", {"volume_id": volume, "server_id": server})
        compensation = desk.call("prepare", operation)
        desk.cloud.delete_asset(Volume, volume)
        desk.finish("compensate", operation, compensation=compensation)
        with pytest.raises(NotFound):
            desk.finish("run", operation)
