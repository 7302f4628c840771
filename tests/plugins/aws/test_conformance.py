"""The bundled provider `aws` keeps every contract of providers, on the real SDK and a cloud with EC2's manners."""

from collections.abc import Iterator, Mapping

import pytest

from provisioning.contract import ServerSpec
from provisioning.testing import ProviderConformance, ProviderSetup, Trouble
from tests.plugins.aws.conftest import SECRET
from tests.plugins.aws.front import Ec2
from tests.plugins.aws.test_assets import MADE


def trouble_of(ec2: Ec2, impatient: Mapping[str, object]) -> Trouble:
    """Return what the proxy before the cloud can do."""
    faults = ec2.faults

    def throttle(_seconds: float) -> bool:
        faults.refused["DescribeInstances"] = ["RequestLimitExceeded"]
        return False  # EC2 does not say when to come back

    return Trouble(
        lose_reply=lambda: faults.lost.update(RunInstances=1),
        hold_reply=lambda: faults.held.update(RunInstances=1),
        throttle=throttle,
        break_down=lambda: faults.refused.update(DescribeInstances=["InternalError"]),
        hang=lambda: faults.held.update(DescribeInstances=1),
        show_state=lambda _: setattr(faults, "odd", True),
        impatient=impatient,
    )


class TestConformance(ProviderConformance):
    """Its servers are instances."""

    @pytest.fixture
    def provider_setup(self, ec2: Ec2) -> Iterator[ProviderSetup]:
        config = {"region": "eu-west-1", "endpoint_url": ec2.url, "read_timeout": 60}
        yield ProviderSetup(
            "aws",
            config=config,
            spec=ServerSpec("web", size="t3.micro", image="amazon-linux-2023", zone="eu-west-1b"),
            unreachable={**config, "endpoint_url": "http://127.0.0.1:9", "connect_timeout": 1},
            unknown_id="i-0123456789abcdef0",
            unknown_size="zz.none",
            bad_name="n" * 300,
            odd_labels={"a b:c/d=e+f-g@h": 'ü*?\\ "x" = 1', "ключ": ""},
            secrets=[SECRET],
            assets=MADE,
            trouble=trouble_of(ec2, {**config, "read_timeout": 1}),
            call_time=120.0,
            sleep=lambda _: None,
        )
        ec2.faults.clear()
