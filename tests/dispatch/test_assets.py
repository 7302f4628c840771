"""Calls about volumes, networks, key pairs and firewalls, through the handle of a provider."""

import pytest

from provisioning.contract import Asset, Capability, Network, ServerSpec, Volume
from provisioning.dispatch import ProviderHandle
from provisioning.errors import ExtensionBroken, Unsupported
from tests.dispatch.clouds import FullCloud


def handle(cloud: FullCloud) -> ProviderHandle:
    return ProviderHandle("eu", "cloud", lambda: cloud, capabilities=frozenset(Capability))


def test_assets_reach_the_provider_and_name_it() -> None:
    """Each call is its hook, asked for one kind, and what comes back names the instance."""
    cloud = FullCloud()
    provider = handle(cloud)
    made = provider.create_asset(Volume("data", 5), "t-1", {"a": "b"})
    provider.create_asset(Network("inner"), "t-1", {})
    assert made == Asset("volume-t-1", Volume("data", 5), "eu", labels={"a": "b"}, client_token="t-1")
    assert provider.find_asset(Volume, "t-1") == provider.get_asset(Volume, made.id) == made
    assert list(provider.list_assets(Volume, {"a": "b"})) == [made]
    assert list(provider.list_assets(Network, {"a": "b"})) == []
    provider.attach_volume(made.id, "i")
    provider.detach_volume(made.id)
    provider.delete_asset(Volume, made.id)
    assert provider.find_asset(Volume, "t-1") is None
    assert cloud.asked == ["attach volume-t-1 to i", "detach volume-t-1"]


def test_a_kind_that_is_not_declared_is_unsupported() -> None:
    """Hooks that several kinds share are asked for those alone that the manifest declares; nothing is made."""
    provider = ProviderHandle("eu", "cloud", lambda: 1 / 0, capabilities=frozenset({"networks"}))
    calls = {
        "create_asset": lambda: provider.create_asset(Volume("data"), "t", {}),
        "find_asset": lambda: provider.find_asset(Volume, "t"),
        "get_asset": lambda: provider.get_asset(Volume, "v"),
        "list_assets": lambda: provider.list_assets(Volume),
        "delete_asset": lambda: provider.delete_asset(Volume, "v"),
        "create_server with volumes": lambda: provider.create_server(ServerSpec("web", volumes=("v",)), "t", {}),
    }
    for what, call in calls.items():
        with pytest.raises(Unsupported) as caught:
            call()
        assert str(caught.value) == f"provider eu (cloud) cannot do {what}: it has not the capability volumes"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "None, not an Asset"),
        (Asset("n", Network("n")), "an Asset whose spec is an object of type Network, not a Volume"),
        (Asset("", Volume("n")), "an Asset whose id is '', not text"),
        (Asset("v", Volume(None)), "an Asset whose name is None, not text"),  # type: ignore[arg-type]
    ],
)
def test_wrong_answers(answer: object, words: str) -> None:
    """What is no asset of the kind that was asked for is the extension's defect."""
    cloud = FullCloud()
    cloud.assets["v"] = answer  # type: ignore[assignment]
    with pytest.raises(ExtensionBroken) as caught:
        handle(cloud).get_asset(Volume, "v")
    assert words in str(caught.value)
