"""The registry: every extension that is there, and which one brings what."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from packaging.utils import canonicalize_name

from provisioning.errors import ExtensionNotFound
from provisioning.extensions.compatibility import Surroundings
from provisioning.extensions.discovery import discover_folders, discover_packages
from provisioning.extensions.index import ManifestIndex
from provisioning.extensions.offer import COMMANDS, KINDS, TEMPLATES, Offer
from provisioning.extensions.ordering import in_order
from provisioning.extensions.origin import OriginKind
from provisioning.extensions.record import ExtensionRecord
from provisioning.extensions.selection import Selection
from provisioning.extensions.settling import settle

__all__ = ["Registry"]


class Registry:
    """All records, those that cannot be used too; several of one name where they conflict.

    `prefer` names, for what several extensions bring under one name, the extension whose it is.
    """

    def __init__(self, records: Iterable[ExtensionRecord], prefer: Mapping[str, str] | None = None) -> None:
        self._records = tuple(sorted(records, key=lambda record: (record.name, str(record.origin))))
        self._prefer = prefer or {}

    @classmethod
    def discover(
        cls,
        *,
        bundled: str | Path | None = None,
        explicit: Sequence[str | Path] = (),
        project: str | Path | None = None,
        user: str | Path | None = None,
        selection: Selection | None = None,
        prefer: Mapping[str, str] | None = None,
        search_path: Sequence[str] | None = None,
        here: Surroundings | None = None,
        index: ManifestIndex | None = None,
    ) -> "Registry":
        """Find every extension and judge it; imports none of them and never raises.

        Each of `bundled`, `explicit`, `project` and `user` is an extension's folder or holds some; `search_path` is
        where installed packages are looked for, the environment when left out. `selection` says what is not used.
        `prefer` settles conflicts: for the name of an extension its origin, for what it brings the extension's name.
        What `index` knows of manifests is not read again, and what it does not know is written into it.
        """
        records = list(discover_packages(search_path, index))
        folders = [(Path(bundled), OriginKind.FOLDER_BUNDLED)] if bundled is not None else []
        folders += [(Path(path), OriginKind.FOLDER_EXPLICIT) for path in explicit]
        folders += [(Path(project), OriginKind.FOLDER_PROJECT)] if project is not None else []
        folders += [(Path(user), OriginKind.FOLDER_USER)] if user is not None else []
        seen = {_real(record.location) for record in records if record.location is not None}
        for path, kind in folders:
            for record in discover_folders(path, kind, index):
                place = _real(record.location or path)
                if place not in seen:
                    seen.add(place)
                    records.append(record)
        if index is not None:
            index.save()
        settle(records, selection=selection or Selection(), prefer=prefer or {}, here=here or Surroundings())
        return cls(records, prefer)

    @property
    def records(self) -> Sequence[ExtensionRecord]:
        """Every record, by name."""
        return self._records

    def in_order(self) -> Sequence[ExtensionRecord]:
        """Return the records that can be used in the order in which they are loaded: `after`, then by name."""
        return in_order(self._records)

    def get(self, name: str) -> ExtensionRecord:
        """Return the record of a name, in any spelling, the usable one of several; raises `ExtensionNotFound`."""
        normal = canonicalize_name(name)
        same = (record.name for record in self._records if canonicalize_name(record.name) == normal)
        return self._best("extension", next(same, name), lambda record: (record.name,))

    def named(self, name: str) -> Sequence[ExtensionRecord]:
        """Return all records of a name, the one that `get` returns first; raises `ExtensionNotFound`."""
        best = self.get(name)
        return [best, *(record for record in self._records if record.name == best.name and record is not best)]

    def find_provider(self, type: str) -> ExtensionRecord:  # noqa: A002 - the contract's word
        """Return the record that brings a type of provider, ready to be loaded.

        Raises `ExtensionNotFound` when none does, `ExtensionNotReady` when it cannot be used.
        """
        return self._ready(self._best("provider type", type, _provider_types))

    def find_kind(self, name: str) -> ExtensionRecord:
        """Return the record that brings a kind of operation, ready to be loaded; raises as `find_provider`."""
        return self.find(KINDS, name)

    def find(self, offer: Offer, name: str) -> ExtensionRecord:
        """Return the record that brings what is offered under a name; raises as `find_provider`."""
        return self._ready(self._best(offer.noun, name, offer.names))

    def names(self, offer: Offer, *, is_ready: bool = False) -> Sequence[str]:
        """Return the names of all that manifests offer, sorted; only of what can be used with `is_ready`."""
        records = (record for record in self._records if record.is_ready or not is_ready)
        return sorted({name for record in records for name in offer.names(record)})

    def kinds(self) -> Sequence[str]:
        """Return the names of all kinds that manifests declare, sorted; `find_kind` says which can be used."""
        return self.names(KINDS)

    def find_template(self, name: str, *, what: str = "workflow template") -> ExtensionRecord:
        """Return the record that brings a workflow template; raises as `find_provider`.

        `what` is what the error calls a thing of this name that is not there.
        """
        return self._ready(self._best(what, name, TEMPLATES.names))

    def templates(self) -> Sequence[str]:
        """Return the names of all workflow templates that manifests declare, sorted."""
        return self.names(TEMPLATES)

    def find_command(self, name: str) -> ExtensionRecord:
        """Return the record that brings a command, ready to be loaded; raises as `find_provider`."""
        return self.find(COMMANDS, name)

    def commands(self) -> Sequence[str]:
        """Return the names of all commands that manifests declare, sorted."""
        return self.names(COMMANDS)

    def _best(self, what: str, name: str, brings: Callable[[ExtensionRecord], Collection[str]]) -> ExtensionRecord:
        found = [record for record in self._records if name in brings(record)]
        if not found:
            raise self._unknown(what, name, sorted({each for record in self._records for each in brings(record)}))
        preferred = self._prefer.get(name)
        return max(found, key=lambda record: (record.is_ready, record.name == preferred))

    def _unknown(self, what: str, name: str, known: Sequence[str]) -> ExtensionNotFound:
        near = get_close_matches(name, known, n=1)
        listing = ", ".join(known) or "none"
        meant = f"; did you mean {near[0]}?" if near else ""
        return ExtensionNotFound(
            f"there is no {what} {name!r}{meant}", extension=name, hint=f"there is: {listing}; or install its extension"
        )

    def _ready(self, record: ExtensionRecord) -> ExtensionRecord:
        if not record.is_ready:
            raise record.not_ready()
        return record


def _real(path: Path) -> str:
    try:
        return os.path.realpath(path)
    except ValueError:  # a path that can be none
        return str(path)


def _provider_types(record: ExtensionRecord) -> Collection[str]:
    """A provider's type is its extension's name; an extension that cannot be read may be meant to bring one."""
    if record.declared is None or record.declared.target("provider") is not None:
        return (record.name,)
    return ()
