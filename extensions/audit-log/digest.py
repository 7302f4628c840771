"""The digest of an operation's parameters: enough to see that two calls were the same, and not what they said."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["digest_of"]


def digest_of(parameters: Mapping[str, Any], key: str | None = None) -> str:
    """Return the SHA-256 of the parameters' canonical JSON, which is the digest that the journal keeps.

    With a key it is an HMAC, which nobody can find by trying values without knowing the key.
    """
    text = json.dumps(parameters, sort_keys=True, separators=(",", ":"), default=str).encode()
    if key is None:
        return f"sha256:{hashlib.sha256(text).hexdigest()}"
    return f"hmac-sha256:{hmac.new(key.encode(), text, hashlib.sha256).hexdigest()}"
