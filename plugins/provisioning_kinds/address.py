"""Where an HTTP request goes: the URL as it is sent, and as it may be shown."""

import base64
import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit

__all__ = ["Address"]

_SENDABLE = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True)
class Address:
    """A URL in its parts. Credentials in it become a header, and neither they nor the query are ever shown."""

    parts: SplitResult

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read a URL; raise `ValueError`, with nothing of a secret in its text, for what is none we can ask."""
        try:
            parts = urlsplit(url)
            is_usable = parts.scheme in ("http", "https") and bool(cls(parts).host.strip(":"))
        except ValueError:
            is_usable = False
        if not is_usable or any(letter <= " " or letter == "\x7f" for letter in url):
            raise ValueError("its url is no http or https URL with a host in it")
        return cls(parts)

    @property
    def host(self) -> str:
        """The host, as it is sent, with its port where one is given."""
        name = self.parts.hostname or ""
        name = f"[{name}]" if ":" in name else name if name.isascii() else name.encode("idna").decode()
        return name if self.parts.port is None else f"{name}:{self.parts.port}"

    @property
    def url(self) -> str:
        """The URL as it is sent."""
        path = quote(self.parts.path or "/", safe=_SENDABLE)
        query = quote(self.parts.query, safe=_SENDABLE)
        return self.parts._replace(netloc=self.host, path=path, query=query, fragment="").geturl()

    @property
    def shown(self) -> str:
        """The URL as it may be shown."""
        hidden = "?..." if self.parts.query else ""
        return f"{self.parts.scheme}://{self.host}{self.parts.path}{hidden}"

    @property
    def authorization(self) -> str | None:
        """The value of the Authorization header that the URL's credentials make, if it has any."""
        if self.parts.username is None:
            return None
        pair = f"{unquote(self.parts.username)}:{unquote(self.parts.password or '')}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine that is asked, which no proxy can do for us."""
        name = self.parts.hostname or ""
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return name == "localhost" or name.endswith(".localhost")
