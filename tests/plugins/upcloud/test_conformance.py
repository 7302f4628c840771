"""The UpCloud provider keeps every contract of providers, against a fake of API 1.3."""

import pytest

from provisioning.testing import ProviderConformance, ProviderSetup


class TestConformance(ProviderConformance):
    """Its servers are in `maintenance` before they run, stop or start, and are deleted only when they are stopped."""

    @pytest.fixture
    def provider_setup(self, account) -> ProviderSetup:
        return account.setup
