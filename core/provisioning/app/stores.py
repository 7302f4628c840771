"""The journal that the configuration names: the core's own, in SQLite, or one that an extension opens."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from provisioning.app.hiding import hiding
from provisioning.app.offered import find_offered, problems_in
from provisioning.config import CORE_SCHEME, Configuration
from provisioning.contract import Journal
from provisioning.dispatch import Service
from provisioning.errors import ConfigurationError, Problem
from provisioning.extensions import STORES, ExtensionRecord, Registry
from provisioning.store import open_journal

__all__ = ["Stores"]

_KEY = "store.url"
_SQLITE = f"{CORE_SCHEME}:///"


class Stores:
    """Opens the journal; `service` makes an extension ready. No password of a URL is in any error."""

    def __init__(
        self, configuration: Configuration, registry: Registry, service: Callable[[ExtensionRecord], Service]
    ) -> None:
        self._configuration = configuration
        self._registry = registry
        self._service = service

    def open(self) -> Journal:
        """Open the journal; it is made when it is not there."""
        return self._opened(self._url)

    def open_other(self, url: str) -> tuple[Journal, str]:
        """Open the journal of another URL, and return it with its URL as people may read it."""
        return self._opened(url), self.shown(url)

    def file(self) -> Path:
        """Return the file of the core's own journal; raise `ConfigurationError` for a URL that names none."""
        return self._file_of(self._url)

    @property
    def is_own(self) -> bool:
        """Whether it is the core's own."""
        return _is_own(self._url)

    def shown(self, url: str | None = None) -> str:
        """Return a URL, or the configured one, without its password."""
        url = self._url if url is None else url
        self._hide_password(url)
        return self._configuration.redactor.redact_text(url)

    def _opened(self, url: str) -> Journal:
        record = self._record_of(url)
        if record is None:
            return open_journal(self._file_of(url))
        self._hide_password(url)
        with hiding(self._configuration.redactor):
            return self._service(record).open_store(url)

    def _file_of(self, url: str) -> Path:
        path = url.removeprefix(_SQLITE)
        if path == url or path in ("", ":memory:"):
            message = f"{self.shown(url)!r} names no file that a journal could be"
            problem = self._configuration.problem(_KEY, message, f"write {_SQLITE}PATH")
            raise ConfigurationError.from_problems("the configuration", [problem])
        return self._configuration.workspace / path

    def problems(self) -> list[Problem]:
        """Return what is wrong with what is configured, importing and opening nothing."""
        return problems_in(_KEY, self.file if self.is_own else self._record, self._configuration)

    @property
    def _url(self) -> str:
        return self._configuration.store.url

    def _record(self) -> ExtensionRecord | None:
        return self._record_of(self._url)

    def _record_of(self, url: str) -> ExtensionRecord | None:
        """Return the extension that opens the journal, None for the core's own."""
        if _is_own(url):
            return None
        return find_offered(
            STORES,
            _scheme(url),
            key=_KEY,
            core=CORE_SCHEME,
            configuration=self._configuration,
            registry=self._registry,
        )

    def _hide_password(self, url: str) -> None:
        with suppress(ValueError):
            password = urlsplit(url).password
            if password:
                self._configuration.redactor.add([password, unquote(password)])


def _scheme(url: str) -> str:
    scheme, colon, _ = url.partition(":")
    return scheme.lower() if colon else ""


def _is_own(url: str) -> bool:
    return _scheme(url) in ("", CORE_SCHEME)
