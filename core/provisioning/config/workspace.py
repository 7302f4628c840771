"""The workspace: the folder that holds a project's configuration and its journal."""

from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path, user_config_path

__all__ = ["DEFAULTS_FILE", "USER_FILE", "environment_file", "find_workspace", "user_cache_folder", "user_config_file"]

DEFAULTS_FILE = "config.defaults.toml"
USER_FILE = "config.user.toml"
_NOWHERE = Path("/nonexistent/home/provisioning")


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
    return _of_user(user_config_path) / "config.toml"


def user_cache_folder() -> Path:
    """Return the folder of what can be made again, for all workspaces."""
    return _of_user(user_cache_path)


def _of_user(find: Callable[[str], Path]) -> Path:
    """Return a folder of the user's; one that is never there for a user who has no home."""
    try:
        folder = find("provisioning")
    except RuntimeError:  # nobody says where the home is: older platformdirs answer with a relative path instead
        return _NOWHERE
    return folder if folder.is_absolute() else _NOWHERE
