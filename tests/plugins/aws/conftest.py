"""EC2 on loopback, and what a provider needs to use it."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from provisioning_aws.provider import AwsProvider
from tests.plugins.aws.front import Ec2, ec2_cloud

SECRET = "wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY"
DEFAULTS: Mapping[str, Any] = {
    "region": "eu-west-1",
    "connect_timeout": 10,
    "read_timeout": 60,
    "default_size": "t3.micro",
    "default_image": "amazon-linux-2023",
    "images": {},
    "security_groups": [],
    "metadata_tokens": "required",
}


@pytest.fixture(scope="package")
def ec2() -> Iterator[Ec2]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with ec2_cloud() as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET}.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def provider(ec2: Ec2) -> AwsProvider:
    return AwsProvider("aws-eu", {**DEFAULTS, "endpoint_url": ec2.url})
