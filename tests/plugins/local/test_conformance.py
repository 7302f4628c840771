"""The bundled local provider keeps every contract of providers, with real processes."""

from pathlib import Path

import pytest

from provisioning.contract import ServerSpec
from provisioning.testing import ProviderConformance, ProviderSetup

PASSWORD = "correct-horse-battery-staple"


class TestConformance(ProviderConformance):
    """Its servers are processes of this machine."""

    @pytest.fixture
    def provider_setup(self, tmp_path: Path) -> ProviderSetup:
        worker = {"command": ["sleep", "1000"], "env": {"PASSWORD": PASSWORD}}
        return ProviderSetup(
            "local",
            title="local (processes)",
            config={"directory": str(tmp_path / "cloud"), "images": {"worker": worker}},
            spec=ServerSpec("web", size="small", image="worker", zone="local-b"),
            unreachable={"directory": "/dev/null/cloud"},
            odd_labels={"a b": 'x=1, y="2"', "ключ": "värde\n", "": ""},
            secrets=[PASSWORD],
            heeds_context=["stop_server"],
        )
