"""Which names mean a secret.

The last word of a name decides, words being parted by `_`, `-`, `.`, spaces and capitals: `db_password`,
`AWS_SECRET_ACCESS_KEY`, `clientSecret` and `PGPASSWORD` mean secrets; `token_url`, `password_file`,
`credentials_profile`, `access_key_id`, `public_key` and `key_pairs` do not, as their last word says what they are.
Tokens that only mark a place or a request - `client_token`, `page_token`, ... - are no secrets either.
"""

import re
from functools import lru_cache

__all__ = ["looks_secret"]

_WORD_ENDS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
)
_KEYS = frozenset({"api", "access", "private", "secret", "signing", "encryption", "auth", "master"})
_HARMLESS_TOKENS = frozenset({"client", "idempotency", "next", "page", "continuation", "cancellation", "lease", "max"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@lru_cache(maxsize=4096)
def looks_secret(name: str) -> bool:
    """Whether a value of this name is to be hidden."""
    words = [word.lower() for word in _WORDS.findall(name)]
    while words and words[-1].isdigit():
        words.pop()  # token2 is a token
    if not words:
        return False
    before = words[-2] if len(words) > 1 else ""
    if words[-1] in {"pwd", "pass"}:
        return bool(before)  # PWD alone is a folder
    last = str(words[-1]).removesuffix("s")
    if last == "key":
        return before in _KEYS
    if last == "token" and before in _HARMLESS_TOKENS:
        return False
    return last.endswith(_WORD_ENDS)
