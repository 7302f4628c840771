"""A journal of the test's own, in a file and on PostgreSQL servers, and the clock that it reads."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from provisioning.store import open_journal
from provisioning_postgres import journal as postgres
from tests.postgres import Server, running_server, system_programs
from tests.store.scene import AnyJournal, Clock, Fresh, Open


@pytest.fixture
def clock() -> Clock:
    """Return the time by which leases end and events are stamped."""
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the journal is to be; neither it nor its folder is there yet."""
    return tmp_path / ".provisioning" / "journal.db"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Yield the PostgreSQL server of the package index."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def system_server() -> Iterator[Server]:
    """Yield the system's PostgreSQL server."""
    with running_server(system_programs()) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres", "system-postgres"])
def place(request: pytest.FixtureRequest, path: Path) -> str:
    """Return where a journal is to be that is not there yet: each store there is, one after the other."""
    if request.param == "sqlite":
        return str(path)
    server: Server = request.getfixturevalue("server" if request.param == "postgres" else "system_server")
    return server.new_url()


@pytest.fixture
def open_here(place: str) -> Iterator[Open]:
    """Yield what opens the journal, any number of times; all that were opened are closed."""
    with ExitStack() as opened:

        def open_it(clock: Callable[[], float] | None = None, *, poll_interval: float = 0.01) -> AnyJournal:
            if not place.startswith("postgresql:"):
                given = {} if clock is None else {"clock": clock}
                journal = open_journal(Path(place), busy_timeout=0.01, poll_interval=poll_interval, **given)
                return opened.enter_context(journal)
            return opened.enter_context(postgres.open_journal(place, clock=clock, poll_interval=poll_interval))

        yield open_it


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def fresh(request: pytest.FixtureRequest) -> Fresh:
    """Return what opens any number of journals, one for each example of a property."""

    @contextmanager
    def in_a_file(clock: Callable[[], float] | None = None) -> Iterator[AnyJournal]:
        with tempfile.TemporaryDirectory() as folder:
            given = {} if clock is None else {"clock": clock}
            with open_journal(Path(folder, "j.db"), synchronous="OFF", **given) as journal:
                yield journal

    @contextmanager
    def on_a_server(clock: Callable[[], float] | None = None) -> Iterator[AnyJournal]:
        server: Server = request.getfixturevalue("server")
        with postgres.open_journal(server.new_url(), clock=clock) as journal:
            yield journal

    return in_a_file if request.param == "sqlite" else on_a_server


@pytest.fixture
def journal(open_here: Open, clock: Clock) -> AnyJournal:
    """Return a new journal that hardly waits for others, in each of the stores."""
    return open_here(clock)


@pytest.fixture
def public() -> Iterator[Path]:
    """Yield a folder whose permissions may be taken away; it has them again afterwards, so that it can be removed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield folder
        for each in (folder, *folder.iterdir()):
            each.chmod(0o755)
