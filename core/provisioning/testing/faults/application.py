"""The whole application with the points in it: the real parts, each with its wrapper around it."""

from collections.abc import Callable
from typing import cast

from provisioning.app import App
from provisioning.app.parts import Parts
from provisioning.contract import Engine, EngineRun, Journal
from provisioning.store import open_journal
from provisioning.testing.faults.calls import FaultyCalls, FaultyProviders
from provisioning.testing.faults.connection import faulty_connection
from provisioning.testing.faults.journal import FaultyJournal
from provisioning.testing.faults.point import Reach
from provisioning.workflow import Caller

__all__ = ["faulty_application"]


def faulty_application(reach: Reach, *, lease_seconds: float = 30.0) -> type[App]:
    """Return an `App` whose runs come by the points, and whose leases last so many seconds."""

    class FaultyParts(Parts):
        """The parts of a workspace, with the points."""

        def _open_journal(self) -> Journal:
            journal = open_journal(self.stores.file(), lease_seconds=lease_seconds, factory=faulty_connection(reach))
            return cast("Journal", FaultyJournal(journal, reach))

        def _make_engine(self, capacity: int, hold: Callable[[], None], run: EngineRun) -> Engine:
            caller = Caller(
                kinds=self.kinds,
                providers=FaultyProviders(self.providers, reach),
                guards=self.guards,
                directory=str(self.workspace),
                hold=hold,
            )
            return self.engines.make(FaultyCalls(caller, reach), capacity, run)

    class FaultyApp(App):
        """The application, with the points."""

        parts_type = FaultyParts

    return FaultyApp
