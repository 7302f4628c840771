"""A config source: what a team shares, in one TOML file, weaker than every file of the workspace."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from provisioning import ConfigurationError, ExtensionContext, hookimpl


class Plugin:
    """Reads the file when the configuration is first needed."""

    @hookimpl
    def load_config(self, context: ExtensionContext) -> Mapping[str, Any]:
        """Return what the file says."""
        file = context.directory / Path(context.options["file"]).expanduser()
        try:
            return tomllib.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"the shared configuration {file} cannot be read: {error}") from error
