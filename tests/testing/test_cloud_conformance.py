"""The fake cloud keeps the contract of providers, quick and slow."""

from pathlib import Path

import pytest

from provisioning.contract import Firewall, FirewallRule, KeyPair, Network, ServerSpec, Volume
from provisioning.testing import ProviderConformance, ProviderSetup
from provisioning.testing.cloud import EXTENSIONS

CALLS = (
    *("list_servers", "get_server", "create_server", "find_server", "delete_server"),
    *("start_server", "stop_server", "reboot_server"),
)
SECRET = "correct-horse-battery-staple"


def setup_of(folder: Path, **manners: object) -> ProviderSetup:
    """Return how a cloud with these manners is tried."""
    return ProviderSetup(
        EXTENSIONS / "fake",
        {"state": str(folder / "cloud.db"), "latency": 0.005, **manners},
        spec=ServerSpec("web", user_data=SECRET),
        unreachable={"state": "/dev/null/cloud.db"},
        secrets=[SECRET],
        assets=[
            Volume("data", 1),
            Network("inner", "10.0.0.0/24"),
            KeyPair("me", "ssh-ed25519 AAAA"),
            Firewall("web", (FirewallRule("tcp", 443, 443),)),
        ],
        heeds_context=CALLS,
    )


class TestQuick(ProviderConformance):
    """A cloud without any manners but a way to it."""

    @pytest.fixture
    def provider_setup(self, tmp_path: Path) -> ProviderSetup:
        return setup_of(tmp_path)


class TestSlow(ProviderConformance):
    """A cloud whose servers take their time, and whose listings have many pages."""

    @pytest.fixture
    def provider_setup(self, tmp_path: Path) -> ProviderSetup:
        return setup_of(tmp_path, boot_time=0.1, delete_time=0.1, page_size=1)
