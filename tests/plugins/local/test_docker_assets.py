"""Volumes and networks of a real Docker engine: made once for a token, given to servers, and deleted after them."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import docker.errors
import pytest

from provisioning.contract import AssetKind, KeyPair, Network, OperationContext, Volume
from provisioning.errors import InvalidRequest, NotFound, ResourceConflict, Unsupported
from provisioning_local.provider import LocalProvider
from tests.docker_engine import Containers

MADE = [Volume("data", 5), Network("inner")]
both = pytest.mark.parametrize("spec", MADE, ids=lambda spec: spec.kind)


class Keeper(Containers):
    """The provider, with the calls about assets."""

    def make(self, spec: Any, token: str = "asset", **labels: str) -> Any:
        return self.provider.create_asset(spec, self.token(token), {**self.mark, **labels}, self.context)

    def remove(self, asset: Any) -> None:
        self.provider.delete_asset(asset.kind, asset.id, self.context)

    def assets(self, kind: AssetKind) -> list[Any]:
        return list(self.provider.list_assets(kind, self.mark, self.context))

    def close(self) -> None:
        super().close()
        for kind in (AssetKind.VOLUME, AssetKind.NETWORK):
            for asset in self.assets(kind):
                self.remove(asset)


@pytest.fixture
def keeper(docker_socket: str, eventually: Callable[[Callable[[], Any]], Any]) -> Iterator[Keeper]:
    """Return a provider over the engine; afterwards nothing of this test is left."""
    keeper = Keeper(docker_socket, eventually)
    yield keeper
    keeper.close()
    assert (keeper.servers(), keeper.assets(AssetKind.VOLUME), keeper.assets(AssetKind.NETWORK)) == ([], [], [])


@both
def test_one_token_is_one(keeper: Keeper, spec: Any) -> None:
    """It carries token, labels and what was asked for, is found in every way, and is made once."""
    made = keeper.make(spec, team="a")
    assert (made.spec, made.provider, made.client_token) == (spec, "here", keeper.token("asset"))
    assert (made.labels, made.attached_to, made.is_ready) == ({**keeper.mark, "team": "a"}, None, True)
    assert keeper.make(spec, team="a") == made
    assert keeper.provider.find_asset(spec.kind, keeper.token("asset"), keeper.context) == made
    assert keeper.provider.get_asset(spec.kind, made.id, keeper.context) == made
    assert keeper.assets(spec.kind) == [made]


@both
def test_deleted_twice_is_once(keeper: Keeper, spec: Any) -> None:
    """What is gone is deleted, and can neither be read nor found."""
    made = keeper.make(spec)
    for _ in range(2):
        keeper.remove(made)
    assert keeper.provider.find_asset(spec.kind, keeper.token("asset"), keeper.context) is None
    with pytest.raises(NotFound):
        keeper.provider.get_asset(spec.kind, made.id, keeper.context)


@both
def test_another_request_of_the_same_token_is_refused(keeper: Keeper, spec: Any) -> None:
    """A token stands for one request."""
    keeper.make(spec)
    with pytest.raises(InvalidRequest, match="for another request"):
        keeper.make(type(spec)("other"))


@both
def test_what_is_somebody_elses_is_left_alone(keeper: Keeper, spec: Any) -> None:
    """A volume or a network that was not made here is neither shown nor deleted, whatever it is called."""
    name = f"mine-{keeper.mark['test']}"
    is_volume = spec.kind is AssetKind.VOLUME
    keeper.ask(lambda client: client.create_volume(name) if is_volume else client.create_network(name))
    try:
        with pytest.raises(NotFound):
            keeper.provider.get_asset(spec.kind, name, keeper.context)
        keeper.provider.delete_asset(spec.kind, name, keeper.context)
        look = (lambda client: client.inspect_volume(name)) if is_volume else (lambda c: c.inspect_network(name))
        assert keeper.ask(look)["Name"] == name
    finally:
        with suppress(docker.errors.NotFound):
            keeper.ask(lambda client: client.remove_volume(name) if is_volume else client.remove_network(name))


def test_a_volume_outlives_its_server(keeper: Keeper) -> None:
    """A server deleted takes its nameless volumes along and leaves the one that was given to it, with what is on it."""
    volume, network = (keeper.make(spec, spec.kind) for spec in MADE)
    given = {"volumes": (volume.id,), "networks": (network.id,)}
    server = keeper.create(extra={"command": ["sh", "-c", "echo kept > /mnt/data/note; sleep 1000"]}, **given)
    seen = keeper.seen(server)
    assert [(mount["Name"], mount["Destination"]) for mount in seen["Mounts"]] == [(volume.id, "/mnt/data")]
    assert list(seen["NetworkSettings"]["Networks"]) == [network.id]
    assert keeper.provider.get_asset(AssetKind.VOLUME, volume.id, keeper.context).attached_to == server.id
    for asset in (volume, network):
        with pytest.raises(ResourceConflict) as caught:
            keeper.remove(asset)
        assert caught.value.retryable

    keeper.delete(server.id)
    left = keeper.provider.get_asset(AssetKind.VOLUME, volume.id, keeper.context)
    assert (left.id, left.attached_to) == (volume.id, None)
    command = ["sh", "-c", "cat /mnt/data/note; sleep 1000"]
    reader = keeper.create("token-2", volumes=(volume.id,), extra={"command": command})
    keeper._eventually(lambda: keeper.log(reader) == "kept\n")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"volumes": ("vol-0000000000000000",)}, "there is no volume 'vol-0000000000000000'"),
        ({"networks": ("net-0000000000000000",)}, "net-0000000000000000 not found"),
        ({"networks": ("a", "b")}, "a container joins one network when it is made"),
    ],
)
def test_what_is_not_there_cannot_be_given(keeper: Keeper, given: dict[str, Any], words: str) -> None:
    """The request is refused, and the engine has made nothing by itself."""
    with pytest.raises(InvalidRequest, match=words):
        keeper.create(**given)
    with pytest.raises(docker.errors.NotFound):
        keeper.ask(lambda client: client.inspect_volume("vol-0000000000000000"))


def test_what_docker_has_not_is_unsupported(keeper: Keeper) -> None:
    """Docker has no key pairs, and a name that cannot be a folder's is no name of a volume."""
    with pytest.raises(Unsupported):
        keeper.make(KeyPair("me", "ssh-ed25519 AAAA"))
    with pytest.raises(InvalidRequest, match="a name is made of letters"):
        keeper.make(Volume("../etc"))


def test_processes_have_no_assets(tmp_path: Any) -> None:
    """Where servers are processes there is nothing to list or to find, and making one is refused with what helps."""
    provider, context = LocalProvider("here", {"directory": str(tmp_path)}), OperationContext()
    with pytest.raises(Unsupported) as caught:
        provider.create_asset(Volume("data"), "t", {}, context)
    assert caught.value.hint == 'set `driver = "docker"` of this provider'
    assert provider.find_asset(AssetKind.VOLUME, "t", context) is None
    assert list(provider.list_assets(AssetKind.VOLUME, None, context)) == []
    provider.delete_asset(AssetKind.VOLUME, "v", context)
    with pytest.raises(NotFound):
        provider.get_asset(AssetKind.VOLUME, "v", context)
