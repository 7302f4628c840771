"""The extension's one plugin: it opens the journal that a URL names."""

from provisioning.contract import Journal, hookimpl
from provisioning.errors import ConfigurationError

__all__ = ["PostgresPlugin"]


class PostgresPlugin:
    """Answers for the URLs that begin with `postgresql:`."""

    @hookimpl
    def open_store(self, url: str) -> Journal:
        """Open the journal on a server, and make it where there is none."""
        try:
            from provisioning_postgres.journal import open_journal  # noqa: PLC0415 - the client is an extra
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"[store] url names a PostgreSQL server, and {error.name} is not installed",
                hint="pip install 'provisioning[postgres]'",
            ) from error
        return open_journal(url)
