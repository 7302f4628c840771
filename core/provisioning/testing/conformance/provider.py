"""The conformance suite of providers."""

from collections.abc import Iterator

import pytest

from provisioning.testing.conformance.assets import AssetContracts
from provisioning.testing.conformance.capabilities import CapabilityContracts
from provisioning.testing.conformance.connection import ConnectionContracts
from provisioning.testing.conformance.context import ContextContracts
from provisioning.testing.conformance.creation import CreationContracts
from provisioning.testing.conformance.deletion import DeletionContracts
from provisioning.testing.conformance.faults import FaultContracts
from provisioning.testing.conformance.finding import FindingContracts
from provisioning.testing.conformance.guard import guarded_suite
from provisioning.testing.conformance.report import PROPERTY
from provisioning.testing.conformance.setup import ProviderSetup
from provisioning.testing.conformance.trial import Trial
from provisioning.testing.conformance.values import ValueContracts

__all__ = ["ProviderConformance"]


@guarded_suite
class ProviderConformance(
    CapabilityContracts,
    ConnectionContracts,
    CreationContracts,
    FindingContracts,
    DeletionContracts,
    ValueContracts,
    ContextContracts,
    FaultContracts,
    AssetContracts,
):
    """Every contract of the provider interface, as a test.

    Inherit it, and supply the fixture `provider_setup`:

        class TestConformance(ProviderConformance):
            @pytest.fixture
            def provider_setup(self):
                return ProviderSetup("hetzner", config={...}, spec=ServerSpec("web", size="cx22"))

    A test that fails names the contract and what to do. A contract that says nothing of a provider is skipped as
    "not applicable", with the reason. A contract that a subclass overrides, marks or deletes fails, unless the
    override is marked `@pytest.mark.xfail(reason="...")`. The contracts are those of CloudFormation's `cfn test`,
    translated to servers, and those that the promise of this project adds.
    """

    @pytest.fixture
    def provider_setup(self) -> ProviderSetup:
        """What is tried; to be supplied by the author."""
        pytest.fail("supply the fixture provider_setup: it returns a ProviderSetup", pytrace=False)

    @pytest.fixture(autouse=True)
    def _noted(self, provider_setup: ProviderSetup, request: pytest.FixtureRequest) -> None:
        """Say for the report whose contract this is."""
        request.node.user_properties.append((PROPERTY, provider_setup.shown_as))

    @pytest.fixture
    def trial(self, provider_setup: ProviderSetup) -> Iterator[Trial]:
        """Return the provider in the hands of one test; what is created in it is deleted afterwards."""
        trial = Trial(provider_setup)
        yield trial
        trial.close()
