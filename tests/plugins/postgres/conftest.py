"""Servers for the tests of what is PostgreSQL's own."""

from collections.abc import Iterator

import pytest

from provisioning_postgres.journal import PostgresJournal, open_journal
from tests.postgres import Server, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Yield a server that all tests of a process share; none may stop it."""
    with running_server() as server:
        yield server


@pytest.fixture
def own_server() -> Iterator[Server]:
    """Yield a server that the test may stop, kill and start again; a commit there outlives it."""
    with running_server(is_durable=True) as server:
        yield server


@pytest.fixture
def url(server: Server) -> str:
    """Return the URL of a journal that is not there yet."""
    return server.new_url()


@pytest.fixture
def journal(url: str) -> Iterator[PostgresJournal]:
    """Yield a new journal, and close it."""
    with open_journal(url) as journal:
        yield journal
