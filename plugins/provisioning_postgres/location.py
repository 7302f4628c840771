"""Where the journal is: the URL taken apart into what PostgreSQL's client knows, and what is ours."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from provisioning.errors import ConfigurationError

__all__ = ["Location"]

PATIENCE = 60.0
"""How long one waits for a server that does not answer, in seconds, when the URL does not say."""


@dataclass(frozen=True, slots=True)
class Location:
    """`conninfo` is for the client; `schema` holds our tables; `patience` is in seconds; `name` has no password."""

    conninfo: str
    schema: str
    patience: float
    name: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a URL; `schema` and `patience` among its parameters are ours, all others the client's.

        Raises `ConfigurationError` for a URL that cannot be one.
        """
        try:
            parts = urlsplit(url)
            parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
            schema = parameters.pop("schema", "provisioning")
            patience = float(parameters.pop("patience", PATIENCE))
            user = f"{parts.username}@" if parts.username else ""
            port = f":{parts.port}" if parts.port else ""
        except ValueError as error:
            raise _unusable(str(error)) from error
        if not schema.isidentifier() or not schema.isascii() or len(schema) > 40 or schema != schema.lower():
            raise _unusable(f"its schema {schema!r} is not a name of small letters, digits and '_'")
        if not 0 <= patience < float("inf"):
            raise _unusable(f"its patience {patience!r} is not a number of seconds")
        conninfo = urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(parameters), ""))
        name = f"{parts.scheme}://{user}{parts.hostname or parameters.get('host', '')}{port}{parts.path}"
        return cls(conninfo, schema, patience, f"{name}?schema={schema}")


def _unusable(reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"the PostgreSQL URL in [store] url cannot be used: {reason}",
        hint="write postgresql://USER:PASSWORD@HOST/DATABASE, and behind it ?schema=NAME&patience=SECONDS where needed",
    )
