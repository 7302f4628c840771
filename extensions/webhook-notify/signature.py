"""The signature of a post: whoever has the secret can tell that it is ours, whole, and not an old one sent again.

The scheme is that of Stripe (https://docs.stripe.com/webhooks#verify-manually): an HMAC-SHA256 over the time, a full
stop and the body. The time is part of what is signed, so that a receiver can refuse what is too old; each attempt is
signed anew.
"""

import hashlib
import hmac

__all__ = ["signature_of"]


def signature_of(secret: str, timestamp: int, body: bytes) -> str:
    """Return `t=TIMESTAMP,v1=HEX`; the timestamp is seconds since the epoch."""
    signed = hmac.new(secret.encode(), b"%d.%b" % (timestamp, body), hashlib.sha256)
    return f"t={timestamp},v1={signed.hexdigest()}"
