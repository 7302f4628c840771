"""A store: the journal of the core, in another file and with another `synchronous` mode of SQLite.

`sqlite-tuned:///srv/journals/team.db?synchronous=NORMAL` gives up that the last commits outlive a loss of power, and
so the promise that nothing leaks: for tests and throw-away servers. It is built on `provisioning.store`, which is no
part of the hook interface and may change; a store of another kind needs the contract alone.
"""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from provisioning import ConfigurationError, ExtensionContext, Journal, hookimpl
from provisioning.store import open_journal


class Plugin:
    """Opens the journal."""

    @hookimpl
    def open_store(self, url: str, context: ExtensionContext) -> Journal:
        """Open the file that the URL names; a relative one stands in the workspace."""
        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        synchronous = options.pop("synchronous", "FULL")
        path = unquote(parts.path.removeprefix("/"))
        if options or parts.netloc or not path:
            raise ConfigurationError(
                "the store's URL is not understood", hint="write sqlite-tuned:///PATH?synchronous=NORMAL"
            )
        return open_journal(context.directory / Path(path), synchronous=synchronous)
