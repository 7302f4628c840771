"""Hosts that are hosts: namespaces with a network and a name of their own, so that nobody sees who died elsewhere."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.contract import RunState
from tests.fleet import Fleet, until
from tests.plugins.postgres.test_workers import flow, machine
from tests.postgres import running_server

BRIDGE, NETWORK, HERE = "prov0", "10.213.7.0/24", "10.213.7.1"


def ip(*words: str) -> bool:
    """Do something to the network; say whether it could be done."""
    return subprocess.run(["ip", *words], check=False, capture_output=True).returncode == 0


class Hosts:
    """Two hosts on one network with this one."""

    def __init__(self) -> None:
        self.names = [f"prov-host-{number}" for number in (1, 2)]
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("addr", "add", f"{HERE}/24", "dev", BRIDGE)
        self.is_usable = ip("link", "set", BRIDGE, "up")
        for number, name in enumerate(self.names, 2):
            self.is_usable &= ip("netns", "add", name)
            self.is_usable &= ip("link", "add", f"prov{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
            self.is_usable &= ip("link", "set", f"prov{number}", "master", BRIDGE, "up")
            self.is_usable &= ip("-n", name, "addr", "add", f"10.213.7.{number}/24", "dev", "eth0")
            self.is_usable &= ip("-n", name, "link", "set", "eth0", "up")
            self.is_usable &= ip("-n", name, "link", "set", "lo", "up")

    def on(self, name: str) -> list[str]:
        """Return what stands before a command that is to run there."""
        return ["ip", "netns", "exec", name, "unshare", "--uts", "sh", "-c", f'hostname {name}; exec "$@"', "sh"]

    def cut_off(self, name: str) -> None:
        """Take a host's cable out."""
        assert ip("-n", name, "link", "set", "eth0", "down")

    def remove(self) -> None:
        """Take everything away."""
        for name in self.names:
            ip("netns", "del", name)
        ip("link", "del", BRIDGE)


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    """Yield two hosts, or skip the test where the system does not allow it."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("unshare"):
        pytest.skip("not applicable: only root makes network namespaces, with iproute2")
    hosts = Hosts()
    try:
        if not hosts.is_usable:
            pytest.skip("not applicable: this system does not allow network namespaces")
        yield hosts
    finally:
        hosts.remove()


def test_hosts_that_die_and_hosts_that_are_cut_off(tmp_path: Path, hosts: Hosts) -> None:
    """A driver is killed and a worker's host is cut off: what is there still takes both over; nothing is doubled."""
    with running_server(network=(HERE, NETWORK)) as server:
        fleet = Fleet(tmp_path, server)
        one, two = hosts.names
        try:
            fleet.worker("--max-runs", "0", before=hosts.on(one))
            chain = {f"c{number}": [f"c{number - 1}"] for number in range(1, 30)}
            document = flow(*(machine(f"c{number}") for number in range(30)), dependencies=chain)
            driver = fleet.driver(document, before=hosts.on(two))
            with fleet.open() as app:
                until(lambda: any(run.workflow_id == "wf" for run in app.runs()))
                until(lambda: any(event.operation_id == "c5" for event in app.events("wf")))
                assert str((app.record("wf").lease or pytest.fail("nobody drives it")).holder).startswith(f"{two}/")
                driver.kill()
                hosts.cut_off(one)
                fleet.worker()
                until(lambda: app.status("wf").state is RunState.SUCCEEDED, patience=120)
                assert app.journal_care.check() == []
            assert sorted(server.name for server in fleet.cloud.made()) == sorted(f"c{number}" for number in range(30))
        finally:
            fleet.close()
