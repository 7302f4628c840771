"""The fleet as a server shows it: on the page, and to Prometheus."""

from pathlib import Path

from tests.api.serving import serving
from tests.fleet import Fleet, until
from tests.postgres import running_server


def test_workers_queues_and_leases_are_shown(tmp_path: Path) -> None:
    """The same as `cluster status`: who is there, what waits and for whom, and who drives what."""
    with running_server() as server:
        fleet = Fleet(tmp_path, server)
        try:
            worker = fleet.worker("--pool", "eu", "--concurrency", "7")
            away = {"id": "a", "kind": "command", "parameters": {"command": ["true"]}, "pool": "mars"}
            fleet.driver({"workflow_id": "wf", "name": "flow", "operations": [away]})
            until(lambda: fleet.rows("SELECT count(*) FROM procrastinate_jobs") == [(1,)])
            with fleet.open() as app, serving(app) as ask:
                page = ask.get("/ui/workers").content.decode()
                assert f"process {worker.pid}" in page
                assert "0 of 7" in page
                assert "<strong>none: it waits for one</strong>" in page
                assert '<a href="/ui/runs/wf">wf</a>' in page
                lines = ask.get("/metrics").content.decode().splitlines()
        finally:
            fleet.close()
    assert 'provisioning_workers{pool="eu"} 1' in lines
    assert 'provisioning_workers_capacity{pool="eu"} 7' in lines
    assert 'provisioning_orders_waiting{pool="mars"} 1' in lines
    assert any(line.startswith('provisioning_orders_oldest_seconds{pool="mars"} ') for line in lines)
    assert "provisioning_leases 1" in lines
