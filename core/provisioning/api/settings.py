"""How one server of the API behaves: where it listens, whom it lets in, and how much it takes."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from provisioning.errors import ConfigurationError

__all__ = ["ApiSettings", "is_loopback"]


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """The settings of one server.

    `allowed_hosts` are names, beside those of this machine itself, that requests may call the server by; nobody checks
    them where a token is needed and none are given. `cors_origins` are the pages of others that may call it.
    `max_body` is in bytes, `rate` in requests a second of one client (0: no limit), `heartbeat` and `patience` (how
    long stopping waits for runs) in seconds. `max_runs` is how many runs are driven at once, the others wait their
    turn; `max_lag` how many events a follower may be behind before some are left out.
    """

    host: str = "localhost"
    port: int = 9090
    require_token: bool = False
    allowed_hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    max_body: int = 4 * 1024 * 1024
    rate: float = 1000.0
    max_runs: int = 50
    heartbeat: float = 15.0
    patience: float = 30.0
    max_lag: int = 10_000
    tls_certificate: Path | None = None
    tls_key: Path | None = None

    def __post_init__(self) -> None:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ConfigurationError("TLS needs both files: the certificate and its key")

    @property
    def needs_token(self) -> bool:
        """Whether nobody is let in without a token: always where others than this machine can connect."""
        return self.require_token or not is_loopback(self.host)

    @property
    def scheme(self) -> str:
        """`http`, or `https` with TLS."""
        return "http" if self.tls_certificate is None else "https"


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
