"""What drivers and workers agree on: queues by who may serve them, lanes by what may run at once, and the dead.

A queue holds the jobs of one pool that need the same extensions in compatible versions, so that a worker never fetches
what it cannot do. A lane is a lock of Procrastinate's, of which one job runs at a time: an operation's calls stand in
one lane, so that no two of them ever overlap, whoever ordered them; and a provider instance has as many lanes as calls
it may have at once, over the whole fleet. A job that is under way when its worker dies holds its lane until that is
certain.
"""

import hashlib
import zlib
from typing import Any

import psycopg

from provisioning.contract.engine import Job, Route
from provisioning.contract.holder import is_dead
from provisioning.contract.wire import error_answer
from provisioning.contract.worker import WorkerOffer, compatible
from provisioning.errors import Ambiguous
from provisioning_postgres.encoding import encode

__all__ = ["DEAD_AFTER", "TASK", "forget", "lane_of", "needs_of", "priority_of", "queue_of", "queues_of", "rescue"]

TASK = "carry_out"
"""The one task of the queue."""

DEAD_AFTER = 15.0
"""Seconds after which a worker counts as dead that has not been heard of; on its own host that is known at once."""

NOBODYS = """(worker_id IS NULL OR worker_id IN (
    SELECT id FROM procrastinate_workers WHERE last_heartbeat < clock_timestamp() - make_interval(secs => %s)
    AND id NOT IN (SELECT queue_worker FROM workers WHERE queue_worker IS NOT NULL)))
"""
"""Which jobs belong to workers that nobody knows, such as one that died before it was known."""

_OF_RUN = 10_000


def queue_of(route: Route, pool: str) -> str:
    """Return the queue of a route in a pool: at most 40 characters, as it is part of a channel's name."""
    digest = hashlib.sha256(needs_of(route).encode()).hexdigest()[:16]
    return f"{pool[:20]}.{hashlib.sha256(pool.encode()).hexdigest()[:2]}{digest}"


def needs_of(route: Route) -> str:
    """Say in words what a worker must have: `kinds 1, local 1 as eu`."""
    words = [f"{name} {compatible(version)}" for name, version in (route.kind, route.provider or ("", "")) if name]
    return ", ".join(words) + (f" as {route.instance}" if route.instance else "")


def queues_of(offer: WorkerOffer) -> list[str]:
    """Return every queue that a worker serves."""
    return sorted({queue_of(route, pool) for pool in offer.pools for route in offer.routes})


def lane_of(job: Job) -> str:
    """Return the lane of a job: its operation's own, or one of its provider instance's where there are only so many."""
    workflow_id, route = job.operation.workflow_id, job.route
    if route.instance is None or route.max_parallel is None:
        return f"{workflow_id}/{job.operation.id}"
    name = f"{workflow_id}/{job.operation.id}" if not job.position else workflow_id
    lane = (zlib.crc32(name.encode()) + job.position) % route.max_parallel
    return f"{route.instance}#{lane}"


def priority_of(priority: int, ahead: int) -> int:
    """Return the place of a job by its run's priority and by how many of the run's own jobs are `ahead` of it.

    So runs of one priority take turns: the hundredth job of one run comes after the first of any other.
    """
    return priority * _OF_RUN - min(ahead, _OF_RUN - 1)


def rescue(connection: psycopg.Connection[Any]) -> int:
    """Answer for what dead workers had under way, that it is in doubt, and forget them; return how many these were."""
    rows = connection.execute(
        "SELECT name, beat_at < clock_timestamp() - make_interval(secs => %s) FROM workers", (DEAD_AFTER,)
    ).fetchall()
    gone = [name for name, is_late in rows if is_late or is_dead(name)]
    count = 0
    for name in gone:
        with connection.transaction():
            count += forget(connection, name)
    with connection.transaction():
        _answer_for(connection, NOBODYS, (DEAD_AFTER,))
    return count


def forget(connection: psycopg.Connection[Any], name: str) -> int:
    """Take a worker away inside a transaction, with an answer for what it had under way; return how many there were."""
    row = connection.execute(
        "SELECT queue_worker FROM workers WHERE name = %s FOR UPDATE SKIP LOCKED", (name,)
    ).fetchone()
    if row is None:
        return 0
    if row[0] is not None:
        _answer_for(connection, "worker_id = %s", (row[0],))
        connection.execute("DELETE FROM procrastinate_workers WHERE id = %s", (row[0],))
    connection.execute("DELETE FROM workers WHERE name = %s", (name,))
    return 1


def _answer_for(connection: psycopg.Connection[Any], condition: str, values: tuple[object, ...]) -> None:
    """Take away what is under way and nobody works on, with an answer to whoever ordered it."""
    lost = connection.execute(
        f"DELETE FROM procrastinate_jobs WHERE status = 'doing' AND {condition} RETURNING args".encode(),  # noqa: S608
        values,
    ).fetchall()
    for (order,) in lost:
        error = Ambiguous(
            f"the worker that carried out {order['step']} of operation {order['operation']} is gone",
            provider=order["provider"],
            hint="what it did is asked for",
        )
        connection.execute(
            "INSERT INTO answers (workflow_id, fence, ticket, answer) VALUES (%s, %s, %s, %s)",
            (order["workflow_id"], order["fence"], order["ticket"], encode(error_answer(error))),
        )
        connection.execute("SELECT pg_notify(%s, '')", (order["reply"],))
