"""Volumes, subnets, key pairs and security groups: made once for a token, given to instances, deleted after them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from provisioning.contract import (
    AssetKind,
    Firewall,
    FirewallRule,
    KeyPair,
    Network,
    ServerSpec,
    Volume,
)
from provisioning.errors import (
    AlreadyExists,
    Ambiguous,
    InvalidRequest,
    NotFound,
    ResourceConflict,
    ServiceInternalError,
)
from provisioning.testing import IsolatedWorkspace
from provisioning_aws.provider import AwsProvider
from tests.plugins.aws.front import Ec2

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@home"
RULES = (FirewallRule("tcp", 22, 22, "10.0.0.0/8"), FirewallRule("tcp", 443, 443))
MADE = [
    Volume("data", 20, "eu-west-1a"),
    Network("inner", "172.31.200.0/24", "eu-west-1a"),
    KeyPair("me", PUBLIC_KEY),
    Firewall("web", RULES),
]
ACTIONS = {
    "volume": "CreateVolume",
    "network": "CreateSubnet",
    "key_pair": "ImportKeyPair",
    "firewall": "CreateSecurityGroup",
}
each = pytest.mark.parametrize("spec", MADE, ids=lambda spec: spec.kind)
LABELS = {"provisioning-workflow": "wf-1", "team": "a"}


@pytest.fixture(autouse=True)
def _nothing_is_left(provider: AwsProvider, ec2: Ec2) -> Iterator[None]:
    yield
    ec2.faults.clear()
    for kind in (AssetKind.VOLUME, AssetKind.NETWORK, AssetKind.KEY_PAIR, AssetKind.FIREWALL):
        for asset in list(provider.list_assets(kind, None)):
            if asset.attached_to is not None:
                provider.detach_volume(asset.id)
            provider.delete_asset(kind, asset.id)


@pytest.fixture
def token() -> str:
    """A token of this test's own: EC2 remembers those of what is gone."""
    return uuid4().hex


def ready(provider: AwsProvider, made: Any) -> Any:
    """Return an asset as it is when the engine looks at it."""
    return provider.get_asset(made.kind, made.id)


@each
def test_one_token_is_one(provider: AwsProvider, spec: Any, token: str) -> None:
    """It carries token, labels and what was asked for, is found in every way, and is made once."""
    made = provider.create_asset(spec, token, LABELS)
    seen = ready(provider, made)
    assert (seen.spec, seen.labels, seen.client_token, seen.is_ready) == (spec, LABELS, token, True)
    assert provider.create_asset(spec, token, LABELS).id == made.id
    assert provider.find_asset(spec.kind, token) == seen
    assert list(provider.list_assets(spec.kind, {"team": "a"})) == [seen]
    assert list(provider.list_assets(spec.kind, {"team": "b"})) == []
    assert provider.find_asset(spec.kind, "token-2") is None


OTHERS = [
    Volume("data", 21, "eu-west-1a"),
    Network("inner", "172.31.201.0/24", "eu-west-1a"),
    KeyPair("me", PUBLIC_KEY.replace("Mqqnk", "Nqqnk")),
    Firewall("web", RULES[:1]),
]


@pytest.mark.parametrize(("spec", "other"), list(zip(MADE, OTHERS, strict=True)), ids=lambda spec: spec.kind)
def test_a_token_is_for_one_request(provider: AwsProvider, spec: Any, other: Any, token: str) -> None:
    """Whatever is asked for besides, or with other labels, is told and not done."""
    ready(provider, provider.create_asset(spec, token, LABELS))
    for asked, labels in ((other, LABELS), (replace(spec, name="other"), LABELS), (spec, {"team": "b"})):
        with pytest.raises(InvalidRequest, match="for another request"):
            provider.create_asset(asked, token, labels)
    assert [asset.spec for asset in provider.list_assets(spec.kind, None)] == [spec]


@pytest.mark.parametrize("spec", MADE[2:], ids=lambda spec: spec.kind)
def test_what_is_not_shown_yet_is_busy(provider: AwsProvider, ec2: Ec2, spec: Any, token: str) -> None:
    """A name that is taken holds the token's digest: who is second comes back for what the first has made."""
    ec2.faults.refused[ACTIONS[spec.kind]] = ["InvalidKeyPair.Duplicate"]
    with pytest.raises(ResourceConflict, match="being created by somebody else") as busy:
        provider.create_asset(spec, token, LABELS)
    assert busy.value.retryable


def test_addresses_of_a_stranger_are_taken(provider: AwsProvider, ec2: Ec2, token: str) -> None:
    """Another subnet has them, and coming back would not help."""
    provider.create_asset(MADE[1], token, LABELS)
    with pytest.raises(AlreadyExists):
        provider.create_asset(MADE[1], "token-2", LABELS)


@each
def test_a_lost_reply_is_ambiguous_and_found(provider: AwsProvider, ec2: Ec2, spec: Any, token: str) -> None:
    """The token finds what was made, and makes no second one."""
    ec2.faults.lost[ACTIONS[spec.kind]] = 1
    with pytest.raises(Ambiguous):
        provider.create_asset(spec, token, LABELS)
    found = provider.find_asset(spec.kind, token)
    assert found is not None
    assert provider.create_asset(spec, token, LABELS).id == found.id
    assert len(list(provider.list_assets(spec.kind, None))) == 1


@each
def test_deleted_twice_is_once(provider: AwsProvider, spec: Any, token: str) -> None:
    """What is gone is deleted, and can neither be read nor found."""
    made = provider.create_asset(spec, token, LABELS)
    for _ in range(2):
        provider.delete_asset(spec.kind, made.id)
    assert provider.find_asset(spec.kind, token) is None
    with pytest.raises(NotFound):
        provider.get_asset(spec.kind, made.id)


def test_a_firewall_that_was_cut_off_is_completed(provider: AwsProvider, ec2: Ec2, token: str) -> None:
    """A group is made before its rules; whoever looks at it next puts those in force that it lacks."""
    ec2.faults.refused["AuthorizeSecurityGroupIngress"] = ["InternalError"]
    made = provider.create_asset(MADE[3], token, LABELS)
    assert not made.is_ready
    with pytest.raises(ServiceInternalError):
        ready(provider, made)
    found = provider.find_asset(AssetKind.FIREWALL, token)
    assert found is not None
    assert (found.is_ready, found.spec.rules) == (True, RULES)


def test_a_rule_whose_reply_was_lost_is_there_once(provider: AwsProvider, ec2: Ec2, token: str) -> None:
    """Cut off between two rules, a firewall gets the second one from whoever looks next."""
    ec2.faults.lost["AuthorizeSecurityGroupIngress"] = 1
    made = provider.create_asset(MADE[3], token, LABELS)
    with pytest.raises(Ambiguous):
        ready(provider, made)
    assert ready(provider, made).spec.rules == RULES


def test_to_list_and_to_delete_opens_nothing(provider: AwsProvider, ec2: Ec2, token: str) -> None:
    """A firewall that nobody completes has no rules in a scan for orphans, and none before it is deleted."""
    made = provider.create_asset(MADE[3], token, LABELS)
    (listed,) = provider.list_assets(AssetKind.FIREWALL, None)
    assert (listed.is_ready, listed.spec.rules) == (False, ())
    before = ec2.faults.seen["AuthorizeSecurityGroupIngress"]
    provider.delete_asset(AssetKind.FIREWALL, made.id)
    assert ec2.faults.seen["AuthorizeSecurityGroupIngress"] == before
    assert provider.find_asset(AssetKind.FIREWALL, token) is None


def test_a_disk_of_an_instance_is_no_volume_of_ours(provider: AwsProvider, token: str) -> None:
    """It carries the tags of its instance, and goes with it."""
    server = provider.create_server(ServerSpec("web"), token, LABELS)
    assert list(provider.list_assets(AssetKind.VOLUME, None)) == []
    assert provider.find_asset(AssetKind.VOLUME, token) is None
    provider.delete_server(server.id)


def test_a_volume_is_given_and_taken(provider: AwsProvider, token: str) -> None:
    """Twice is once; a volume in use is not deleted, and outlives its instance."""
    volume = provider.create_asset(Volume("data", 1, "eu-west-1a"), "v" + token, LABELS)
    server = provider.create_server(ServerSpec("web", zone="eu-west-1a"), token, LABELS)
    for _ in range(2):
        provider.attach_volume(volume.id, server.id)
    assert ready(provider, volume).attached_to == server.id
    with pytest.raises(ResourceConflict):
        provider.attach_volume(volume.id, "i-0123456789abcdef0")
    with pytest.raises(ResourceConflict):
        provider.delete_asset(AssetKind.VOLUME, volume.id)
    for _ in range(2):
        provider.detach_volume(volume.id)
    assert ready(provider, volume).attached_to is None
    provider.delete_server(server.id)
    assert ready(provider, volume).is_ready


def test_a_network_without_addresses_is_refused(provider: AwsProvider, token: str) -> None:
    """And nothing is made."""
    with pytest.raises(InvalidRequest, match="needs a cidr"):
        provider.create_asset(Network("inner"), token, LABELS)
    assert provider.find_asset(AssetKind.NETWORK, token) is None


def test_a_server_takes_no_volume_when_it_is_made(provider: AwsProvider, token: str) -> None:
    """It is told how it gets one."""
    with pytest.raises(InvalidRequest, match="use `volume_attach`"):
        provider.create_server(ServerSpec("web", volumes=("vol-1",)), token, LABELS)


WORKFLOW = """
name = "furnished"
[[operations]]
id = "net"
kind = "network_create"
provider = "aws"
parameters = { name = "inner", cidr = "172.31.201.0/24", zone = "eu-west-1a" }
[[operations]]
id = "key"
kind = "key_pair_create"
provider = "aws"
parameters = { name = "me", public_key = "PUBLIC_KEY" }
[[operations]]
id = "wall"
kind = "firewall_create"
provider = "aws"
parameters = { name = "web", rules = [{ protocol = "tcp", first_port = 443, last_port = 443 }] }
[[operations]]
id = "data"
kind = "volume_create"
provider = "aws"
parameters = { name = "data", size_gib = 1, zone = "eu-west-1a" }
[[operations]]
id = "db"
kind = "server_create"
provider = "aws"
[operations.parameters]
name = "db"
networks = ["{{operations.net.result.id}}"]
key_pairs = ["{{operations.key.result.id}}"]
firewalls = ["{{operations.wall.result.id}}"]
[[operations]]
id = "mount"
kind = "volume_attach"
provider = "aws"
parameters = { volume_id = "{{operations.data.result.id}}", server_id = "{{operations.db.result.id}}" }
[[operations]]
id = "last"
kind = "command"
parameters = { command = ["LAST"] }
[dependencies]
last = ["mount"]
"""


@pytest.mark.parametrize(("last", "state"), [("true", "succeeded"), ("false", "rolled_back")])
def test_a_whole_run_is_made_and_undone(
    last: str, state: str, provider: AwsProvider, ec2: Ec2, isolated_workspace: IsolatedWorkspace, tmp_path: Path
) -> None:
    """Everything that a server stands in, and the volume that it is given; undone, nothing of it is left."""
    settings = {"region": "eu-west-1", "endpoint_url": ec2.url, "listing_lag": 0}
    isolated_workspace.configure({"providers": {"aws": settings}})
    isolated_workspace.enable("aws")
    file = tmp_path / "flow.toml"
    file.write_text(WORKFLOW.replace("PUBLIC_KEY", PUBLIC_KEY).replace("LAST", last), encoding="utf-8")
    app = isolated_workspace.open()
    report = app.run(file, workflow_id="wf-1")
    assert report.state == state, report
    if state == "succeeded":
        (volume,) = provider.list_assets(AssetKind.VOLUME, None)
        assert volume.attached_to is not None
        assert app.orphans(older_than=0.0).strays == []
        assert app.rollback("wf-1").wait().state == "rolled_back"
    for kind in AssetKind:
        assert list(provider.list_assets(kind, None)) == []
    assert [server for server in provider.list_servers(None) if not server.state.is_gone] == []
