"""The workspace: the folder that holds a project's configuration and its journal."""

from pathlib import Path

from platformdirs import user_cache_path, user_config_path

__all__ = ["DEFAULTS_FILE", "USER_FILE", "environment_file", "find_workspace", "user_cache_folder", "user_config_file"]

DEFAULTS_FILE = "config.defaults.toml"
USER_FILE = "config.user.toml"


def find_workspace(start: Path) -> Path:
    """Return the nearest folder upwards from `start` that holds a configuration file, else `start` itself."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / DEFAULTS_FILE).is_file() or (folder / USER_FILE).is_file():
            return folder
    return start


def environment_file(name: str) -> str:
    """Return the name of the file of an environment: `config.production.toml`."""
    return f"config.{name}.toml"


def user_config_file() -> Path:
    """Return the file of the user's own settings, for all workspaces."""
    return user_config_path("provisioning") / "config.toml"


def user_cache_folder() -> Path | None:
    """Return the folder of what can be made again, for all workspaces; None for a user who has no home."""
    folder = user_cache_path("provisioning")
    return folder if folder.is_absolute() else None
