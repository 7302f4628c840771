"""What a reference may name outside the configuration: `env`, `file`, `now`, `git`, and secrets of extensions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from provisioning.config import git
from provisioning.config.secret import looks_secret
from provisioning.errors import ConfigurationError, ProvisioningError
from provisioning.source import read_text
from provisioning.template import PathReader, UnknownReference, UnusableValue

__all__ = ["GIT_NAMES", "NOW_NAMES", "ROOTS", "Resolver", "Surroundings"]

ROOTS = ("env", "file", "now", "git")
GIT_NAMES = ("branch", "commit")
NOW_NAMES = ("date", "time", "datetime", "year", "month", "day", "hour", "minute", "second", "timestamp")

Resolver = Callable[[str], str]
"""Returns the secret at a path of an extension's; raises any `ProvisioningError`."""

_LARGEST_FILE = 1024 * 1024  # bytes; what is named is a token or a key, not a disk image


@dataclass(frozen=True)
class Surroundings:
    """The process and the workspace around a configuration. The clock is read once, when it is first asked for.

    `resolvers` are the roots that extensions answer for; None while nobody knows yet which extensions there are.
    """

    workspace: Path
    environ: Mapping[str, str]
    clock: Callable[[], datetime]
    resolvers: Mapping[str, Resolver] | None = None

    @property
    def roots(self) -> Sequence[str]:
        """Every first name of a reference that is answered for here."""
        return (*ROOTS, *(self.resolvers or ()))

    def table(self, root: str, on_secret: Callable[[str], None]) -> Mapping[str, Any] | PathReader:
        """Return what a reference to `root` looks into; `on_secret` is told each secret read from it."""
        if self.resolvers is not None and root in self.resolvers:
            return _Secrets(self.resolvers[root], on_secret)
        if root == "env":
            return _Environment(self.environ, on_secret)
        if root == "file":
            return _Files(self.workspace, on_secret)
        return self.now if root == "now" else _Git(self.workspace)

    @cached_property
    def now(self) -> Mapping[str, Any]:
        """The moment of the first look, in UTC, in the forms that may be named."""
        moment = self.clock()
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        whole = moment.replace(microsecond=0)
        numbers = {name: getattr(whole, name) for name in ("year", "month", "day", "hour", "minute", "second")}
        return {
            "date": whole.date().isoformat(),
            "time": whole.time().isoformat(),
            "datetime": whole.isoformat().replace("+00:00", "Z"),
            "timestamp": int(whole.timestamp()),
            **numbers,
        }


@dataclass(frozen=True, slots=True)
class _Environment(Mapping[str, str]):
    """The environment variables."""

    environ: Mapping[str, str]
    on_secret: Callable[[str], None]

    def __getitem__(self, name: str) -> str:
        value = self.environ[name]
        if looks_secret(name):
            self.on_secret(value)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.environ)

    def __len__(self) -> int:
        return len(self.environ)


@dataclass(frozen=True, slots=True)
class _Files(Mapping[str, str]):
    """The texts of files, by their paths from the workspace; every one of them is a secret."""

    workspace: Path
    on_secret: Callable[[str], None]

    def __getitem__(self, name: str) -> str:
        try:
            text = read_text(self.workspace / Path(name).expanduser(), limit=_LARGEST_FILE).strip()
        except (ConfigurationError, RuntimeError) as error:
            hint = 'put quotes around a path with dots or slashes: {{file["secrets/token.txt"]}}'
            raise UnknownReference(f"{{{{file[{name!r}]}}}}: {error}", reference=name, hint=hint) from error
        self.on_secret(text)
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class _Secrets(PathReader):
    """The secrets that one resolver answers for; every one of them is one, whatever it is called."""

    resolve: Resolver
    on_secret: Callable[[str], None]

    def read(self, path: Sequence[str | int], reference: str) -> str:
        if not path:
            hint = f'name the secret: {{{{{reference}.name}}}} or {{{{{reference}["path/to/it"]}}}}'
            raise UnusableValue(f"{{{{{reference}}}}} names no secret", reference=reference, hint=hint)
        try:
            secret = self.resolve("/".join(map(str, path)))
        except ProvisioningError as error:
            raise UnknownReference(
                f"{{{{{reference}}}}}: {error.message}", reference=reference, hint=error.hint
            ) from error
        self.on_secret(secret)
        return secret


@dataclass(frozen=True, slots=True)
class _Git(Mapping[str, str]):
    """What git says about the workspace."""

    workspace: Path

    def __getitem__(self, name: str) -> str:
        if name not in GIT_NAMES:
            raise KeyError(name)
        try:
            return git.branch(self.workspace) if name == "branch" else git.commit(self.workspace)
        except git.GitError as error:
            raise UnknownReference(f"{{{{git.{name}}}}}: {error}", reference=f"git.{name}") from error

    def __iter__(self) -> Iterator[str]:
        return iter(GIT_NAMES)

    def __len__(self) -> int:
        return len(GIT_NAMES)
