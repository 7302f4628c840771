"""Whether a provider's cloud can be reached, and as whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["ConnectionStatus"]


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """The answer of `check_connection`.

    `reachable` says that the cloud answered, `authenticated` that it accepted the credentials (None: not known).
    `latency` is the time of one cheap call, in seconds. `permissions_missing` are the cloud's own names of what the
    credentials may not do (None: not known), `sdk` the library that asks and its version, `hint` says what to do.
    """

    reachable: bool
    authenticated: bool | None = None
    message: str = ""
    latency: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    permissions_missing: tuple[str, ...] | None = None
    sdk: str | None = None
    hint: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether servers can be made there, as far as is known."""
        return self.reachable and self.authenticated is not False and not self.permissions_missing

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form; the latency to the millisecond."""
        return {
            "reachable": self.reachable,
            "authenticated": self.authenticated,
            "latency": None if self.latency is None else round(self.latency, 3),
            "message": self.message,
            "details": dict(self.details),
            "permissions_missing": None if self.permissions_missing is None else list(self.permissions_missing),
            "sdk": self.sdk,
            "hint": self.hint,
        }
