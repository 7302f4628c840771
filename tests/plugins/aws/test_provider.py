"""The provider `aws` beyond the contracts: EC2's own ways, in the field's words."""

import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from provisioning.contract import OperationContext, Server, ServerSpec, ServerState
from provisioning.errors import (
    AccessDenied,
    Ambiguous,
    CapacityUnavailable,
    ExtensionBroken,
    InvalidCredentials,
    InvalidRequest,
    NetworkFailure,
    ProviderError,
    ResourceConflict,
    ServiceInternalError,
    ServiceLimitExceeded,
    Throttling,
)
from provisioning_aws.instance import as_server
from provisioning_aws.provider import AwsProvider
from tests.plugins.aws.conftest import DEFAULTS
from tests.plugins.aws.front import Ec2


def create(provider: AwsProvider, token: str, **spec: Any) -> Server:
    return provider.create_server(ServerSpec("web", **spec), token, {"a": "b"})


@pytest.fixture
def client(ec2: Ec2) -> Any:
    return boto3.client("ec2", region_name="eu-west-1", endpoint_url=ec2.url)


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        ("RequestLimitExceeded", Throttling, True),
        ("InternalError", ServiceInternalError, True),
        ("UnauthorizedOperation", AccessDenied, False),
        ("AuthFailure", InvalidCredentials, False),
        ("VcpuLimitExceeded", ServiceLimitExceeded, False),
        ("InsufficientInstanceCapacity", CapacityUnavailable, False),
        ("IncorrectInstanceState", ResourceConflict, True),
        ("InvalidParameterValue", InvalidRequest, False),
        ("SomethingNew", InvalidRequest, False),
    ],
)
def test_codes_are_the_fields_words(
    ec2: Ec2, provider: AwsProvider, code: str, kind: type[ProviderError], retryable: bool
) -> None:
    """Each with what was tried, EC2's own words, and its code."""
    ec2.faults.refused["RunInstances"] = [code]
    with pytest.raises(ProviderError) as caught:
        create(provider, f"refused-{code}")
    assert (type(caught.value), caught.value.retryable) == (kind, retryable)
    assert caught.value.message == f"aws-eu could not create server web: the cloud says {code} ({code})"
    assert provider.find_server(f"refused-{code}") is None


def test_a_lost_reply_is_in_doubt_and_found_by_its_token(ec2: Ec2, provider: AwsProvider) -> None:
    """The instance is there all the same, and the same token is answered with it."""
    ec2.faults.lost["RunInstances"] = 1
    with pytest.raises(Ambiguous) as caught:
        create(provider, "lost")
    assert caught.value.message == "aws-eu could not create server web: the reply was lost"
    found = provider.find_server("lost")
    assert found is not None
    assert create(provider, "lost").id == found.id


def test_the_same_token_with_another_request_is_the_same_server(ec2: Ec2, provider: AwsProvider) -> None:
    """An alias may mean a newer image by now: EC2 says that the parameters differ, and the server is found."""
    first = create(provider, "moved", image="ami-12345678")
    assert create(provider, "moved", image="ami-87654321").id == first.id


def test_nothing_was_sent_to_an_api_that_is_not_there() -> None:
    """So nothing is in doubt."""
    provider = AwsProvider("aws-eu", {**DEFAULTS, "endpoint_url": "http://127.0.0.1:9"})
    with pytest.raises(NetworkFailure) as caught:
        create(provider, "nowhere", image="ami-12345678")
    assert caught.value.message == "aws-eu could not create server web: the API cannot be reached"


def test_a_server_is_asked_for_as_it_should_be(provider: AwsProvider, client: Any) -> None:
    """User data, key pair, zone, groups, disk; IMDSv2 is required; what is paid for goes with the instance."""
    client.create_key_pair(KeyName="ops")
    group = client.create_security_group(GroupName="web", Description="web")["GroupId"]
    extra = {"disk_gib": 20, "security_groups": [group]}
    made = create(provider, "whole", zone="eu-west-1c", user_data="#!/bin/sh\n", key_pairs=("ops",), extra=extra)
    found = client.describe_instances(InstanceIds=[made.id])["Reservations"][0]["Instances"][0]
    assert (found["KeyName"], found["Placement"]["AvailabilityZone"]) == ("ops", "eu-west-1c")
    assert [one["GroupId"] for one in found["SecurityGroups"]] == [group]
    assert found["MetadataOptions"]["HttpTokens"] == "required"
    data = client.describe_instance_attribute(InstanceId=made.id, Attribute="userData")["UserData"]["Value"]
    assert data == "IyEvYmluL3NoCg=="
    (disk,) = found["BlockDeviceMappings"]
    assert disk["Ebs"]["DeleteOnTermination"]
    volume = client.describe_volumes(VolumeIds=[disk["Ebs"]["VolumeId"]])["Volumes"][0]
    assert volume["Size"] == 20
    provider.delete_server(made.id)
    kept = [one["VolumeId"] for one in client.describe_volumes()["Volumes"]]
    assert disk["Ebs"]["VolumeId"] not in kept


def test_a_server_leaves_no_disk_behind(provider: AwsProvider, client: Any) -> None:
    """Disks that the image would keep are deleted with the server; a volume that was attached to it stays."""
    made = create(provider, "plain")
    found = client.describe_instances(InstanceIds=[made.id])["Reservations"][0]["Instances"][0]
    own = [one["Ebs"]["VolumeId"] for one in found["BlockDeviceMappings"]]
    [image] = client.describe_images(ImageIds=[found["ImageId"]])["Images"]
    assert [one["Ebs"]["DeleteOnTermination"] for one in image["BlockDeviceMappings"]] == [False]
    assert [one["Ebs"]["DeleteOnTermination"] for one in found["BlockDeviceMappings"]] == [True]
    zone = found["Placement"]["AvailabilityZone"]
    other = client.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    client.attach_volume(VolumeId=other, InstanceId=made.id, Device="/dev/sdf")
    provider.delete_server(made.id)
    left = [one["VolumeId"] for one in client.describe_volumes()["Volumes"]]
    assert (other in left, set(own) & set(left)) == (True, set())


def test_images_by_id_alias_parameter_and_name(provider: AwsProvider, client: Any) -> None:
    """The newest of several names counts."""
    every = client.describe_images(Owners=["amazon"])["Images"]
    newest = max(
        (one for one in every if one["Name"].startswith("amzn2-ami-hvm-2.0")), key=lambda one: one["CreationDate"]
    )
    images = provider._images
    assert images.find("ami-12345678") == "ami-12345678"
    assert images.find("amazon-linux-2023").startswith("ami-")
    assert images.find("amzn2-ami-hvm-2.0*") == newest["ImageId"]
    with pytest.raises(InvalidRequest) as caught:
        images.find("no-such-image-*")
    assert caught.value.message == "aws-eu has no image no-such-image-*"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"key_pairs": ("a", "b")}, "EC2 takes one key pair"),
        ({"networks": ("lan",)}, "'lan' is no id of a subnet (subnet-...) or a security group (sg-...)"),
        ({"networks": ("subnet-1", "subnet-2")}, "EC2 takes one subnet"),
        (
            {"extra": {"colour": "red"}},
            "'colour' under extra is not known; known: disk_gib, iam_profile, security_groups, spot",
        ),
    ],
)
def test_what_ec2_has_no_place_for_is_refused(provider: AwsProvider, spec: dict[str, Any], words: str) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidRequest) as caught:
        create(provider, "never", **spec)
    assert caught.value.message == f"aws-eu cannot create server web: {words}"


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("pending", ServerState.PENDING),
        ("running", ServerState.RUNNING),
        ("shutting-down", ServerState.DELETING),
        ("terminated", ServerState.DELETED),
        ("stopping", ServerState.STOPPING),
        ("stopped", ServerState.STOPPED),
        ("something-new", ServerState.UNKNOWN),
    ],
)
def test_states_are_the_fields_words(word: str, state: ServerState) -> None:
    """One that nobody has heard of is unknown, and no error."""
    assert as_server({"InstanceId": "i-1", "State": {"Name": word}}, "aws").state is state


def test_a_listing_is_read_page_by_page(
    ec2: Ec2, provider: AwsProvider, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than a page: the next one is asked for when it is needed."""
    monkeypatch.setattr("provisioning_aws.provider.PAGE", 5)
    made = [create(provider, f"page-{number}", image="ami-12345678").id for number in range(12)]
    before = ec2.faults.seen["DescribeInstances"]
    listing = provider.list_servers({"a": "b"})
    next(iter(listing))
    assert ec2.faults.seen["DescribeInstances"] == before + 1
    assert set(made) <= {server.id for server in provider.list_servers({"a": "b"})}
    assert ec2.faults.seen["DescribeInstances"] >= before + 1 + 3
    client.terminate_instances(InstanceIds=made)


def test_who_one_is_and_where(provider: AwsProvider) -> None:
    """A check names the account and the region."""
    status = provider.check_connection(OperationContext())
    assert (status.reachable, status.authenticated) == (True, True)
    assert status.message == "account 123456789012 in eu-west-1"


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"credentials_profile": "nobody"}, InvalidCredentials, "The config profile (nobody) could not be found"),
        ({"region": None}, InvalidRequest, "no region is set"),
    ],
)
def test_an_instance_that_cannot_be_used_says_why(
    ec2: Ec2, change: dict[str, Any], kind: type[ProviderError], words: str
) -> None:
    """Before anything is sent."""
    provider = AwsProvider("aws-eu", {**DEFAULTS, "endpoint_url": ec2.url, **change})
    with pytest.raises(kind) as caught:
        provider.find_server("x")
    assert caught.value.message == f"aws-eu could not make a client of ec2: {words}"


def test_without_the_sdk_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra that brings it."""
    for name in ("boto3", "botocore", "botocore.config", "botocore.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ExtensionBroken) as caught:
        AwsProvider("aws-eu", DEFAULTS).find_server("x")
    assert caught.value.message == "provider aws-eu needs the AWS SDK, and boto3 is not installed"
    assert caught.value.hint == "pip install 'provisioning[aws]'"


def test_making_it_imports_no_sdk(tmp_path: Path) -> None:
    """It is slow to import, and a plan does not need it."""
    from provisioning.testing import imported_by

    code = f"from provisioning_aws.provider import AwsProvider; AwsProvider('aws', {dict(DEFAULTS)!r})"
    assert not {"boto3", "botocore"} & set(imported_by("-c", code))


def test_missing_permissions_are_found_by_dry_runs(provider: AwsProvider, ec2: Ec2) -> None:
    """What EC2 refuses is named as IAM names it; nothing is done, and what is allowed is not."""
    status = provider.check_connection(OperationContext())
    assert (status.permissions_missing, status.is_good) == ((), True)
    assert (status.sdk or "").startswith("boto3 ")
    refused = {"RunInstances": ["UnauthorizedOperation"], "TerminateInstances": ["UnauthorizedOperation"]}
    ec2.faults.refused.update(refused)
    status = provider.check_connection(OperationContext())
    ec2.faults.refused.clear()
    assert status.permissions_missing == ("ec2:RunInstances", "ec2:TerminateInstances")
    assert (status.reachable, status.authenticated, status.is_good) == (True, True, False)
    assert status.hint == "let the user or role do what is missing (IAM)"


def test_refused_credentials_are_no_unreachable_cloud(provider: AwsProvider, ec2: Ec2) -> None:
    """The cloud answers, and says whose fault it is."""
    ec2.faults.refused["GetCallerIdentity"] = ["InvalidClientTokenId"]
    status = provider.check_connection(OperationContext())
    ec2.faults.refused.clear()
    assert (status.reachable, status.authenticated) == (True, False)
    assert status.hint is not None
