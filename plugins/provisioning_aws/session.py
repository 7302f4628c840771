"""The SDK, imported when it is first needed, and its clients for one instance of the provider."""

import threading
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from provisioning.errors import ExtensionBroken
from provisioning_aws.translation import translated

__all__ = ["Session"]


class Session:
    """Makes clients, each once; they may be used by many threads. Retrying is the engine's, so the SDK does none."""

    def __init__(self, provider: str, config: Mapping[str, Any]) -> None:
        self.provider = provider
        self._config = config
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def sdk(self) -> str:
        """The SDK, and its version."""
        return f"boto3 {version('boto3')}"

    def client(self, service: str) -> Any:
        """Return the client of a service; raises `ExtensionBroken` where the SDK is not installed."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make(service)
            return self._clients[service]

    def _make(self, service: str) -> Any:
        try:
            import boto3  # noqa: PLC0415 - slow, and not there for everybody
            from botocore.config import Config  # noqa: PLC0415
        except ImportError as error:
            raise ExtensionBroken(
                f"provider {self.provider} needs the AWS SDK, and boto3 is not installed",
                extension="aws",
                hint="pip install 'provisioning[aws]'",
            ) from error
        options = Config(
            connect_timeout=self._config["connect_timeout"],
            read_timeout=self._config["read_timeout"],
            retries={"total_max_attempts": 1},
            user_agent_extra="provisioning",
        )
        with translated(self.provider, f"make a client of {service}"):
            session = boto3.Session(
                profile_name=self._config.get("credentials_profile"), region_name=self._config.get("region")
            )
            return session.client(service, endpoint_url=self._config.get("endpoint_url"), config=options)
