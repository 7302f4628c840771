"""The SDK, imported when it is first needed, and requests through it for one instance of the provider."""

import os
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from provisioning.errors import ExtensionBroken, InvalidCredentials
from provisioning_upcloud.translation import translated

__all__ = ["Session"]

_CREDENTIALS = ("username", "password", "token")


class Session:
    """Asks UpCloud; may be used by many threads. The SDK's own waits sleep, so none of them is used."""

    def __init__(self, provider: str, config: Mapping[str, Any]) -> None:
        self.provider = provider
        self._config = config
        self._api: Any = None
        self._lock = threading.Lock()

    @property
    def sdk(self) -> str:
        """The SDK, and its version."""
        return f"upcloud-api {version('upcloud-api')}"

    def ask(self, doing: str, method: str, path: str, body: Any = None, params: Sequence[tuple[str, Any]] = ()) -> Any:
        """Make one request, and return the answer; `doing` says what for ("create server web").

        Raises `ProviderError` for what UpCloud answers, and `ExtensionBroken` where the SDK is not installed.
        """
        api = self._connected()
        with translated(self.provider, doing):
            return api.api_request(method, path, body=body, params=list(params))

    def _connected(self) -> Any:
        with self._lock:
            if self._api is None:
                self._api = self._make()
            return self._api

    def _make(self) -> Any:
        try:
            from upcloud_api import CloudManager  # noqa: PLC0415 - slow, and not there for everybody
        except ImportError as error:
            raise ExtensionBroken(
                f"provider {self.provider} needs the UpCloud SDK, and upcloud-api is not installed",
                extension="upcloud",
                hint="pip install 'provisioning[upcloud]'",
            ) from error
        credentials = self._credentials()
        api = CloudManager(credentials["username"], credentials["password"], token=credentials["token"]).api
        api.timeout = (self._config["connect_timeout"], self._config["read_timeout"])
        api.api_root = self._config["api_endpoint"].rstrip("/")
        _keep_responses(api)
        return api

    def _credentials(self) -> Mapping[str, str | None]:
        """Return the configured credentials, or else those of the environment; never a mixture of both."""
        given = {name: self._config.get(name) for name in _CREDENTIALS}
        if not any(given.values()):
            given = {name: os.environ.get(f"UPCLOUD_{name.upper()}") for name in _CREDENTIALS}
        if not given["token"] and not (given["username"] and given["password"]):
            raise InvalidCredentials(
                f"{self.provider} has no credentials",
                provider=self.provider,
                hint="set UPCLOUD_USERNAME and UPCLOUD_PASSWORD, or UPCLOUD_TOKEN",
            )
        return given


def _keep_responses(api: Any) -> None:
    """Let errors carry the response: the SDK drops its status and headers, and `Retry-After` is one of them."""
    from upcloud_api.errors import UpCloudAPIError  # noqa: PLC0415

    judged = api._API__error_middleware  # noqa: SLF001 - the one place where the SDK sees them

    def kept(response: Any, body: Any) -> Any:
        try:
            return judged(response, body)
        except UpCloudAPIError as error:
            error.response = response
            raise

    api._API__error_middleware = kept  # noqa: SLF001
