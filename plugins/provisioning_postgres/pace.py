"""A pace that the whole fleet keeps: the turns in which one provider instance is called, given out by the server."""

import time

import psycopg

from provisioning_postgres.connections import Connections

__all__ = ["FleetPace"]

TAKE = """
INSERT INTO paces AS known (instance, next_at) VALUES (%(instance)s, %(now)s + %(spacing)s)
ON CONFLICT (instance) DO UPDATE SET next_at = greatest(%(now)s, known.next_at, known.resumes_at) + %(spacing)s
RETURNING next_at - %(spacing)s - %(now)s
"""

PAUSE = """
INSERT INTO paces AS known (instance, resumes_at) VALUES (%s, %s)
ON CONFLICT (instance) DO UPDATE SET resumes_at = greatest(known.resumes_at, excluded.resumes_at)
"""

OPENS = "SELECT greatest(next_at, resumes_at) FROM paces WHERE instance = %s"

KNOWN_FOR = 0.25
"""Seconds for which a look at a pace is remembered: a pause that another host was asked for is seen that late."""


class FleetPace:
    """`provisioning.contract.AnyPace` over the journal's server; times are by its clock.

    A pace without a rate costs nothing until its cloud asks for a pause, but a look every quarter of a second.
    """

    def __init__(self, connections: Connections, instance: str, rate: float | None) -> None:
        self._connections = connections
        self._instance = instance
        self._spacing = 0.0 if rate is None else 1.0 / rate
        self._looked_at = float("-inf")
        self._opens_at = 0.0

    def take(self) -> float:
        """Take the next turn, and return how long it is away, in seconds."""
        if not self._spacing:
            return self.opens_in()
        now = self._connections.now()
        values = {"instance": self._instance, "now": now, "spacing": self._spacing}

        def work(connection: psycopg.Connection) -> float:
            row = connection.execute(TAKE, values).fetchone()
            return 0.0 if row is None else float(row[0])

        seconds = max(0.0, self._connections.run(work))
        return seconds if seconds > 1e-6 else 0.0

    def opens_in(self) -> float:
        """Return how long the next turn is away, in seconds, taking none."""
        if time.monotonic() - self._looked_at > KNOWN_FOR:
            self._looked_at = time.monotonic()
            row = self._connections.run(lambda connection: connection.execute(OPENS, (self._instance,)).fetchone())
            self._opens_at = 0.0 if row is None else float(row[0])
        return max(0.0, self._opens_at - self._connections.now())

    def pause(self, seconds: float) -> None:
        """Let nobody of the fleet have a turn for so long."""
        until = self._connections.now() + seconds
        self._connections.run(lambda connection: connection.execute(PAUSE, (self._instance, until)).rowcount)
        self._opens_at = max(self._opens_at, until)
