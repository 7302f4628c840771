"""The extension's one plugin: it opens the journal that a URL names."""

from provisioning.contract import Journal, hookimpl
from provisioning_postgres.journal import open_journal

__all__ = ["PostgresPlugin"]


class PostgresPlugin:
    """Answers for the URLs that begin with `postgresql:`."""

    @hookimpl
    def open_store(self, url: str) -> Journal:
        """Open the journal on a server, and make it where there is none."""
        return open_journal(url)
