"""Workers from the command line: what they serve, what is seen of them, and what is refused."""

import json
import signal
from pathlib import Path

from tests.fleet import Fleet, until
from tests.postgres import running_server


def test_an_engine_without_workers(run, workspace: Path) -> None:
    """Both commands say what to set, and nothing is begun."""
    for words in (("worker",), ("cluster", "status")):
        result = run(*words)
        assert (result.exit_code, "the engine 'threads' has no workers" in result.stderr) == (2, True), result.stderr
    assert run("worker", "--concurrency", "0").exit_code == 2
    assert run("cluster", "status").exit_code == 2


def test_a_fleet_is_seen(tmp_path: Path, run, monkeypatch) -> None:
    """Workers with pools and versions, what waits and for whom, and who drives which run."""
    with running_server() as server:
        fleet = Fleet(tmp_path, server)
        try:
            worker = fleet.worker("--pool", "eu", "--pool", "us", "--concurrency", "3")
            away = {"id": "a", "kind": "command", "parameters": {"command": ["true"]}, "pool": "mars"}
            driver = fleet.driver({"workflow_id": "wf", "name": "flow", "operations": [away]})
            until(lambda: fleet.rows("SELECT count(*) FROM procrastinate_jobs") == [(1,)])
            monkeypatch.chdir(fleet.folder)
            data = json.loads(run("cluster", "status", "-o", "json").stdout)["data"]
            (seen,) = data["workers"]
            assert (seen["pools"], seen["concurrency"], seen["state"]) == (["eu", "us"], 3, "working")
            assert seen["versions"]["kinds"] == seen["core"]
            (queue,) = data["queues"]
            assert (queue["pool"], queue["needs"], queue["waiting"], queue["served"]) == ("mars", "kinds 1", 1, 0)
            (lease,) = data["leases"]
            assert (lease["workflow_id"], f"/{driver.pid}/" in lease["driven_by"]) == ("wf", True)
            lines = run("cluster", "status").stdout.splitlines()
            assert lines[0].split() == ["WORKER", "STATE", "POOLS", "RUNNING", "CORE", "SEEN"]
            assert f"/{worker.pid}" in lines[1]
            driver.process.send_signal(signal.SIGINT)
            assert driver.process.wait(60) == 130, driver.said
            assert fleet.rows("SELECT count(*) FROM procrastinate_jobs") == [(0,)]
            assert worker.end() == 0
            assert json.loads(run("cluster", "status", "-o", "json").stdout)["data"]["workers"] == []
        finally:
            fleet.close()
