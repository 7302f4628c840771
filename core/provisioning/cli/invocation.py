"""One invocation of the command: what its common options say, wherever on the line they stood."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from provisioning.app import App
    from provisioning.cli.provisioner import Provisioner

__all__ = ["Invocation", "Output", "pass_invocation"]

INPUTS = "inputs."
CERTIFICATES_VARIABLE = "PROVISIONING_CA_FILE"
TOKEN_VARIABLE = "PROVISIONING_TOKEN"  # noqa: S105 - its name, not a token


class Output(StrEnum):
    """The two forms of an answer."""

    TABLE = "table"
    """For people, and for `grep` and `awk` when it is piped."""
    JSON = "json"
    """One JSON document."""


def _new_id() -> str:
    import uuid

    return str(uuid.uuid4())


@dataclass(slots=True)
class Invocation:
    """The settings of one invocation, merged from every level of the command line in the order they stood.

    `streams` says that the answer is JSON lines, so that everything stands on one line. `clock` gives seconds since
    the epoch, `new_id` the id of this request. `opened` are the applications that were opened, where they are profiled.
    """

    output: Output = Output.TABLE
    assignments: list[tuple[str, str]] = field(default_factory=list)
    environment: str | None = None
    workspace: str | None = None
    extension_paths: list[str] = field(default_factory=list)
    safe_mode: bool = False
    without: list[str] = field(default_factory=list)
    only: list[str] = field(default_factory=list)
    strict: bool = False
    profile_extensions: bool = False
    verbose: bool = False
    log_format: str | None = None
    server: str | None = None
    streams: bool = False
    clock: Callable[[], float] = time.time
    new_id: Callable[[], str] = _new_id
    opened: list["App"] = field(default_factory=list)

    @property
    def is_json(self) -> bool:
        """Whether the answer is wanted as JSON."""
        return self.output is Output.JSON

    @property
    def overrides(self) -> list[str]:
        """The `--set KEY=VALUE` that change the configuration, in their order."""
        return [f"{key}={value}" for key, value in self.assignments if not key.startswith(INPUTS)]

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs of the workflow: each `--set inputs.NAME=VALUE`, read as a TOML value where it is one.

        Raises ConfigurationError for what is no key, and a usage error where two of them contradict each other.
        """
        inputs: dict[str, Any] = {}
        for key, text in self.assignments:
            if key.startswith(INPUTS):
                _place(inputs, key, text)
        return inputs

    def again(self, *words: str) -> str:
        """Return a command line that a person can paste: these words, in the same workspace, the same extensions."""
        import shlex

        line = ["provisioning", *words]
        line += ["--workspace", self.workspace] if self.workspace else []
        line += ["--server", self.server] if self.server else []
        line += ["--env", self.environment] if self.environment else []
        repeated = {"--extension-path": self.extension_paths, "--without": self.without, "--only": self.only}
        for option, values in repeated.items():
            line += [word for value in values for word in (option, value)]
        line += ["--safe-mode"] if self.safe_mode else []
        line += ["--strict"] if self.strict else []
        return shlex.join(line)

    def application(self) -> "type[App]":
        """Return the class of the application that is opened."""
        from provisioning.app import App

        return App

    def connect(self, *, takes_inputs: bool = False) -> "Provisioner":
        """Return the application that the command means: the one at `--server`, or the one of the workspace here."""
        if self.server is None:
            return self.open(takes_inputs=takes_inputs)
        self._begin(takes_inputs=takes_inputs)
        from pathlib import Path

        from provisioning.client import Client

        if self.overrides:
            raise click.UsageError("--set changes settings here; those of a server are its own.")
        certificates = os.environ.get(CERTIFICATES_VARIABLE)
        return Client(
            self.server,
            token=os.environ.get(TOKEN_VARIABLE),
            certificates=Path(certificates) if certificates else None,
        )

    def open(self, *, takes_inputs: bool = False) -> "App":
        """Open the application in the workspace; raise a usage error for inputs that the command does not take."""
        if self.server is not None:
            raise click.UsageError("this command works in a workspace here; leave out --server.")
        self._begin(takes_inputs=takes_inputs)
        app = self.application().open(
            self.workspace,
            environment=self.environment,
            overrides=self.overrides,
            extension_paths=self.extension_paths,
            safe_mode=self.safe_mode,
            without=self.without,
            only=self.only,
            strict=self.strict,
            profile_extensions=self.profile_extensions,
        )
        if self.profile_extensions:
            self.opened.append(app)
        return app

    def _begin(self, *, takes_inputs: bool) -> None:
        given = [key for key, _ in self.assignments if key.startswith(INPUTS)]
        if given and not takes_inputs:
            raise click.UsageError(f"--set {given[0]}: this command takes no inputs; only a workflow has them.")
        if self.verbose or self.log_format:
            from provisioning.cli.logs import log_to_stderr

            log_to_stderr(as_json=self.log_format == "json", verbose=self.verbose)


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)


def _place(inputs: dict[str, Any], key: str, text: str) -> None:
    """Put the value at its key; raise a usage error where a value stands in the way."""
    from provisioning.config.written import written_value
    from provisioning.source import split_key

    *names, last = split_key(key)[1:]
    for name in names:
        below = inputs.setdefault(name, {})
        if not isinstance(below, dict):
            raise click.UsageError(f"--set {key}: '{name}' has a value already, it cannot hold others.")
        inputs = below
    inputs[last] = written_value(text)
