"""The bundled local provider keeps every contract of providers with driver `docker`, on a real engine."""

import pytest

from provisioning.contract import Network, ServerSpec, Volume
from provisioning.testing import ProviderConformance, ProviderSetup
from tests.docker_engine import IMAGE

PASSWORD = "correct-horse-battery-staple"


class TestConformance(ProviderConformance):
    """Its servers are containers."""

    @pytest.fixture
    def provider_setup(self, docker_socket: str) -> ProviderSetup:
        hooks = ("create_server", "get_server", "find_server", "list_servers", "delete_server", "stop_server")
        return ProviderSetup(
            "local",
            title="local (docker)",
            config={"driver": "docker", "docker_socket": docker_socket, "stop_timeout": 0},
            spec=ServerSpec("web", size="large", image=IMAGE, zone="local-b", extra={"env": {"PASSWORD": PASSWORD}}),
            unreachable={"driver": "docker", "docker_socket": "/dev/null/docker.sock"},
            odd_labels={"a b": 'x=1, y="2"', "ключ": "värde\n", "": "", "a=b": "=", "maker": "\ud800"},
            secrets=[PASSWORD],
            assets=[Volume("data"), Network("inner")],
            heeds_context=hooks,
        )
