"""The first files of a workspace."""

from pathlib import Path

from provisioning.config import write_starter
from provisioning.errors import ConfigurationError

__all__ = ["init_workspace"]

WORKFLOW_FILE = "hello.toml"
_WORKFLOW = """\
# A first workflow: one server, and a check that it answers.
#   provisioning workflow plan hello.toml
#   provisioning workflow run hello.toml
name = "hello"

[[operations]]
id = "web"
kind = "server_create"
provider = "local"
parameters = { name = "hello-1", size = "small", user_data = "hello, world" }

[[operations]]
id = "check"
kind = "http_request"
timeout = 30
[operations.parameters]
url = "{{operations.web.result.raw.url}}"
poll = 0.2
expect = { status = 200, body_contains = "hello, world" }

[outputs]
url = "{{operations.web.result.raw.url}}"
"""


def init_workspace(folder: str | Path) -> list[Path]:
    """Write a commented configuration and a first workflow into a folder; return what was written.

    The folder is made when it is not there. Raises `ConfigurationError` when one of the files exists already, with
    nothing written.
    """
    folder = Path(folder)
    workflow = folder / WORKFLOW_FILE
    if workflow.exists():
        raise ConfigurationError(f"{workflow} exists already", hint="take another folder, or move it away")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = write_starter(folder)
        with workflow.open("x", encoding="utf-8") as file:
            file.write(_WORKFLOW)
    except OSError as error:
        raise ConfigurationError(f"{folder}: cannot be written: {error.strerror}") from error
    return [written, workflow]
