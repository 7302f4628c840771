"""Workers: processes that carry out what others order, with what only they have; nothing is lost when they die."""

import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from provisioning.app import App
from provisioning.contract import EventKind, OperationState, RunState
from provisioning.errors import ConfigurationError
from provisioning.testing.cloud import EXTENSIONS
from tests.fleet import Fleet, until
from tests.postgres import Server


@pytest.fixture
def fleet(tmp_path: Path, server: Server) -> Iterator[Fleet]:
    """Yield a fleet without members."""
    fleet = Fleet(tmp_path, server)
    yield fleet
    fleet.close()


def command(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "command", "parameters": {"command": ["sh", "-c", text], "on_doubt": "retry"}, **more}


def machine(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "server_create", "provider": "cloud", "parameters": {"name": name}, **more}


def flow(*operations: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"workflow_id": "wf", "name": "flow", "operations": list(operations), **more}


def outputs(fleet: Fleet, workflow_id: str = "wf") -> dict[str, str]:
    with fleet.open() as app:
        return {
            record.operation_id: str((record.result or {}).get("stdout", "")).strip()
            for record in app.operations(workflow_id)
        }


def test_operations_run_in_workers(fleet: Fleet) -> None:
    """In their processes and not in the driver's; results, output and servers are the driver's to record."""
    workers = [fleet.worker("--concurrency", "2") for _ in range(2)]
    with fleet.open() as app:
        slow = "echo $PPID; sleep 0.2"
        operations = [command(f"c{number}", slow) for number in range(6)]
        after = command("after", "echo {{operations.c0.result.exit_status}}")
        report = app.run(flow(*operations, machine("web"), after))
        assert report.state is RunState.SUCCEEDED
        kinds = {event.kind for event in app.events("wf")}
        assert EventKind.OPERATION_OUTPUT in kinds
        assert app.journal_care.check() == []
    told = outputs(fleet)
    assert {int(told[f"c{number}"]) for number in range(6)} == {worker.pid for worker in workers}
    assert told["after"] == "0"
    assert [server.name for server in fleet.cloud.servers()] == ["web"]
    assert fleet.rows("SELECT (SELECT count(*) FROM procrastinate_jobs), (SELECT count(*) FROM answers)") == [(0, 0)]
    for worker in workers:
        assert worker.end() == 0


def test_a_failure_is_rolled_back_by_workers(fleet: Fleet) -> None:
    """Errors are what they are where operations run in threads, and so is what undoes them."""
    fleet.worker()
    with fleet.open() as app:
        report = app.run(flow(machine("web"), machine("odd", zones=["nowhere"]), dependencies={"odd": ["web"]}))
        assert report.state is RunState.ROLLED_BACK
        assert report.error is not None
        assert (report.error.code, "has no zone" in report.error.message) == ("InvalidRequest", True)
        states = {record.operation_id: record.state for record in app.operations("wf")}
    assert states == {"web": OperationState.COMPENSATED, "odd": OperationState.FAILED}
    assert fleet.cloud.servers() == []


def test_no_parameter_travels(fleet: Fleet) -> None:
    """What lies in the queue names an operation: secrets are resolved where they are used, and hidden in answers."""
    fleet.environ["DEEP_SECRET"] = "s3cr3t-value"
    fleet.configure(
        {
            "store": {"url": fleet.url},
            "engine": {"type": "workers"},
            "vars": {"password": "{{env.DEEP_SECRET}}"},
        }
    )
    with fleet.open() as app:
        run = app.start(flow(command("a", "echo {{vars.password}} >> seen; echo {{vars.password}}")))
        until(lambda: fleet.rows("SELECT count(*) FROM procrastinate_jobs") == [(1,)])
        ((order,),) = fleet.rows("SELECT args::text FROM procrastinate_jobs")
        assert "s3cr3t-value" not in order
        fleet.worker()
        assert run.wait().state is RunState.SUCCEEDED
    assert (fleet.folder / "seen").read_text().strip() == "s3cr3t-value"


def test_a_worker_with_another_configuration_is_found_out(fleet: Fleet) -> None:
    """It would do something else than was planned: it is refused before anything is called."""
    fleet.environ["WORD"] = "one"
    fleet.worker(environ={"WORD": "two"})
    with fleet.open() as app:
        report = app.run(flow(command("a", "echo {{env.WORD}} >> seen")))
        assert report.state is RunState.ROLLED_BACK
        assert report.error is not None
        assert "has other parameters at this worker than at the driver of its run" in report.error.message
    assert not (fleet.folder / "seen").exists()


def test_pools(fleet: Fleet) -> None:
    """An operation names its pool, or its provider instance does; each goes to a worker of that pool alone."""
    fleet.configure(
        {
            "store": {"url": fleet.url},
            "engine": {"type": "workers"},
            "providers": {"local": {"type": "local", "pool": "near", "directory": str(fleet.folder / "servers")}},
        }
    )
    at_large, eu = fleet.worker(), fleet.worker("--pool", "eu", "--pool", "near")
    with fleet.open() as app:
        nested = {"name": "inner", "operations": [command("inside", "echo $PPID")]}
        report = app.run(
            flow(
                command("any", "echo $PPID"),
                command("there", "echo $PPID", pool="eu"),
                {"id": "net", "kind": "workflow", "pool": "eu", "parameters": {"document": nested}},
                {"id": "s", "kind": "server_create", "provider": "local", "parameters": {"name": "s", "size": "small"}},
                {
                    "id": "gone",
                    "kind": "server_delete",
                    "provider": "local",
                    "parameters": {"server_id": "{{operations.s.result.id}}"},
                },
            )
        )
        assert report.state is RunState.SUCCEEDED, report.error
    told = outputs(fleet)
    assert (told["any"], told["there"], told["net.inside"]) == (str(at_large.pid), str(eu.pid), str(eu.pid))


def test_secrets_that_only_the_worker_has(fleet: Fleet) -> None:
    """A driver needs neither the secrets of a provider nor to reach it."""
    key = {"type": "fake", "state": "{{env.ONLY_THERE}}", "pool": "inside"}
    fleet.configure(
        {
            "store": {"url": fleet.url},
            "engine": {"type": "workers"},
            "extensions": {"paths": [str(EXTENSIONS)]},
            "providers": {"cloud": key},
        }
    )
    fleet.worker("--pool", "inside", environ={"ONLY_THERE": str(fleet.folder.parent / "cloud.db")})
    with fleet.open() as app:
        with pytest.raises(ConfigurationError, match="ONLY_THERE"):
            app.provider("cloud")
        assert app.run(flow(machine("web"))).state is RunState.SUCCEEDED
    assert [server.name for server in fleet.cloud.servers()] == ["web"]


def test_no_worker_is_there(fleet: Fleet) -> None:
    """The run says so, with what is missing, and goes on as soon as one comes."""
    with fleet.open() as app:
        run = app.start(flow(command("a", "true", pool="eu")))
        waiting = until(lambda: [e for e in app.events("wf") if e.kind == EventKind.WORKER_AWAITED])
        assert waiting[0].operation_id == "a"
        assert waiting[0].data["reason"] == "no worker of pool eu is there; it needs kinds 1"
        fleet.worker("--pool", "eu")
        assert run.wait().state is RunState.SUCCEEDED


EXTENSION = """[extension]
name = "own"
version = "{version}"
type = "workflow"
description = "One kind"
[compatibility]
provisioning = ">=1.0.0a1,<2"
hook_api = "1"
python = ">=3.11"
[entry_points]
workflow = "own_plugin:Plugin"
[workflow]
operation_kinds = ["own_kind"]
"""

PLUGIN = """
from provisioning.contract import Done, OperationKind, hookimpl
class Handler:
    @hookimpl
    def run_operation(self, operation):
        return Done({"version": "VERSION"})
class Plugin:
    @hookimpl
    def operation_kinds(self):
        return [OperationKind("own_kind", "own", {"type": "object"}, Handler())]
"""


def _own(folder: Path, version: str) -> str:
    place = folder / "own"
    place.mkdir(parents=True)
    (place / "extension.toml").write_text(EXTENSION.format(version=version))
    (place / "own_plugin.py").write_text(PLUGIN.replace("VERSION", version))
    return str(folder)


def test_only_a_worker_with_a_compatible_version_takes_it(fleet: Fleet, tmp_path: Path) -> None:
    """One of another major version is passed by, and the run says who is there; one of another minor version may."""
    mine, odd, near = (_own(tmp_path / name, v) for name, v in (("a", "1.4.0"), ("b", "2.0.0"), ("c", "1.5.1")))
    fleet.worker("--extension-path", odd)
    with fleet.open(extension_paths=[mine]) as app:
        run = app.start(flow({"id": "a", "kind": "own_kind"}))
        waiting = until(lambda: [e for e in app.events("wf") if e.kind == EventKind.WORKER_AWAITED])
        reason = waiting[0].data["reason"]
        assert reason.startswith("no worker of pool default has own 1; there is: ")
        assert "own 2.0.0" in reason
        fleet.worker("--extension-path", near)
        assert run.wait().state is RunState.SUCCEEDED
        assert [record.result for record in app.operations("wf")] == [{"version": "1.5.1"}]


def test_a_signal_drains_a_worker(fleet: Fleet) -> None:
    """It takes nothing more, what is under way ends and is recorded, and then it ends with it."""
    worker = fleet.worker()
    os.mkfifo(fleet.folder / "gate")
    with fleet.open() as app:
        run = app.start(flow(command("a", "read x < gate"), command("b", "echo $PPID"), dependencies={"b": ["a"]}))
        until(lambda: fleet.rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == [(1,)])
        worker.process.send_signal(signal.SIGTERM)
        until(lambda: fleet.rows("SELECT state FROM workers") == [("draining",)])
        (fleet.folder / "gate").write_text("go\n")
        assert worker.process.wait(60) == 0
        until(lambda: {r.operation_id: r.state for r in app.operations("wf")}["a"] is OperationState.SUCCEEDED)
        other = fleet.worker()
        assert run.wait().state is RunState.SUCCEEDED
    assert outputs(fleet)["b"] == str(other.pid)


def test_a_worker_with_its_hands_full_gives_signs_of_life(fleet: Fleet) -> None:
    """However long its orders take, and however many it has at once, nobody takes it for dead."""
    worker = fleet.worker("--concurrency", "2")
    os.mkfifo(fleet.folder / "gate")
    with fleet.open() as app:
        run = app.start(flow(*(command(f"c{number}", "read x < gate") for number in range(2))))
        until(lambda: fleet.rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == [(2,)])
        ((then,),) = fleet.rows("SELECT beat_at FROM workers")
        until(lambda: fleet.rows("SELECT running FROM workers WHERE beat_at > %s + interval '3 s'", then) == [(2,)])
        (fleet.folder / "gate").write_text("go\n" * 2)
        until(lambda: run.is_over or bool((fleet.folder / "gate").write_text("go\n")))
        assert run.wait().state is RunState.SUCCEEDED
    assert "begins anew" not in worker.said


def test_a_second_signal_ends_a_worker_at_once(fleet: Fleet) -> None:
    """What it had under way is in doubt, and another worker settles it."""
    worker = fleet.worker()
    os.mkfifo(fleet.folder / "gate")
    with fleet.open() as app:
        run = app.start(flow(command("a", "echo x >> log; [ $(wc -l < log) -gt 1 ] || read x < gate")))
        until((fleet.folder / "log").exists)
        worker.process.send_signal(signal.SIGTERM)
        until(lambda: fleet.rows("SELECT state FROM workers") == [("draining",)])
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(10) == 128 + signal.SIGTERM
        fleet.worker()
        assert run.wait().state is RunState.SUCCEEDED
        assert sum(event.kind == EventKind.OPERATION_STARTED for event in app.events("wf")) == 2


def test_a_worker_that_is_killed_in_the_middle_of_a_call(fleet: Fleet) -> None:
    """What it did is found by its token, whether the call had arrived or not: one server, and no more."""
    slow = {"cloud": {"type": "fake", "state": str(fleet.folder.parent / "cloud.db"), "latency": 0.3}}
    fleet.configure(
        {
            "store": {"url": fleet.url},
            "engine": {"type": "workers"},
            "extensions": {"paths": [str(EXTENSIONS)]},
            "providers": slow,
        }
    )
    with fleet.open() as app:
        run = app.start(flow(*(machine(f"web-{number}") for number in range(5))))
        for _ in range(3):
            worker = fleet.worker()
            until(lambda: run.is_over or fleet.rows("SELECT 1 FROM procrastinate_jobs WHERE status = 'doing'"))
            worker.kill()
        fleet.worker()
        assert run.wait().state is RunState.SUCCEEDED
        assert app.journal_care.check() == []
    assert sorted(server.name for server in fleet.cloud.made()) == [f"web-{number}" for number in range(5)]


def test_a_worker_that_is_stopped_for_long_is_taken_for_dead(fleet: Fleet) -> None:
    """Others go on; when it wakes, it calls nothing more for what it had, and begins anew."""
    paused = fleet.worker("--concurrency", "1")
    os.mkfifo(fleet.folder / "gate")
    with fleet.open() as app:
        run = app.start(flow(command("a", "echo $PPID >> log; [ $(wc -l < log) -gt 1 ] || read x < gate")))
        until((fleet.folder / "log").exists)
        paused.process.send_signal(signal.SIGSTOP)
        fleet.rows("UPDATE workers SET beat_at = beat_at - interval '1 minute' RETURNING 1")
        other = fleet.worker()
        assert run.wait().state is RunState.SUCCEEDED
        paused.process.send_signal(signal.SIGCONT)
        (fleet.folder / "gate").write_text("go\n")
        until(lambda: "begins anew" in paused.said)
        until(lambda: len(fleet.rows("SELECT 1 FROM workers")) == 2)
    assert (fleet.folder / "log").read_text().split() == [str(paused.pid), str(other.pid)]
    assert paused.end() == 0


def test_a_driver_that_is_killed_is_replaced_by_a_worker(fleet: Fleet) -> None:
    """A worker takes the lease over, and what was ordered before is not done twice."""
    fleet.worker()
    chain = {f"c{number}": [f"c{number - 1}"] for number in range(1, 12)}
    operations = [machine(f"c{number}") for number in range(12)]
    driver = fleet.driver(flow(*operations, dependencies=chain))
    with fleet.open() as app:
        until(lambda: any(run.workflow_id == "wf" for run in app.runs()))
        until(lambda: any(event.operation_id == "c3" for event in app.events("wf")))
        driver.kill()
        until(lambda: app.status("wf").state is RunState.SUCCEEDED)
        assert app.journal_care.check() == []
    assert sorted(server.name for server in fleet.cloud.made()) == sorted(f"c{number}" for number in range(12))


def test_the_server_is_restarted_under_a_fleet(tmp_path: Path, own_server: Server) -> None:
    """Workers and driver wait for it, and everything goes on."""
    fleet = Fleet(tmp_path, own_server)
    try:
        fleet.worker()
        chain = {f"c{number}": [f"c{number - 1}"] for number in range(1, 20)}
        with fleet.open() as app:
            run = app.start(flow(*(machine(f"c{number}") for number in range(20)), dependencies=chain))
            for _ in range(2):
                own_server.kill()
                own_server.start()
            assert run.wait().state is RunState.SUCCEEDED
            assert app.journal_care.check() == []
        assert len(fleet.cloud.made()) == 20
    finally:
        fleet.close()


def test_a_cancelled_run_reaches_its_workers(fleet: Fleet) -> None:
    """What is under way is recorded, what lies in a queue is taken back, and everything is undone."""
    fleet.worker("--concurrency", "1")
    os.mkfifo(fleet.folder / "gate")
    with fleet.open() as app:
        run = app.start(flow(command("a", "read x < gate"), command("b", "echo b >> log")), on_failure="stop")
        until(lambda: fleet.rows("SELECT status FROM procrastinate_jobs ORDER BY id") == [("doing",), ("todo",)])
        app.cancel("wf")
        (fleet.folder / "gate").write_text("go\n")
        assert run.wait().state in (RunState.INTERRUPTED, RunState.SUCCEEDED)


def test_a_call_that_takes_too_long_is_told_to_end(fleet: Fleet) -> None:
    """The wish reaches the worker, which ends the program and answers."""
    fleet.worker()
    with fleet.open() as app:
        report = app.run(flow(command("a", "sleep 600", timeout=1.0)))
        assert report.error is not None
        assert report.error.code in ("OperationTimedOut", "OperationInDoubt")
    until(lambda: fleet.rows("SELECT count(*) FROM procrastinate_jobs") == [(0,)])


def test_waiting_in_a_queue_takes_no_time_of_the_call(fleet: Fleet) -> None:
    """A call whose provider has a short time-out may wait longer for a worker than that."""
    settings = {"type": "fake", "state": str(fleet.folder.parent / "cloud.db"), "timeout": 0.5}
    fleet.configure(
        {
            "store": {"url": fleet.url},
            "engine": {"type": "workers"},
            "extensions": {"paths": [str(EXTENSIONS)]},
            "providers": {"cloud": settings},
        }
    )
    with fleet.open() as app:
        run = app.start(flow(machine("web")))
        until(lambda: any(event.kind == EventKind.WORKER_AWAITED for event in app.events("wf")))
        fleet.worker()
        assert run.wait().state is RunState.SUCCEEDED
        assert not any(event.kind == EventKind.OPERATION_RETRIED for event in app.events("wf"))


def test_the_engine_needs_the_store_beside_it(tmp_path: Path) -> None:
    """A queue without its journal is refused, with what to write."""
    (tmp_path / "config.user.toml").write_text('[engine]\ntype = "workers"\n')
    fleet_of_nobody = {"engine.type": "workers"}
    with App.open(tmp_path, overrides=fleet_of_nobody, environ={"HOME": str(tmp_path)}) as app:
        with pytest.raises(ConfigurationError, match="needs a journal on a PostgreSQL server"):
            app.run(flow(command("a", "true")))
        assert app.runs() == []


def test_an_id_that_is_used_again(fleet: Fleet) -> None:
    """A worker that knew the run which had the id before, and was forgotten, carries out what the new one says."""
    fleet.worker()
    with fleet.open() as app:
        assert app.run(flow(command("a", "echo old >> log"))).state is RunState.SUCCEEDED
        assert app.journal_care.forget(app.journal_care.candidates(-1.0))
        assert app.run(flow(command("a", "echo new >> log"), command("b", "true"))).state is RunState.SUCCEEDED
    assert (fleet.folder / "log").read_text().split() == ["old", "new"]
