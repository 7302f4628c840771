"""Orphans: what carries our labels and no journal knows, servers and assets, over all providers that can be asked.

It is listed first and looked up in the journal afterwards: an intent is durable before its server can exist, so
that what the journal does not know by then was not made by a run that has just begun. What is not proved to
be ours and forgotten is told of, and never offered for deletion.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from provisioning.app.catalog import ProviderCatalog
from provisioning.app.run import is_driven
from provisioning.contract import (
    Asset,
    AssetSpec,
    Firewall,
    Journal,
    KeyPair,
    Network,
    OperationRecord,
    OperationState,
    Provider,
    RunRecord,
    Server,
    Volume,
)
from provisioning.errors import ConfigurationError, ErrorInfo, ProvisioningError, RunNotFound
from provisioning.template import escape
from provisioning.workflow import Ownership

__all__ = ["OrphanReport", "Orphans", "Standing", "Stray"]

_ASSETS: tuple[type[AssetSpec], ...] = (Volume, Firewall, KeyPair, Network)
"""In the order in which they can be deleted; what uses them, the servers, goes first."""


class Standing(StrEnum):
    """What is to be thought of something that carries our labels and that no record accounts for."""

    ORPHAN = "orphan"
    """It is ours, and nobody will ever delete it."""
    IN_FLIGHT = "in_flight"
    """Its run is being driven: it may be recorded at any moment."""
    YOUNG = "young"
    """It is younger than what is asked for, or than the time that its cloud may take to list what was made."""
    UNCLEAR = "unclear"
    """Its labels name this journal, and not the run and the operation: anybody may have written them."""
    FOREIGN = "foreign"
    """It belongs to another journal."""


@dataclass(frozen=True, slots=True)
class Stray:
    """One such server, or asset; `age` is in seconds, None when its cloud does not tell."""

    found: Server | Asset[Any]
    ownership: Ownership
    standing: Standing
    reason: str
    age: float | None

    @property
    def kind(self) -> str:
        """What it is: `server`, or the kind of an asset."""
        return str(self.found.kind) if isinstance(self.found, Asset) else "server"

    @property
    def words(self) -> str:
        """What people call that."""
        return self.kind.replace("_", " ")

    def deletion(self) -> dict[str, Any]:
        """Return the workflow that deletes it; raise `ConfigurationError` for one that is no orphan."""
        if self.standing is not Standing.ORPHAN:
            raise ConfigurationError(
                f"{self.words} {self.found.id} is not deleted: it is no orphan, but {self.standing}"
            )
        parameters = escape({f"{self.kind}_id": self.found.id})
        operation = {"id": self.kind, "kind": f"{self.kind}_delete", "provider": self.found.provider}
        return {"name": f"orphan {self.found.id}"[:200], "operations": [{**operation, "parameters": parameters}]}

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "standing": str(self.standing),
            "reason": self.reason,
            "installation_id": self.ownership.installation_id,
            "workflow_id": self.ownership.workflow_id,
            "operation_id": self.ownership.operation_id,
            "age": None if self.age is None else round(self.age, 3),
            "kind": self.kind,
            "resource": self.found.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class OrphanReport:
    """What was found, and which providers could not be asked to the end, each with why."""

    strays: Sequence[Stray]
    failures: Mapping[str, ErrorInfo] = field(default_factory=dict)
    asked: int = 0

    @property
    def orphans(self) -> list[Stray]:
        """Those that may be deleted, in the order in which that works."""
        return [stray for stray in self.strays if stray.standing is Standing.ORPHAN]


class Orphans:
    """The search for orphans."""

    def __init__(self, journal: Journal, providers: ProviderCatalog, clock: Callable[[], float] = time.time) -> None:
        self._journal = journal
        self._providers = providers
        self._clock = clock

    def search(self, provider: str | None, older_than: float) -> OrphanReport:
        """Ask one provider instance, or all; one that fails does not hide what the others have.

        `older_than` is in seconds. Raises any `JournalError`, and `ConfigurationError` for a provider that is named
        and not configured.
        """
        if provider is not None and provider not in self._providers.names():
            self._providers.get(provider)
        names = self._providers.names() if provider is None else [provider]
        strays: list[Stray] = []
        failures: dict[str, ErrorInfo] = {}
        for name in names:
            try:
                instance = self._providers.get(name)
                listed = list(self._labelled(instance))
            except ProvisioningError as error:
                failures[name] = error.info()
                continue
            least = max(older_than, instance.limits.listing_lag)
            strays.extend(filter(None, (self._judge(found, owner, least) for found, owner in listed)))
        order = ["server", *(spec.kind for spec in _ASSETS)]
        strays.sort(key=lambda stray: order.index(stray.kind))
        return OrphanReport(strays, failures, len(names))

    def _labelled(self, provider: Provider) -> Iterator[tuple[Server | Asset[Any], Ownership]]:
        for found in _everything(provider):
            owner = Ownership.from_labels(found.labels)
            if owner is not None:
                yield found, owner

    def _judge(self, found: Server | Asset[Any], owner: Ownership, least: float) -> Stray | None:
        """Return what is to be thought of something; None for what a record accounts for."""
        age = _age(found, self._clock())

        def stray(standing: Standing, reason: str) -> Stray:
            return Stray(found, owner, standing, reason, age)

        if owner.installation_id != self._journal.installation_id:
            return stray(Standing.FOREIGN, f"journal {owner.installation_id} made it")
        if not owner.workflow_id or not owner.operation_id:
            return stray(Standing.UNCLEAR, "its labels name no run, or no operation")
        run = self._run(owner.workflow_id)
        reason = self._forgotten(found, run, owner.operation_id)
        if reason is None:
            return None
        if run is not None and is_driven(run):
            return stray(Standing.IN_FLIGHT, f"run {run.workflow_id} is being driven")
        if (age is None and least > 0) or (age is not None and age < least):
            return stray(Standing.YOUNG, f"{reason}; wait until it is older")
        return stray(Standing.ORPHAN, reason)

    def _run(self, workflow_id: str) -> RunRecord | None:
        try:
            return self._journal.get_run(workflow_id)
        except RunNotFound:
            return None

    def _forgotten(self, found: Server | Asset[Any], run: RunRecord | None, operation_id: str) -> str | None:
        """Return why no record accounts for something of ours; None when one does."""
        if run is None:
            return "the journal has no such run"
        record = self._journal.get_operation(run.workflow_id, operation_id)
        if record is None:
            return "the run has begun no such operation"
        if record.state is OperationState.COMPENSATED:
            return "its operation is undone"
        what = found.kind.words if isinstance(found, Asset) else "server"
        return None if _accounts_for(record, found) else f"its operation has made another {what} since"


def _everything(provider: Provider) -> Iterator[Server | Asset[Any]]:
    """Yield what a provider has, but for servers that are on their way out."""
    for server in provider.list_servers():
        if not server.state.is_gone:
            yield server
    for spec in _ASSETS:
        if spec.kind.capability in provider.capabilities:
            yield from provider.list_assets(spec)


def _accounts_for(record: OperationRecord, found: Server | Asset[Any]) -> bool:
    """Whether the operation made this, or may have: where the token is not told, a doubt is as good."""
    known = [resource.id for resource in record.resources]
    if found.id in known:
        return True
    return found.client_token == record.client_token if found.client_token else not known


def _age(found: Server | Asset[Any], now: float) -> float | None:
    """Return how old something is, in seconds; None when its cloud does not tell, or tells no time."""
    if found.created_at is None:
        return None
    try:
        created = datetime.fromisoformat(found.created_at)
    except ValueError:
        return None
    return None if created.tzinfo is None else now - created.timestamp()
