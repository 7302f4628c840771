"""Resolving `{{references}}` in the configuration: one value at a time, when it is read, and each only once."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from provisioning.config.merge import value_at
from provisioning.config.surroundings import Surroundings
from provisioning.errors import ConfigurationError, Problem
from provisioning.source import Path, dotted
from provisioning.template import TemplateError, UnknownReference, resolve_value

__all__ = ["Interpolation", "Resolved"]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A value with its references resolved, and whether it is or holds a secret."""

    value: Any
    is_secret: bool


@dataclass(frozen=True)
class Interpolation:
    """The merged tables, and what their references lead to.

    `is_secret` says whether a key by itself means a secret; `on_secret` is told every secret value that is met;
    `problem` makes a problem with the place of a key.
    """

    data: Mapping[str, Any]
    surroundings: Surroundings
    is_secret: Callable[[Path], bool]
    on_secret: Callable[[Any], None]
    problem: Callable[[Path, str, str | None], Problem]
    known: dict[Path, Resolved] = field(default_factory=dict, repr=False)

    def resolve(self, path: tuple[str, ...]) -> Resolved:
        """Return the value at a path that exists; raises ConfigurationError for a reference that leads nowhere."""
        reading = _Reading(self)
        with reading.frame(()) as frame:
            value = reading.value(path)
        return Resolved(value, frame.is_secret)

    def lookup(self, root: str) -> Any:
        """Return what a reference's first name stands for; raises KeyError for a name that is not known here.

        The table that comes back resolves its values as they are asked for.
        """
        return _Roots(_Reading(self))[root]


@dataclass(slots=True)
class _Frame:
    """A key that is being resolved; `is_secret` turns true when a secret goes into it."""

    path: Path
    is_secret: bool = False


@dataclass(slots=True)
class _Reading:
    """One walk from a key to whatever its references lead to, so that a walk in a circle is seen."""

    owner: Interpolation
    frames: list[_Frame] = field(default_factory=list)

    @contextmanager
    def frame(self, path: Path) -> Iterator[_Frame]:
        frame = _Frame(path)
        self.frames.append(frame)
        try:
            yield frame
        finally:
            self.frames.pop()

    def value(self, path: tuple[str, ...]) -> Any:
        raw = value_at(self.owner.data, path)
        if isinstance(raw, dict):
            return {key: self.value((*path, key)) for key in raw}
        return self.leaf(path, raw)

    def leaf(self, path: tuple[str, ...], raw: Any) -> Any:
        done = self.owner.known.get(path)
        if done is None:
            done = self._resolve(path, raw)
            self.owner.known[path] = done
        if done.is_secret:
            self.mark()
        return done.value

    def note_secret(self, value: str) -> None:
        """Remember a secret that was read from outside, and that what is being resolved holds it."""
        self.owner.on_secret(value)
        self.mark()

    def mark(self) -> None:
        """Remember that what is being resolved holds a secret."""
        if self.frames:
            self.frames[-1].is_secret = True

    def _resolve(self, path: tuple[str, ...], raw: Any) -> Resolved:
        self._check_circle(path)
        with self.frame(path) as frame:
            try:
                value = resolve_value(raw, _Roots(self))
            except TemplateError as error:
                problem = self.owner.problem((*path, *error.path), error.message, error.hint)
                raise ConfigurationError.from_problems("the configuration", [problem]) from error
        is_secret = frame.is_secret or self.owner.is_secret(path)
        if is_secret:
            self.owner.on_secret(value)
        return Resolved(value, is_secret)

    def _check_circle(self, path: Path) -> None:
        paths = [frame.path for frame in self.frames]
        if path not in paths:
            return
        circle = [*paths[paths.index(path) :], path]
        message = f"refers to itself: {' -> '.join(map(dotted, circle))}"
        problem = self.owner.problem(path, message, "let one of these keys hold a value of its own")
        raise ConfigurationError.from_problems("the configuration", [problem])


@dataclass(frozen=True, slots=True)
class _Roots(Mapping[str, Any]):
    """The first names of references: the sections of the configuration, and what is outside it."""

    reading: _Reading

    def __getitem__(self, root: str) -> Any:
        owner = self.reading.owner
        if root in owner.surroundings.roots:
            return owner.surroundings.table(root, self.reading.note_secret)
        if root not in owner.data and owner.surroundings.resolvers is None:
            raise UnknownReference(
                f"there is no {root} before extensions are found, and this is read to find them",
                reference=root,
                hint=f"it can name {', '.join(self)}, and no secret that an extension resolves",
            )
        return _Section(self.reading, ())[root]

    def __iter__(self) -> Iterator[str]:
        return iter((*self.reading.owner.data, *self.reading.owner.surroundings.roots))

    def __len__(self) -> int:
        return len(list(iter(self)))


@dataclass(frozen=True, slots=True)
class _Section(Mapping[str, Any]):
    """A table of the configuration whose values are resolved as they are asked for."""

    reading: _Reading
    path: tuple[str, ...]

    def __getitem__(self, key: str) -> Any:
        path = (*self.path, key)
        raw = value_at(self.reading.owner.data, path)
        return _Section(self.reading, path) if isinstance(raw, dict) else self.reading.leaf(path, raw)

    def __iter__(self) -> Iterator[str]:
        return iter(value_at(self.reading.owner.data, self.path))

    def __len__(self) -> int:
        return len(value_at(self.reading.owner.data, self.path))
