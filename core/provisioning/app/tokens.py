"""The tokens with which programs come in over HTTP: kept as hashes, in one file that only the owner can read."""

import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from provisioning.errors import ConfigurationError

__all__ = ["Scope", "Token", "Tokens"]

_PREFIX = "prov"
_NOBODY = hashlib.sha256(b"").hexdigest()


class Scope(StrEnum):
    """What a token allows; each includes the ones before it."""

    READ = "read"
    """Look at everything, change nothing."""
    RUN = "run"
    """Submit, resume, roll back and cancel runs."""
    ADMIN = "admin"
    """Everything."""

    def includes(self, other: "Scope") -> bool:
        """Whether a token of this scope may do what needs `other`."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: its id, what it allows, and the SHA-256 of its secret; times are seconds since the epoch.

    The secret has 256 random bits, so a plain hash cannot be guessed back.
    """

    id: str
    name: str
    scope: Scope
    created_at: float
    expires_at: float | None
    digest: str

    def as_dict(self) -> dict[str, Any]:
        """Return what may be shown of it."""
        fields = asdict(self)
        del fields["digest"]
        return {**fields, "scope": str(self.scope)}

    def is_expired(self, now: float) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and now >= self.expires_at


class Tokens:
    """The tokens of a workspace. A change by another process is seen at the next question."""

    def __init__(self, workspace: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = workspace / ".provisioning" / "tokens.json"
        self._clock = clock
        self._seen: tuple[int, int] | None = None
        self._known: Mapping[str, Token] = {}

    def create(self, name: str, scope: Scope, *, lifetime: float | None) -> tuple[Token, str]:
        """Make a token that holds for `lifetime` seconds (None: until it is revoked); return it and its text.

        The text is kept nowhere. Raises `ConfigurationError` when the file cannot be read or written.
        """
        secret, now = secrets.token_urlsafe(32), self._clock()
        expires_at = None if lifetime is None else now + lifetime
        token = Token(secrets.token_hex(6), name, scope, now, expires_at, _digest(secret))
        self._write([*self.list(), token])
        return token, f"{_PREFIX}_{token.id}_{secret}"

    def list(self) -> Sequence[Token]:
        """Return all tokens, those too whose time is over, in the order in which they were made."""
        return list(self._read().values())

    def revoke(self, token_id: str) -> Token:
        """Make a token worthless from now on; raise `ConfigurationError` when there is no such token."""
        known = dict(self._read())
        if token_id not in known:
            raise ConfigurationError(f"there is no token {token_id}", hint="`provisioning token list` shows them")
        gone = known.pop(token_id)
        self._write(list(known.values()))
        return gone

    def find(self, text: str) -> Token | None:
        """Return the token whose text this is, unless its time is over; takes as long for a wrong one."""
        prefix, _, rest = text.partition("_")
        token_id, _, secret = rest.partition("_")
        token = self._read().get(token_id)
        is_same = hmac.compare_digest(_digest(secret), token.digest if token else _NOBODY)
        if token is None or not is_same or prefix != _PREFIX or token.is_expired(self._clock()):
            return None
        return token

    def _read(self) -> Mapping[str, Token]:
        try:
            seen = self._path.stat()
            mark = seen.st_mtime_ns, seen.st_ino
            if mark != self._seen:
                listed = json.loads(self._path.read_text(encoding="utf-8"))
                self._known = {one["id"]: Token(**{**one, "scope": Scope(one["scope"])}) for one in listed}
                self._seen = mark
        except FileNotFoundError:
            self._known, self._seen = {}, None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise self._unusable(error) from error
        return self._known

    def _write(self, tokens: Sequence[Token]) -> None:
        """Replace the file as a whole, so that nobody ever reads half of it."""
        text = json.dumps([{**asdict(token), "scope": str(token.scope)} for token in tokens], indent=2)
        new = self._path.with_name(f"tokens.{secrets.token_hex(4)}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(text + "\n")
            new.replace(self._path)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> ConfigurationError:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not what this program wrote"
        return ConfigurationError(
            f"the tokens in {self._path} cannot be used: {reason}", hint="mend or delete the file; nobody is let in"
        )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
