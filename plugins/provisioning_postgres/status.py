"""The fleet as it is now: its workers, and what waits for them."""

import psycopg

from provisioning.contract import ClusterStatus, QueueInfo, WorkerInfo

__all__ = ["cluster_status"]

WORKERS = """
SELECT name, host, pools, concurrency, running, state, core, versions, extract(epoch FROM started_at)::float8,
       extract(epoch FROM clock_timestamp() - beat_at)::float8
FROM workers ORDER BY started_at
"""

QUEUES = """
SELECT args ->> 'pool', args ->> 'needs', count(*) FILTER (WHERE status = 'todo'),
       count(*) FILTER (WHERE status = 'doing'),
       coalesce(extract(epoch FROM clock_timestamp() - min(at) FILTER (WHERE status = 'todo')), 0)::float8,
       (SELECT count(*) FROM workers WHERE queue_name = ANY(queues) AND state = 'working')
FROM procrastinate_jobs AS jobs
LEFT JOIN procrastinate_events AS events ON events.job_id = jobs.id AND type = 'deferred'
WHERE status IN ('todo', 'doing')
GROUP BY queue_name, args ->> 'pool', args ->> 'needs' ORDER BY 1, 2
"""


def cluster_status(connection: psycopg.Connection) -> ClusterStatus:
    """Return it, as one connection sees it."""
    workers = [
        WorkerInfo(name, host, tuple(pools), concurrency, running, state, core, versions, started_at, seen_ago)
        for name, host, pools, concurrency, running, state, core, versions, started_at, seen_ago in connection.execute(
            WORKERS
        )
    ]
    return ClusterStatus(workers, [QueueInfo(*row) for row in connection.execute(QUEUES)])
