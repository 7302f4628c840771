"""The queue's tables beside the journal: Procrastinate's own, and ours for workers, answers and paces."""

from procrastinate.schema import SchemaManager

__all__ = ["CREATE"]

_OURS = """
CREATE TABLE workers (
    name text PRIMARY KEY,
    queue_worker bigint,
    host text NOT NULL,
    pools text[] NOT NULL,
    queues text[] NOT NULL,
    concurrency integer NOT NULL,
    running integer NOT NULL DEFAULT 0,
    state text NOT NULL,
    core text NOT NULL,
    versions jsonb NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    beat_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE answers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workflow_id text NOT NULL,
    fence bigint NOT NULL,
    ticket bigint NOT NULL,
    answer text NOT NULL
);
CREATE INDEX answers_of_a_run ON answers (workflow_id, fence, id);

CREATE TABLE paces (
    instance text PRIMARY KEY,
    next_at double precision NOT NULL DEFAULT 0,
    resumes_at double precision NOT NULL DEFAULT 0
);

CREATE FUNCTION tell_of_a_free_lane() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    next_queue text;
    next_job bigint;
BEGIN
    SELECT queue_name, id INTO next_queue, next_job FROM procrastinate_jobs
    WHERE lock = OLD.lock AND status = 'todo' ORDER BY priority DESC, id LIMIT 1;
    IF FOUND THEN
        PERFORM pg_notify('procrastinate_queue_v1#' || next_queue,
                          json_build_object('type', 'job_inserted', 'job_id', next_job)::text);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_of_a_free_lane AFTER DELETE ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status = 'doing' AND OLD.lock IS NOT NULL) EXECUTE FUNCTION tell_of_a_free_lane();

CREATE FUNCTION give_answer(
    of_workflow text, of_fence bigint, of_ticket bigint, given text, job bigint, worker bigint, reply text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO answers (workflow_id, fence, ticket, answer) SELECT of_workflow, of_fence, of_ticket, given
    WHERE EXISTS (SELECT 1 FROM procrastinate_jobs WHERE id = job AND status = 'doing' AND worker_id = worker);
    PERFORM pg_notify(reply, '');
END $$;

CREATE INDEX jobs_of_a_lane ON procrastinate_jobs (lock) WHERE status IN ('todo', 'doing');
CREATE INDEX jobs_of_a_run ON procrastinate_jobs ((args ->> 'workflow_id'));
ALTER TABLE procrastinate_jobs SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
"""
"""`answers` are what workers tell drivers; one that a crash of the server loses leaves a doubt to be settled, so it
need not be waited for. When the order is not the worker's any more, its answer comes too late, and is dropped.

Procrastinate lets one job of a lock run at a time, and looks again only when a job comes: the trigger tells workers
that a lock was let go of while somebody waits for it.
"""

CREATE = f"{SchemaManager.get_schema()}\n{_OURS}"
"""Everything that makes the queue."""
