"""The configuration: all layers laid over each other, read key by key."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import takewhile
from pathlib import Path as FolderPath
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel

from provisioning.config.checking import mistakes, problems_of_layer
from provisioning.config.interpolation import Interpolation, Resolved
from provisioning.config.layers import Layer, LayerDocument
from provisioning.config.merge import leaves, merged, value_at
from provisioning.config.provenance import Explanation, Setting
from provisioning.config.redaction import MASK, Redactor
from provisioning.config.secret import looks_secret
from provisioning.config.settings import (
    EngineSettings,
    ExtensionsSettings,
    ProviderSettings,
    ProviderTable,
    StoreSettings,
    WorkflowSettings,
)
from provisioning.config.surroundings import Surroundings
from provisioning.errors import ConfigurationError, Problem
from provisioning.source import Path, dotted, split_key
from provisioning.template import TemplateError, has_references, near_matches, parse

__all__ = ["Configuration"]

_Model = TypeVar("_Model", bound=BaseModel)
_SQLITE = "sqlite:///"
_SECTIONS: Mapping[str, type[BaseModel]] = {
    "store": StoreSettings,
    "engine": EngineSettings,
    "workflow": WorkflowSettings,
    "extensions": ExtensionsSettings,
}


class Configuration:
    """What all layers say, as one.

    References are resolved when a value is read, and only then, so a key that nobody reads may name a variable that
    is not set. Every reader raises ConfigurationError with the key, its file and its line. May be read by many
    threads.
    """

    def __init__(
        self,
        layers: Sequence[LayerDocument],
        surroundings: Surroundings,
        *,
        unread: Sequence[Problem] = (),
        redactor: Redactor | None = None,
    ) -> None:
        self.layers = tuple(layers)
        self.workspace = surroundings.workspace
        self.redactor = redactor or Redactor()
        self._unread = tuple(unread)
        self._roots = surroundings.roots
        self._marked: set[Path] = set()
        self._data: dict[str, Any] = {}
        for layer in self.layers:
            self._data = merged(self._data, layer.data)
        self._interpolation = Interpolation(
            self._data, surroundings, self._is_secret_key, self.redactor.add, self._problem_at
        )
        self._hide_written_secrets()

    # -- reading --------------------------------------------------------------------------------------------------

    def get(self, key: str) -> Any:
        """Return the value of a dotted key, a whole table for a section; raises ConfigurationError when missing."""
        return self._interpolation.resolve(self._existing(key)).value

    def keys(self) -> list[str]:
        """Return the dotted key of every value, weakest layer's order first."""
        return [dotted(path) for path, _ in leaves(self._data)]

    def show(self) -> dict[str, Any]:
        """Return everything, resolved and with secrets hidden.

        A value that cannot be resolved is shown as written; `validate` says why.
        """
        return {section: self._shown((section,), value) for section, value in self._data.items()}

    def explain(self, key: str) -> Explanation:
        """Say where the value of `key` comes from: the layer that won, and every layer that sets it."""
        path = self._existing(key)
        problem = None
        try:
            is_secret = self._interpolation.resolve(path).is_secret
        except ConfigurationError as error:
            is_secret, problem = self._is_secret_key(path), error.problems[0] if error.problems else None
        value = self._shown(path, value_at(self._data, path))
        return Explanation(dotted(path), value, is_secret, tuple(self._history(path)), problem)

    def written(self, *names: str) -> Any:
        """Return what the strongest layer says at a key, references left as they are; None when no layer does."""
        return value_at(self._data, names, None)

    def shown_as_written(self, *names: str) -> Any:
        """Return what `written` does with secrets hidden, and nothing else read for it."""
        raw = self.written(*names)
        return None if raw is None else self._as_written(names, raw)

    def lookup(self, root: str) -> Any:
        """Return what the first name of a reference stands for here: a section, or what is outside it.

        For resolving references elsewhere, in a workflow; secrets met on the way become known to `redactor`. Raises
        KeyError for any other name.
        """
        return self._interpolation.lookup(root)

    # -- checking -------------------------------------------------------------------------------------------------

    def check(self, *, with_references: bool = True) -> list[Problem]:
        """Return what is wrong with what is written, in all layers, without resolving anything.

        References are to be looked at when everything that they may name is there.
        """
        written = [layer for layer in self.layers if layer.layer is not Layer.BUILT_IN]
        roots = self._roots if with_references else None
        return [
            *self._unread,
            *(problem for layer in written for problem in problems_of_layer(layer, self._data, roots)),
        ]

    def validate(self) -> list[Problem]:
        """Return everything that is wrong: with what is written, and with what each reference leads to."""
        problems = self.check()
        for path, _ in leaves(self._data):
            try:
                self._interpolation.resolve(path)
            except ConfigurationError as error:
                problems += error.problems
        return list(dict.fromkeys([*problems, *self._problems_of_sections()]))

    def problem(self, key: str | Sequence[str | int], message: str, hint: str | None = None) -> Problem:
        """Make a problem of a key, with the file and line where its winning value is written."""
        return self._problem_at(split_key(key) if isinstance(key, str) else tuple(key), message, hint)

    def mark_secret(self, key: str) -> None:
        """Treat the value of `key` as a secret, because a schema says that it is one."""
        path = split_key(key)
        self._marked.add(path)
        for known in [known for known in self._interpolation.known if known[: len(path)] == path]:
            resolved = self._interpolation.known[known]
            self._interpolation.known[known] = Resolved(resolved.value, is_secret=True)
            self.redactor.add(resolved.value)
        self._hide_written_secrets()

    # -- the sections ---------------------------------------------------------------------------------------------

    @cached_property
    def store(self) -> StoreSettings:
        """Where the journal is kept; a relative SQLite path has become an absolute one in the workspace."""
        settings = self._section(("store",), StoreSettings)
        location = settings.url.removeprefix(_SQLITE)
        if location == settings.url or location.startswith((":memory:", "/")) or not location:
            return settings
        return settings.model_copy(update={"url": f"{_SQLITE}{self.workspace / location}"})

    @cached_property
    def engine(self) -> EngineSettings:
        """What runs the operations."""
        return self._section(("engine",), EngineSettings)

    @cached_property
    def workflow(self) -> WorkflowSettings:
        """How workflows run where their documents do not say."""
        return self._section(("workflow",), WorkflowSettings)

    @cached_property
    def extensions(self) -> ExtensionsSettings:
        """Which extensions are looked for; their folders are absolute paths.

        Their options are not among it: those of one extension are resolved when it is used.
        """
        names = [name for name in self._data["extensions"] if name != "options"]
        table = {name: self._interpolation.resolve(("extensions", name)).value for name in names}
        settings = self._model(("extensions",), ExtensionsSettings, table)
        folders = [str(self.workspace / FolderPath(path).expanduser()) for path in settings.paths]
        return settings.model_copy(update={"paths": folders})

    def extension_options(self, name: str) -> Mapping[str, Any]:
        """Return what `[extensions.options.<name>]` says, resolved; empty when it says nothing."""
        path = ("extensions", "options", name)
        found = {} if self.written(*path) is None else self._interpolation.resolve(path).value
        if not isinstance(found, Mapping):
            problem = self.problem(path, "must be a table")
            raise ConfigurationError.from_problems("the configuration", [problem])
        return found

    @cached_property
    def paths(self) -> Mapping[str, str]:
        """The named folders."""
        return MappingProxyType(self.get("paths"))

    @cached_property
    def vars(self) -> Mapping[str, Any]:
        """The values of the user's own, all of them resolved."""
        return MappingProxyType(self.get("vars"))

    @cached_property
    def providers(self) -> Mapping[str, ProviderSettings]:
        """The provider instances by name; each is resolved when it is asked for."""
        return _Providers(self, tuple(self._data["providers"]))

    def provider(self, name: str) -> ProviderSettings:
        """Return one provider instance; raises ConfigurationError when none of this name is configured."""
        instances = self._data["providers"]
        if name not in instances:
            raise ConfigurationError(
                f"there is no provider {name!r} in the configuration",
                hint=near_matches(name, instances) or f"configure it as [providers.{name}]",
            )
        return ProviderSettings.from_table(name, self._section(("providers", name), ProviderTable))

    def provider_use(self, name: str) -> ProviderSettings:
        """Return how one provider instance may be used: its own keys, secrets among them, are not looked at.

        Raises as `provider`.
        """
        written = self._data["providers"].get(name)
        if not isinstance(written, Mapping):
            return self.provider(name)
        keys = [key for key in ProviderTable.model_fields if key in written]
        path = ("providers", name)
        data = {key: self._interpolation.resolve((*path, key)).value for key in keys}
        return ProviderSettings.from_table(name, self._model(path, ProviderTable, data))

    def _section(self, path: tuple[str, ...], model: type[_Model]) -> _Model:
        return self._model(path, model, self._interpolation.resolve(path).value)

    def _model(self, path: tuple[str, ...], model: type[_Model], data: Any) -> _Model:
        found = mistakes(model, data, path, is_resolved=True)
        if problems := [self._problem_at(*mistake) for mistake in found]:
            raise ConfigurationError.from_problems("the configuration", problems)
        return model.model_validate(data)

    def _problems_of_sections(self) -> Iterator[Problem]:
        paths: dict[tuple[str, ...], type[BaseModel]] = {(name,): model for name, model in _SECTIONS.items()}
        paths |= {("providers", name): ProviderTable for name in self.providers}
        for path, model in paths.items():
            try:
                self._section(path, model)
            except ConfigurationError as error:
                yield from error.problems

    # -- places and secrets ---------------------------------------------------------------------------------------

    def _existing(self, key: str) -> tuple[str, ...]:
        path = split_key(key)
        table: Any = self._data
        for index, name in enumerate(path):
            if not isinstance(table, dict) or name not in table:
                near = near_matches(name, table) if isinstance(table, dict) else None
                raise self._missing(path, path[:index], near)
            table = table[name]
        return path

    def _missing(self, path: Path, table: Path, near: str | None) -> ConfigurationError:
        """Make the error of a key that no layer sets, with the line of the table in which a file could set it."""
        message = f"there is no key {dotted(path)} in the configuration"
        places = (layer.place(table) for layer in reversed(self.layers) if value_at(layer.data, table, None))
        place = next((place for place in places if place.line is not None), None)
        problem = Problem(message, place.file, place.line, hint=near) if place else Problem(message, hint=near)
        return ConfigurationError.from_problems("the configuration", [problem])

    def _problem_at(self, path: Path, message: str, hint: str | None) -> Problem:
        names = tuple(takewhile(lambda part: isinstance(part, str), path))
        for end in range(len(names), 0, -1):
            for layer in reversed(self.layers):
                if value_at(layer.data, names[:end], None) is not None:
                    return layer.problem(path, message, hint)
        return Problem(message, key=dotted(path) or None, hint=hint)

    def _history(self, path: Path) -> Iterator[Setting]:
        for layer in reversed(self.layers):
            value = value_at(layer.data, path, None)
            if value is not None:
                place = layer.place(path)
                yield Setting(layer.layer, self._as_written(path, value), place.file, place.line)

    def _shown(self, path: tuple[str, ...], raw: Any) -> Any:
        if isinstance(raw, dict):
            return {key: self._shown((*path, key), item) for key, item in raw.items()}
        try:
            resolved = self._interpolation.resolve(path)
        except ConfigurationError:
            return self._as_written(path, raw)
        is_hidden = resolved.is_secret and resolved.value not in (None, "")
        return MASK if is_hidden else self.redactor.redact(resolved.value)

    def _as_written(self, path: Path, raw: Any) -> Any:
        if isinstance(raw, dict):
            return {key: self._as_written((*path, key), item) for key, item in raw.items()}
        is_hidden = self._is_secret_key(path) and not _is_one_reference(raw)
        return MASK if is_hidden else self.redactor.redact(raw)

    def _is_secret_key(self, path: Path) -> bool:
        # the names of sections, of provider instances and of extensions say nothing about what is in them
        depth = 2 if path[:1] == ("providers",) else 3 if path[:2] == ("extensions", "options") else 1
        names = path[depth:]
        if any(isinstance(name, str) and looks_secret(name) for name in names):
            return True
        return any(path[: len(marked)] == marked for marked in self._marked)

    def _hide_written_secrets(self) -> None:
        for layer in self.layers:
            for path, value in leaves(layer.data):
                if self._is_secret_key(path) and not _is_one_reference(value):
                    self.redactor.add(value)


def _is_one_reference(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(parse(value).expression) and has_references(value)
    except TemplateError:
        return False


class _Providers(Mapping[str, ProviderSettings]):
    """The provider instances; each is resolved when it is first asked for."""

    def __init__(self, configuration: Configuration, names: tuple[str, ...]) -> None:
        self._configuration = configuration
        self._names = names
        self._known: dict[str, ProviderSettings] = {}

    def __getitem__(self, name: str) -> ProviderSettings:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._known:
            self._known[name] = self._configuration.provider(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
