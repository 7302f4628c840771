"""The SDK, imported when it is first needed, and its client for one instance of the provider."""

import os
import threading
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from provisioning.errors import ExtensionBroken, InvalidCredentials
from provisioning_hetzner.translation import translated

__all__ = ["Session"]


class Session:
    """Makes the client, once; it may be used by many threads. Retrying is the engine's, so the SDK does none."""

    def __init__(self, provider: str, config: Mapping[str, Any]) -> None:
        self.provider = provider
        self._config = config
        self._client: Any = None
        self._lock = threading.Lock()

    @property
    def sdk(self) -> str:
        """The SDK, and its version."""
        return f"hcloud {version('hcloud')}"

    @property
    def client(self) -> Any:
        """The client; raises `ExtensionBroken` where the SDK is not installed."""
        with self._lock:
            if self._client is None:
                self._client = self._make()
            return self._client

    def currency(self) -> str:
        """Return the currency of the project's prices; raises `ProviderError`."""
        with translated(self.provider, "list prices"):
            answer = self.client._client.request("GET", "/pricing")  # noqa: SLF001 - the SDK has no call for prices
        return str(answer["pricing"]["currency"])

    def _make(self) -> Any:
        try:
            from hcloud import Client  # noqa: PLC0415 - slow, and not there for everybody
        except ImportError as error:
            raise ExtensionBroken(
                f"provider {self.provider} needs the Hetzner SDK, and hcloud is not installed",
                extension="hetzner",
                hint="pip install 'provisioning[hetzner]'",
            ) from error
        token = self._config.get("token") or os.environ.get("HCLOUD_TOKEN")
        if not token:
            raise InvalidCredentials(
                f"{self.provider} has no credentials", provider=self.provider, hint="set HCLOUD_TOKEN"
            )
        client = Client(
            token,
            api_endpoint=self._config["api_endpoint"].rstrip("/"),
            application_name="provisioning",
            timeout=(self._config["connect_timeout"], self._config["read_timeout"]),
        )
        _take_over(client._client)  # noqa: SLF001 - the SDK has no setting for either
        return client


def _take_over(base: Any) -> None:
    """Let the SDK not sleep and retry, and let its errors carry the response: it drops the rate-limit headers."""
    from hcloud import APIException  # noqa: PLC0415

    base._retry_max_retries = 0  # noqa: SLF001
    read = base._read_response  # noqa: SLF001

    def kept(response: Any) -> Any:
        try:
            return read(response)
        except APIException as error:
            error.response = response  # type: ignore[attr-defined]
            raise

    base._read_response = kept  # noqa: SLF001
