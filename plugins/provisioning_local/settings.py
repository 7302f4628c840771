"""The settings of one provider instance, read from its own keys of the configuration."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

__all__ = ["AUTO", "DOCKER", "PROCESS", "Command", "Settings", "is_text", "is_variable"]

AUTO = "auto"
DOCKER = "docker"
PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Command:
    """What a server runs: a program with its arguments, and the variables added to its environment."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]

    @classmethod
    def from_config(cls, value: Any) -> "Command":
        """Read `[program, argument...]` or `{command = [...], env = {...}}`; raise `ValueError` for anything else."""
        fields = value if isinstance(value, Mapping) else {"command": value}
        arguments, environment = fields.get("command"), fields.get("env", {})
        if unknown := sorted(set(fields) - {"command", "env"}):
            raise ValueError(f"has the unknown key {unknown[0]!r}")
        if not isinstance(arguments, list | tuple) or not arguments or not all(is_text(a) for a in arguments):
            raise ValueError("needs a command: a list of a program and its arguments, all of them text")
        if not isinstance(environment, Mapping) or not all(is_variable(*item) for item in environment.items()):
            raise ValueError("needs an env of names and texts")
        return cls(tuple(arguments), dict(environment))


def is_text(value: Any) -> bool:
    """Whether this is a text that a program can be given."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def is_variable(name: Any, value: Any) -> bool:
    """Whether an environment can hold this."""
    return is_text(name) and name != "" and "=" not in name and is_text(value)


@dataclass(frozen=True, slots=True)
class Settings:
    """How one instance is used; times in seconds. `images` holds what the configuration adds, as it came."""

    driver: str
    docker_socket: str
    network_mode: str
    default_image: str | None
    pull: bool
    directory: str | None
    images: Mapping[str, Any]
    start_timeout: float
    stop_timeout: float

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Settings":
        """Read the instance's own keys, which were checked against `config.schema.json`."""
        return cls(
            driver=config.get("driver", PROCESS),
            docker_socket=config.get("docker_socket", "/var/run/docker.sock").removeprefix("unix://"),
            network_mode=config.get("network_mode", "bridge"),
            default_image=config.get("default_image"),
            pull=config.get("pull", False),
            directory=config.get("directory"),
            images=dict(config.get("images", {})),
            start_timeout=float(config.get("start_timeout", 10)),
            stop_timeout=float(config.get("stop_timeout", 5)),
        )

    def root(self, instance: str, workspace: str) -> Path:
        """Return where this instance's servers live, absolute and without links.

        Free of links, because processes are recognised by paths in it.
        """
        if self.directory is not None:
            return _real(os.path.join(workspace, os.path.expanduser(self.directory)))  # noqa: PTH111, PTH118 - as below
        from platformdirs import user_state_path  # noqa: PLC0415 - only where no directory is set

        folder = quote(instance, safe="")
        if not folder.strip("."):
            folder = folder.replace(".", "%2E")
        return _real(user_state_path("provisioning", appauthor=False) / "local" / folder)


def _real(path: str | Path) -> Path:
    """Resolve a path the way that fails for nothing: pathlib's raises for a circle of links."""
    return Path(os.path.realpath(path))
