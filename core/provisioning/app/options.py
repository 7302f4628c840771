"""What is configured of extensions and of provider instances: checked, filled up, and its secrets made known."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import Any

from provisioning.config import Configuration, ProviderSettings
from provisioning.errors import ConfigurationError, ExtensionError, Problem
from provisioning.extensions import ExtensionRecord, ExtensionType, Place, Registry, checked_options, secret_keys
from provisioning.source import dotted

__all__ = ["Options"]

OPTIONS = ("extensions", "options")


class Options:
    """Reads `[extensions.options.<name>]` and the own keys of `[providers.<instance>]`, each against its schema.

    What a schema calls a secret is one from the moment this object is made, before anything is shown.
    """

    def __init__(self, configuration: Configuration, registry: Registry) -> None:
        self._configuration = configuration
        self._registry = registry
        for path, record, table in self._written():
            self._mark(path, record, table)

    def of_extension(self, record: ExtensionRecord) -> Mapping[str, Any]:
        """Return the options of an extension, checked and with the defaults of its schema.

        Raises `ConfigurationError` with every problem, its file and line; `ExtensionBroken` for a schema that is none.
        """
        path = (*OPTIONS, record.name)
        options = self._configuration.extension_options(record.name)
        if record.type is ExtensionType.PROVIDER:
            if options:
                raise ConfigurationError.from_problems("the configuration", [self._misplaced(record)])
            return {}
        self._mark(path, record, options)
        return checked_options(record, options, self._place(path), subject=f"extension {record.name}")

    def of_provider(self, record: ExtensionRecord, settings: ProviderSettings) -> Mapping[str, Any]:
        """Return the options of a provider instance; raises as `of_extension`."""
        path = ("providers", settings.name)
        self._mark(path, record, settings.options)
        return checked_options(record, settings.options, self._place(path), subject=f"provider {settings.name}")

    def problems(self) -> list[Problem]:
        """Return everything that is wrong with what is written, nothing imported for it.

        Options of an extension that is not there are a problem. An instance of a provider that is not there, or cannot
        be used, is none: its status says that.
        """
        names = {record.name for record in self._registry.records}
        found = [self._unknown(name) for name in self._named() if name not in names]
        return found + [problem for record in self._registry.records for problem in self.problems_of_record(record)]

    def problems_of_record(self, record: ExtensionRecord) -> list[Problem]:
        """Return what is wrong with the options of one extension, and of its provider instances."""
        if record.declared is None:
            return []
        checks: list[Callable[[], object]] = [
            partial(self._check_provider, record, name) for name in self._configuration.providers
        ]
        if record.name in self._named():
            checks.append(partial(self.of_extension, record))
        return [problem for check in checks for problem in self._problems_in(check)]

    def _check_provider(self, record: ExtensionRecord, name: str) -> object:
        settings = self._configuration.provider(name)
        return self.of_provider(record, settings) if settings.type == record.name else None

    def _problems_in(self, check: Callable[[], object]) -> Sequence[Problem]:
        try:
            check()
        except ConfigurationError as error:
            return error.problems or [Problem(error.message, hint=error.hint)]
        except ExtensionError as error:
            return [Problem(error.message, hint=error.hint)]
        return ()

    def _named(self) -> Sequence[str]:
        table = self._configuration.written(*OPTIONS)
        return list(table) if isinstance(table, Mapping) else []

    def _unknown(self, name: str) -> Problem:
        hint = "see `provisioning extension list`"
        return self._configuration.problem((*OPTIONS, name), f"there is no extension {name!r}", hint)

    def _written(self) -> Iterator[tuple[tuple[str, ...], ExtensionRecord, Mapping[str, Any]]]:
        """Yield where options are written, whose they are, and the table, nothing in it resolved."""
        records = {record.name: record for record in self._registry.records}
        providers = self._configuration.written("providers") or {}
        places: list[tuple[tuple[str, ...], str]] = [((*OPTIONS, name), name) for name in self._named()]
        places += [(("providers", name), _type_of(name, table)) for name, table in providers.items()]
        for path, owner in places:
            table = self._configuration.written(*path)
            if owner in records and isinstance(table, Mapping):
                yield path, records[owner], table

    def _mark(self, path: tuple[str, ...], record: ExtensionRecord, table: Mapping[str, Any]) -> None:
        for found in secret_keys(record, table):
            names = takewhile(lambda part: isinstance(part, str), found)
            self._configuration.mark_secret(dotted((*path, *names)))

    def _place(self, path: Sequence[str]) -> Place:
        def problem(inner: Sequence[str | int], message: str) -> Problem:
            return self._configuration.problem([*path, *inner], message)

        return problem

    def _misplaced(self, record: ExtensionRecord) -> Problem:
        why = f"extension {record.name} is a provider, whose options stand with each of its instances"
        hint = f'write them under [providers.<instance>], with type = "{record.name}"'
        return self._configuration.problem((*OPTIONS, record.name), why, hint)


def _type_of(name: str, table: Any) -> str:
    return str(table.get("type") or name) if isinstance(table, Mapping) else name
