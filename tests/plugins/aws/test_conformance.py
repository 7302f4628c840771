"""The bundled provider `aws` keeps every contract of providers, on the real SDK and a cloud with EC2's manners."""

import pytest

from provisioning.contract import ServerSpec
from provisioning.testing import ProviderConformance, ProviderSetup
from tests.plugins.aws.conftest import SECRET
from tests.plugins.aws.front import Ec2


class TestConformance(ProviderConformance):
    """Its servers are instances."""

    @pytest.fixture
    def provider_setup(self, ec2: Ec2) -> ProviderSetup:
        config = {"region": "eu-west-1", "endpoint_url": ec2.url, "read_timeout": 60}
        return ProviderSetup(
            "aws",
            config=config,
            spec=ServerSpec("web", size="t3.micro", image="amazon-linux-2023", zone="eu-west-1b"),
            unreachable={**config, "endpoint_url": "http://127.0.0.1:9", "connect_timeout": 1},
            unknown_id="i-0123456789abcdef0",
            unknown_size="zz.none",
            bad_name="n" * 300,
            odd_labels={"a b:c/d=e+f-g@h": 'ü*?\\ "x" = 1', "ключ": ""},
            secrets=[SECRET],
            call_time=120.0,
            sleep=lambda _: None,
        )
