"""A world in one process: a cloud and a disk that outlive every process which drives a run, on virtual time.

Everything is real but the threads, the clock and the cloud: the kinds, the drivers, the journal and its file.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from provisioning.contract import CancelMode, Capability, ProviderLimits, RunState
from provisioning.dispatch import KindHandle, ProviderHandle
from provisioning.errors import Ambiguous, RunNotFound
from provisioning.retry import RetryPolicy
from provisioning.source import Format, Source
from provisioning.store import SqliteJournal, open_journal
from provisioning.testing.cloud import FakeCloud, FakeProvider, Manners
from provisioning.testing.faults import (
    FaultyCalls,
    FaultyJournal,
    FaultyProviders,
    Place,
    Point,
    Side,
    Trap,
    faulty_connection,
)
from provisioning.workflow import Caller, Plan, Planner, Runner, RunSettings, Surroundings, submit
from provisioning_kinds.plugin import KindsPlugin
from tests.workflow.scripted import Gatekeeper, Hang, Killed, VirtualClock, VirtualEngine

EPOCH = 1_700_000_000.0
ID = "wf-1"
LEASE = 30.0


class Kinds:
    """The bundled kinds, behind their real handles."""

    def __init__(self) -> None:
        self._handles = {kind.name: KindHandle(kind, "kinds") for kind in KindsPlugin().operation_kinds()}

    def get(self, name: str) -> KindHandle:
        return self._handles[name]

    def names(self) -> list[str]:
        return list(self._handles)


class Clouds:
    """One provider instance, `cloud`."""

    def __init__(self, provider: ProviderHandle) -> None:
        self._provider = provider

    def get(self, name: str) -> ProviderHandle:
        return self._provider

    def names(self) -> list[str]:
        return ["cloud"]


KINDS = Kinds()
CAPABILITIES = frozenset(Capability)


class World:
    """What stays when a process dies: the cloud, the folder with the journal, the clock."""

    def __init__(
        self, folder: Path, document: Mapping[str, Any], manners: Manners, limits: ProviderLimits | None = None
    ) -> None:
        self.folder = folder
        self.document = document
        self.clock = VirtualClock()
        self.cloud = FakeCloud(manners, clock=self.now)
        provider = ProviderHandle(
            "cloud",
            "fake",
            lambda: FakeProvider("cloud", {}, self.cloud),
            capabilities=CAPABILITIES,
            limits=limits or ProviderLimits(),
            clock=self.clock,
        )
        self.clouds = Clouds(provider)
        self.processes = 0
        self.tokens = 0

    @property
    def path(self) -> Path:
        return self.folder / "journal.db"

    def now(self) -> float:
        """Read the wall clock, which goes as the other one does."""
        return EPOCH + self.clock.now

    def new_token(self) -> str:
        self.tokens += 1
        return f"token-{self.tokens}"

    def process(self, trap: Trap | None = None) -> "Process":
        """Start a process, in which this trap is set."""
        self.processes += 1
        return Process(self, trap or Trap(), f"process-{self.processes}")

    def let_leases_end(self) -> None:
        """Let so much time pass that a dead process drives nothing any more."""
        self.clock.now += LEASE

    def journal(self) -> SqliteJournal:
        """Open the journal to look at it."""
        return open_journal(self.path, clock=self.now, synchronous="OFF")


@dataclass
class Disk:
    """What a power failure leaves of the journal's files: `synced` bytes of the log, and what it tears off beyond."""

    file: bytes = b""
    log: bytes = b""
    synced: list[int] = field(default_factory=lambda: [0, 0])


class Process:
    """One process that opens the journal, drives the run, and may die of it; a context manager."""

    def __init__(self, world: World, trap: Trap, holder: str) -> None:
        self.world = world
        self.trap = trap
        self.holder = holder
        self.is_dead = False
        self.is_interrupted = False
        self.dies_next = False
        self.has_full_disk = False
        self.left: Disk | None = None
        self.synced = [0, 0]
        self.runner: Runner | None = None
        self.engine: VirtualEngine | None = None
        self.sqlite: SqliteJournal | None = None

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self.end()
            raise
        return self

    def _open(self) -> None:
        self.sqlite = open_journal(
            self.world.path,
            clock=self.world.now,
            lease_seconds=LEASE,
            synchronous="OFF",
            factory=faulty_connection(self.reach),
        )
        self.journal: Any = FaultyJournal(self.sqlite, self.reach)

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Let go of everything; after a power failure put on the disk what that left."""
        if self.sqlite is not None:
            self.sqlite.close()
        if self.left is not None:
            self.world.path.write_bytes(self.left.file)
            self._log.write_bytes(self.left.log)
            self.world.path.with_name("journal.db-shm").unlink(missing_ok=True)
        self.world.let_leases_end()

    @property
    def _log(self) -> Path:
        return self.world.path.with_name("journal.db-wal")

    # -- what happens at a point ---------------------------------------------------------------------------------

    def reach(self, point: Point) -> None:
        """Come by a point: nothing happens after a death, whatever is still unwound."""
        if self.is_dead:
            raise Killed
        if self.dies_next:
            self.kill()
        if point == Point(Place.COMMIT, Side.AFTER):
            self.synced = [self.synced[1], self._log.stat().st_size]
        self.trap(point)
        if self.has_full_disk and point == Point(Place.COMMIT, Side.BEFORE):
            raise _sqlite_error("database or disk is full", sqlite3.SQLITE_FULL)

    def kill(self) -> None:
        self.is_dead = True
        raise Killed

    def interrupt(self) -> None:
        self.is_interrupted = True
        if self.runner is not None:
            self.runner.interrupt()

    def interrupt_twice(self) -> None:
        self.interrupt()
        self.dies_next = True

    def fill_disk(self) -> None:
        self.has_full_disk = True

    def lose_power(self, torn: Callable[[int, int], int] = lambda synced, written: written) -> None:
        """Die with the machine; of the log those bytes stay that `torn` says, and behind them there is rubbish."""
        log = self._log.read_bytes() if self._log.exists() else b""
        stays = torn(*self.synced)
        self.left = Disk(self.world.path.read_bytes(), log[:stays] + b"\xa5" * 1000)
        self.kill()

    def lose_reply(self) -> None:
        raise Ambiguous("the reply was lost")

    def hang(self) -> None:
        raise Hang

    def fail_io(self) -> None:
        raise _sqlite_error("disk I/O error", sqlite3.SQLITE_IOERR)

    def find_it_busy(self) -> None:
        raise _sqlite_error("database is locked", sqlite3.SQLITE_BUSY)

    # -- what a person asks of it --------------------------------------------------------------------------------

    def run(self) -> RunState:
        """Submit the run and drive it, as `workflow run` does."""
        plan = self.plan()
        if submit(plan, self.journal):
            return self._drive(plan, is_new=True)
        return self._drive(plan)

    def resume(self) -> RunState:
        """Drive it on; one that was never recorded is submitted."""
        try:
            self.journal.get_run(ID)
        except RunNotFound:
            return self.run()
        return self._drive(self.plan())

    def rollback(self, *skip: str) -> RunState:
        return self._drive(self.plan(), rollback=True, skip=skip)

    def submit(self) -> None:
        """Submit the run, and drive nothing."""
        submit(self.plan(), self.journal)

    def cancel(self) -> None:
        self.journal.request_cancel(ID, CancelMode.STOP)

    def _drive(self, plan: Plan, **options: Any) -> RunState:
        self.runner = Runner(plan, self.surroundings())
        if self.is_interrupted:
            self.runner.interrupt()
        state = self.runner.run(**options)
        self.journal.list_events(ID)
        return state

    def plan(self) -> Plan:
        retry = RetryPolicy(attempts=4, initial_delay=1.0, factor=2.0, max_delay=8.0, jitter=0.0)
        planner = Planner(kinds=KINDS, providers=self.world.clouds, roots={}, defaults=RunSettings(retry=retry))
        source = Source("document", Format.JSON, dict(self.world.document), "")
        return planner.plan(source, directory=self.world.folder, workflow_id=ID, new_id=str)

    def surroundings(self) -> Surroundings:
        return Surroundings(
            journal=self.journal,
            make_engine=self._make_engine,
            kinds=KINDS,
            providers=self.world.clouds,
            guards=Gatekeeper(),
            roots={},
            redact=lambda value: value,
            new_holder=lambda: self.holder,
            directory=str(self.world.folder),
            clock=self.world.clock,
            now=self.world.now,
            random=lambda: 0.5,
            new_token=self.world.new_token,
        )

    def _make_engine(self, capacity: int, hold: Callable[[], None], _run: object = None) -> VirtualEngine:
        caller = Caller(
            kinds=KINDS,
            providers=FaultyProviders(self.world.clouds, self.reach),
            guards=Gatekeeper(),
            directory=str(self.world.folder),
            hold=hold,
            clock=self.world.clock,
        )
        self.engine = VirtualEngine(FaultyCalls(caller, self.reach), self.world.clock, capacity)
        return self.engine


def _sqlite_error(message: str, code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(message)
    error.sqlite_errorcode = code
    return error
