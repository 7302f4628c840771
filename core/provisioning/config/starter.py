"""The first configuration file of a workspace: every common setting, explained, and switched off."""

from pathlib import Path
from typing import Final

from provisioning.config.workspace import USER_FILE
from provisioning.errors import ConfigurationError

__all__ = ["STARTER", "write_starter"]

STARTER: Final = """\
# Settings of this workspace. Remove the "#" before a line to change what it shows: the default, or an example.
# Stronger than this file: config.<environment>.toml, variables PROVISIONING__SECTION__KEY, and --set KEY=VALUE.
# Where a setting comes from: provisioning config explain workflow.parallelism

# [workflow]
# parallelism = 10                  # how many operations run at once
# on_failure = "rollback"           # rollback | stop | continue
# timeout = 600                     # seconds that one operation may take
# retry = { attempts = 3, initial_delay = 1.0, factor = 2.0, max_delay = 60.0, jitter = 0.1 }

# [store]
# url = "sqlite:///.provisioning/journal.db"   # the journal, in this folder

# A provider instance. Its name is what workflows say; "type" is the provider, the name itself when left out.
# [providers.local]
# max_parallel = 4                  # operations that use it at once
# requests_per_second = 10          # calls to it in a second
# timeout = 60                      # seconds that one call may take

# Keep a secret out of this file: name the variable or the file that holds it.
# [providers.my-cloud]
# type = "my-cloud"
# api_token = "{{env.MY_CLOUD_TOKEN}}"
# ssh_key = '{{file["secrets/ssh_key"]}}'

# Values of your own, for references like {{vars.region}} here and in workflows.
# [vars]
# region = "eu-west-1"
# release = "{{git.branch}}-{{now.date}}"

# [extensions]
# paths = ["extensions"]            # further folders that hold extensions
"""


def write_starter(workspace: Path) -> Path:
    """Create `config.user.toml` in the workspace and return its path.

    Raises ConfigurationError when there is one already, or when the folder cannot be written.
    """
    path = workspace / USER_FILE
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(STARTER)
    except FileExistsError as error:
        if not workspace.is_dir():
            raise ConfigurationError(f"{workspace}: is a file, not a folder", hint="name a folder") from error
        raise ConfigurationError(
            f"{path}: exists already, and is left as it is", hint="edit it, or move it away first"
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"{path}: cannot be written: {error.strerror or error}", hint="check the folder's permissions"
        ) from error
    return path
