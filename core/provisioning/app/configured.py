"""The configuration of an opened workspace: what is written at once, what config sources add when it is first needed.

Extensions are listed, enabled and disabled by what is written alone. So a source is imported by nobody who only
wants that; and for everybody else it is asked before anything else is known, because a layer that is silently not
there could mean another cloud.
"""

import contextlib
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from provisioning.app.hiding import hiding
from provisioning.app.options import Options
from provisioning.app.resolvers import Resolvers
from provisioning.config import Configuration, Draft, ExtensionsSettings, LayerDocument, Redactor, source_layer
from provisioning.dispatch import Service
from provisioning.errors import ConfigurationError, Problem, ProvisioningError
from provisioning.extensions import ExtensionRecord, Registry, Status

__all__ = ["Configured", "extensions_settings"]


class Configured:
    """`written` is the configuration without sources, `written_options` what is configured there of extensions.

    `service` makes an extension ready, under `lock`. The options of an extension that is a source or resolves secrets
    are those in what is written, as the rest may not be there yet. Raises `ConfigurationError` with all that is wrong
    with what is written.
    """

    def __init__(
        self,
        draft: Draft,
        registry: Registry,
        service: Callable[[ExtensionRecord], Service],
        lock: AbstractContextManager[object],
    ) -> None:
        self._draft = draft
        self._registry = registry
        self._service = service
        self._redactor = Redactor()
        self._resolvers = Resolvers(registry, service, self._redactor)
        self._sources = _sources(registry)
        self._lock = lock
        self._complete: tuple[Configuration, Options] | None = None
        self.written = draft.configuration(resolvers=self._resolvers, redactor=self._redactor)
        self.written_options = Options(self.written, registry)
        _refuse(self.written.check(with_references=not self._sources))

    @property
    def configuration(self) -> Configuration:
        """The whole configuration, sources asked.

        Raises an `ExtensionError` for a source that cannot be asked, and `ConfigurationError` for what it may not say.
        """
        return self._completed()[0]

    @property
    def options(self) -> Options:
        """What is configured of extensions and provider instances, in the whole configuration."""
        return self._completed()[1]

    def options_for(self, record: ExtensionRecord) -> Options:
        """Return what the options of one extension are read from."""
        announced = record.manifest.services()
        return self.written_options if {"load_config", "resolve_secret"} & announced.keys() else self.options

    @property
    def resolver_names(self) -> Sequence[str]:
        """The roots of references that extensions answer for."""
        return tuple(self._resolvers)

    def _completed(self) -> tuple[Configuration, Options]:
        with self._lock:
            if self._complete is None:
                self._complete = self._asked() if self._sources else (self.written, self.written_options)
            return self._complete

    def _asked(self) -> tuple[Configuration, Options]:
        """Ask every source, the weakest first, and lay what is written over what they say."""
        layers = [self._layer_of(record) for record in self._sources]
        whole = self._draft.configuration(sources=layers, resolvers=self._resolvers, redactor=self._redactor)
        options = Options(whole, self._registry)
        try:
            _refuse(whole.check())
        except ConfigurationError as error:
            said = [one.name for one in self._sources if f"extension {one.name}" in {p.file for p in error.problems}]
            error.hint = _without(said[0]) if said else error.hint
            raise
        return whole, options

    def _layer_of(self, record: ExtensionRecord) -> LayerDocument:
        try:
            if not record.is_ready:
                raise record.not_ready()
            with contextlib.redirect_stdout(sys.stderr), hiding(self._redactor):
                said = self._service(record).load_config()
            return source_layer(record.name, said)
        except ProvisioningError as error:
            error.hint = _without(record.name)
            raise


def extensions_settings(draft: Draft) -> ExtensionsSettings:
    """Return which extensions there are to be, read before any is known.

    Raises `ConfigurationError` when that cannot be read, with everything else that is wrong with what is written.
    """
    early = draft.configuration()
    try:
        return early.extensions
    except ConfigurationError as error:
        found = [*early.check(with_references=False), *error.problems]
        raise ConfigurationError.from_problems("the configuration", list(dict.fromkeys(found))) from error


def _sources(registry: Registry) -> list[ExtensionRecord]:
    """Return the extensions on whose word somebody counts, in the order of their layers.

    What is disabled is left out on purpose. What is broken is not, and comes first: nobody need be asked then.
    """
    ready = registry.in_order()
    broken = [one for one in registry.records if not one.is_ready and one.status is not Status.DISABLED]
    return [one for one in (*broken, *ready) if one.declared is not None and "load_config" in one.declared.services()]


def _without(name: str) -> str:
    return f"go on without what it says: --without {name}; for good: provisioning extension disable {name}"


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise ConfigurationError.from_problems("the configuration", list(dict.fromkeys(problems)))
