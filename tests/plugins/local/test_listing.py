"""Listing servers: by labels, in order, and without reading more than is asked for."""

import json
import os
import time
from datetime import UTC, datetime

import pytest

from provisioning.contract import ServerSpec
from provisioning_local.request import Request
from provisioning_local.settings import Settings


@pytest.fixture
def write_records(cloud):
    """Return a function that writes records of stopped servers, oldest first, without a process."""

    def write(count):
        for number in range(count):
            home = cloud.home(f"token-{number}")
            request = Request(ServerSpec(f"s-{number}"), f"token-{number}", {"odd": str(number % 2)}, "here")
            record = request.as_record(home.id, Settings.from_config({}), datetime.now(UTC))
            home.path.mkdir(parents=True)
            home.lock.touch()
            os.utime(home.lock, ns=(number, number))
            home.record.write_text(json.dumps({**record, "state": "stopped"}))

    return write


def test_labels_filter(cloud, write_records):
    """Servers are listed that carry all of the labels asked for."""
    write_records(4)
    assert [server.name for server in cloud.servers({"odd": "1"})] == ["s-1", "s-3"]
    assert cloud.servers({"odd": "1", "other": "x"}) == []
    assert len(cloud.servers({})) == len(cloud.servers(None)) == 4


def test_oldest_first(cloud, write_records):
    """Servers are listed in the order of their creation."""
    write_records(12)
    assert [server.name for server in cloud.servers()] == [f"s-{number}" for number in range(12)]


def test_a_thousand_servers_are_listed_lazily(cloud, write_records):
    """A server's record is read when its turn comes, and not before."""
    write_records(1000)
    begin = time.monotonic()
    assert len(cloud.servers()) == 1000
    assert time.monotonic() - begin < 10
    servers = cloud.provider.list_servers(None, cloud.context)
    assert next(servers).name == "s-0"
    for number in range(2, 1000):
        cloud.home(f"token-{number}").record.unlink()
    assert [server.name for server in servers] == ["s-1"]


def test_what_is_no_server_is_not_listed(cloud, write_records):
    """Other files in the folder are left alone."""
    write_records(1)
    (cloud.directory / "notes.txt").touch()
    (cloud.directory / "srv-x").mkdir()
    assert [server.name for server in cloud.servers()] == ["s-0"]
