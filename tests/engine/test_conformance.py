"""The threads of this process keep every contract of engines."""

import pytest

from provisioning.engine import ThreadEngine
from provisioning.testing import EngineConformance
from provisioning.testing.conformance.engine import MakeEngine


class TestThreads(EngineConformance):
    """The default engine."""

    @pytest.fixture
    def make_engine(self) -> MakeEngine:
        """Return what makes one."""
        return ThreadEngine
