"""The Hetzner provider keeps every contract of providers, against a fake of the cloud's API."""

import pytest

from provisioning.testing import ProviderConformance, ProviderSetup


class TestConformance(ProviderConformance):
    """Its servers are locked while something is being done to them, and their names are unique."""

    @pytest.fixture
    def provider_setup(self, project) -> ProviderSetup:
        return project.setup
