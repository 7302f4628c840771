"""One storm: a fleet at work, to which something happens every second; in the end all is as the journal says."""

import random
import signal
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from provisioning.contract import OperationState, RunState
from provisioning.testing.cloud import EXTENSIONS
from tests.acceptance.chaos.cable import Cable
from tests.fleet import Fleet, Member, until
from tests.postgres import Server

__all__ = ["Storm"]

MOST, RATE = 6, 150
"""The cloud's limits, over the whole fleet."""


class Host:
    """One member of the fleet with its cable; it comes back when it was killed."""

    def __init__(self, storm: "Storm", words: list[str]) -> None:
        self._storm = storm
        self._words = words
        self.cable = Cable(storm.server.port)
        self.paused_until = 0.0
        self.cut_until = 0.0
        self.start()

    def start(self) -> None:
        """Begin, or come back."""
        fleet = self._storm.fleet
        url = fleet.url.replace(f":{self._storm.server.port}/", f":{self.cable.port}/")
        self.member = Member(fleet, self._words, {"PROVISIONING__STORE__URL": url})
        fleet.members.append(self.member)

    def look(self, now: float) -> None:
        """End what has lasted long enough."""
        if self.paused_until and now >= self.paused_until:
            self.paused_until = 0.0
            self.member.signal(signal.SIGCONT)
        if self.cut_until and now >= self.cut_until:
            self.cut_until = 0.0
            self.cable.mend()
        if self.member.process.poll() is not None:
            self.start()

    def mend(self) -> None:
        """Let everything work again."""
        self.look(float("inf"))


class Storm:
    """`runs` runs of `size` operations each, on four workers and three drivers; `seed` decides what happens."""

    def __init__(self, root: Path, server: Server, seed: int, *, runs: int = 20, size: int = 50) -> None:
        self.server = server
        self._random = random.Random(seed)
        self._runs, self._size = runs, size
        self.fleet = Fleet(root, server)
        self.log: list[str] = []
        cloud = {
            "type": "fake",
            "state": str(root / "cloud.db"),
            "latency": 0.02,
            "appears_after": 0.2,
            "max_parallel": MOST,
            "requests_per_second": RATE,
            "listing_lag": 1,
            "rates": {"reply_lost": 0.01, "broken": 0.01, "request_lost": 0.01},
        }
        retry = {"attempts": 50, "initial_delay": 0.1, "max_delay": 1.0}
        self.fleet.configure(
            {
                "store": {"url": self.fleet.url},
                "engine": {"type": "workers"},
                "extensions": {"paths": [str(EXTENSIONS)]},
                "providers": {"cloud": cloud},
                "workflow": {"retry": retry, "parallelism": 10},
            }
        )

    def _document(self, number: int) -> Mapping[str, Any]:
        """Return a run; every fourth one fails near its end, and is rolled back."""
        machines = [
            {
                "id": f"m{place}",
                "kind": "server_create",
                "provider": "cloud",
                "parameters": {"name": f"{number}-{place}"},
            }
            for place in range(self._size - 1)
        ]
        last = {"id": "last", "kind": "command", "parameters": {"command": ["false" if number % 4 == 3 else "true"]}}
        needs = {f"m{place}": [f"m{place - 10}"] for place in range(10, self._size - 1)}
        needs["last"] = [f"m{place}" for place in range(self._size - 11, self._size - 1)]
        return {
            "workflow_id": f"run-{number}",
            "name": f"run {number}",
            "operations": [*machines, {**last, "retry": {"attempts": 1}}],
            "dependencies": needs,
        }

    def rage(self, seconds: float) -> None:
        """Let it go on for so long, or until every run has ended; then mend everything and wait for the rest."""
        with ExitStack() as stack:
            stack.callback(self.fleet.close)
            app = stack.enter_context(self.fleet.open())
            for number in range(self._runs):
                app.submit(self._document(number))
            hosts = [
                *(Host(self, ["worker", "--concurrency", "5", "--max-runs", "0"]) for _ in range(4)),
                *(Host(self, ["serve", "--port", "0"]) for _ in range(3)),
            ]
            for host in hosts:
                stack.callback(host.cable.close)
            end = time.monotonic() + seconds
            while time.monotonic() < end and self._open_runs(app):
                self._strike(hosts)
                next_strike = time.monotonic() + 1.0
                while (now := time.monotonic()) < next_strike:
                    for host in hosts:
                        host.look(now)
                    time.sleep(0.05)
            for host in hosts:
                host.mend()
            until(lambda: self._watch(hosts) and not self._open_runs(app), patience=240)
            self.check(app)

    def _watch(self, hosts: list[Host]) -> bool:
        for host in hosts:
            host.look(time.monotonic())
        return True

    def _strike(self, hosts: list[Host]) -> None:
        """Do something to one of them, or to the database."""
        host = self._random.choice(hosts)
        what = self._random.choice(["kill", "kill", "pause", "cut", "hold", "database"])
        seconds = self._random.uniform(0.5, 6.0)
        now = time.monotonic()
        self.log.append(f"{what} {host.member.pid} {seconds:.1f}")
        match what:
            case "kill":
                host.member.kill()
                host.paused_until = 0.0
            case "pause":
                host.member.signal(signal.SIGSTOP)
                host.paused_until = now + seconds
            case "cut":
                host.cable.cut()
                host.cut_until = now + seconds
            case "hold":
                host.cable.hold()
                host.cut_until = now + seconds
            case "database":
                self.server.cut_off()

    def _open_runs(self, app: Any) -> int:
        counts = app.journal.count_runs()
        return int(counts.get(RunState.RUNNING, 0) + counts.get(RunState.ROLLING_BACK, 0))

    def check(self, app: Any) -> None:
        """Hold the cloud against the journal."""
        states = {run.workflow_id: run.state for run in app.runs(limit=1000)}
        expected = {
            f"run-{number}": RunState.ROLLED_BACK if number % 4 == 3 else RunState.SUCCEEDED
            for number in range(self._runs)
        }
        assert states == expected, self.log
        known = {
            resource.id
            for workflow_id in states
            for record in app.operations(workflow_id)
            if record.state is OperationState.SUCCEEDED
            for resource in record.resources
        }
        there = self.fleet.cloud.servers()
        assert {server.id for server in there} == known, self.log
        assert len(there) == (self._size - 1) * sum(state is RunState.SUCCEEDED for state in states.values())
        tokens = Counter(server.client_token for server in self.fleet.cloud.made())
        assert max(tokens.values()) == 1, self.log
        assert app.journal_care.check() == []
        requests = self.fleet.cloud.requests()
        steps = sorted([(one.began, 1) for one in requests] + [(one.at, -1) for one in requests])
        now = most = 0
        for _, step in steps:
            now += step
            most = max(most, now)
        assert most <= MOST, self.log
        moments = sorted(one.began for one in requests)
        left = busiest = 0
        for right, moment in enumerate(moments):
            while moment - moments[left] >= 1.0:
                left += 1
            busiest = max(busiest, right - left + 1)
        assert busiest <= RATE + MOST, self.log
