"""Conformance suites: the contracts of an interface as tests that an author inherits, and cannot quietly drop."""

from provisioning.testing.conformance.engine import EngineConformance, EngineTrial
from provisioning.testing.conformance.provider import ProviderConformance
from provisioning.testing.conformance.setup import ProviderSetup
from provisioning.testing.conformance.trial import Trial
from provisioning.testing.conformance.trouble import Trouble

__all__ = ["EngineConformance", "EngineTrial", "ProviderConformance", "ProviderSetup", "Trial", "Trouble"]
