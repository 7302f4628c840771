"""Fail-over: where there is no room an operation is tried elsewhere, once nothing of it is left."""

from contextlib import suppress
from typing import Any

import pytest

from provisioning.contract import Absent, Done, OperationState, Pending, ProviderLimits, Resource, RunState
from provisioning.errors import CapacityUnavailable, ConfigurationError, InvalidRequest, OperationFailed
from provisioning.store.writer import SqliteRunWriter
from provisioning.workflow import Report, Runner, read_report, submit
from tests.workflow.scripted import Stage, make, server

FULL = CapacityUnavailable("no room for this size")
ZONES = ["eu-a", "eu-b", "eu-c"]


@pytest.fixture(autouse=True)
def clouds(stage: Stage) -> None:
    stage.clouds.limits |= {name: ProviderLimits(listing_lag=5.0) for name in ("cloud", "east", "west")}


def run(stage: Stage, *operations: dict[str, Any], **document: Any) -> Report:
    plan = stage.plan({"name": "test", "operations": list(operations), **document})
    submit(plan, stage.journal)
    Runner(plan, stage.surroundings).run(is_new=True)
    return read_report(stage.journal, plan.workflow_id)


def tried(stage: Stage) -> list[tuple[str | None, Any, str]]:
    """Return where each call that acts went: provider, zone and client token."""
    calls = zip(stage.script.log, stage.script.operations, strict=True)
    return [
        (operation.provider, operation.parameters.get("zone"), operation.client_token)
        for call, operation in calls
        if call.startswith("run ")
    ]


def test_the_next_zone_is_tried_with_a_fresh_token(stage: Stage) -> None:
    """In the order of the document, and the token of a place is never sent to another one."""
    stage.script.on("web", "run", FULL, FULL, Done())
    assert run(stage, server("web", zones=ZONES)).state is RunState.SUCCEEDED
    assert tried(stage) == [("cloud", zone, f"token-{n}") for n, zone in enumerate(ZONES, start=1)]


def test_the_next_provider_is_tried(stage: Stage) -> None:
    """The journal tells where it ended up, and why it went on."""
    stage.script.on("web", "run", FULL, Done())
    run(stage, server("web", provider=["east", "west"]))
    assert [place[0] for place in tried(stage)] == ["east", "west"]
    record = stage.journal.get_operation("wf-1", "web")
    assert record is not None
    assert (record.provider, record.generation, record.state) == ("west", 2, OperationState.SUCCEEDED)
    moved = [event.data for event in stage.journal.list_events("wf-1") if event.kind == "OperationMoved"]
    assert [(data["reason"], data["to"]) for data in moved] == [("no room at east", "west")]


def test_it_goes_on_when_the_failed_attempt_is_proved_gone(stage: Stage) -> None:
    """The cloud is asked for as long as its listing may lag; only then does a fresh token go out."""
    stage.script.on("web", "run", FULL, Done())
    run(stage, server("web", provider=["east", "west"]))
    assert set(stage.script.log[2:-2]) == {"settle web"}
    assert stage.script.log[-2:] == ["prepare web", "run web"]
    assert stage.clock.now >= 5.0


def test_what_the_failed_attempt_has_left_is_undone_first(stage: Stage) -> None:
    """A cloud may say that it has no room and have made something all the same."""
    stage.script.on("web", "run", FULL, Done())
    stage.script.on("web", "settle", Pending(0.0, {}, (Resource("server", "half"),)))
    assert run(stage, server("web", provider=["east", "west"])).state is RunState.SUCCEEDED
    assert stage.script.log == [f"{hook} web" for hook in ("prepare", "run", "settle", "compensate", "prepare", "run")]
    where = [operation.provider for operation in stage.script.operations]
    assert where == ["east", "east", "east", "east", "west", "west"]


def test_the_last_error_counts_when_everything_was_tried(stage: Stage) -> None:
    """Each place once, and nothing is left to undo."""
    stage.script.on("web", "run", FULL)
    report = run(stage, server("web", zones=ZONES), configuration={"on_failure": "stop"})
    assert report.state is RunState.FAILED
    assert [(name, error.code) for name, error in report.failures] == [("web", "CapacityUnavailable")]
    assert [place[1] for place in tried(stage)] == ZONES


def test_only_a_lack_of_room_moves_an_operation(stage: Stage) -> None:
    """What is refused here would be refused elsewhere."""
    stage.script.on("web", "run", InvalidRequest("no such image"))
    run(stage, server("web", zones=ZONES), configuration={"on_failure": "stop"})
    assert [place[1] for place in tried(stage)] == ["eu-a"]


def test_a_rollback_undoes_it_where_it_is(stage: Stage) -> None:
    """Not where it was tried first."""
    stage.script.on("web", "run", FULL, Done(resources=(Resource("server", "one"),)))
    stage.script.on("last", "run", OperationFailed("broken"))
    operations = [server("web", provider=["east", "west"]), {"id": "last", "kind": "note"}]
    assert run(stage, *operations, dependencies={"last": ["web"]}).state is RunState.ROLLED_BACK
    assert stage.script.log[-1] == "compensate web"
    assert stage.script.operations[-1].provider == "west"


def test_the_limits_of_the_next_provider_hold(stage: Stage) -> None:
    """One that has no place waits in line there, and is prepared before it is called."""
    stage.clouds.limits["west"] = ProviderLimits(max_parallel=1)
    stage.script.on("busy", "run", Pending(30.0, {"n": 1}), Done())
    stage.script.on("web", "run", FULL, Done())
    operations = [server("busy", provider="west"), server("web", provider=["east", "west"])]
    assert run(stage, *operations).state is RunState.SUCCEEDED
    assert stage.clock.now >= 30.0
    assert stage.script.log[-2:] == ["prepare web", "run web"]
    assert [place[0] for place in tried(stage)] == ["west", "east", "west", "west"]


@pytest.mark.parametrize("zone", ZONES)
def test_a_run_that_was_cut_off_goes_on_in_its_zone(stage: Stage, zone: str) -> None:
    """Which zone the interrupted call was for follows from the digest of its parameters."""
    before = ZONES.index(zone)
    stage.script.on("web", "run", *[FULL] * before, Done())
    plan = stage.plan({"name": "test", "operations": [server("web", zones=ZONES)]})
    submit(plan, stage.journal)
    answer = stage.script.answer

    def cutting(operation: Any, called: str, default: Any) -> Any:
        if called == "run" and operation.parameters["zone"] == zone:
            assert stage.engine is not None
            stage.engine.collect = _die  # type: ignore[method-assign]
        return answer(operation, called, default)

    stage.script.answer = cutting  # type: ignore[method-assign]
    with pytest.raises(Killed):
        Runner(plan, stage.surroundings).run(is_new=True)
    stage.script.answer = answer  # type: ignore[method-assign]
    stage.script.answers.clear()
    stage.script.on("web", "settle", Absent())
    token = stage.script.operations[-1].client_token
    assert Runner(plan, stage.surroundings).run() is RunState.SUCCEEDED
    last = stage.script.operations[-1]
    assert (last.parameters["zone"], last.client_token) == (zone, token)


class Killed(BaseException):
    """The process is gone."""


def _die(timeout: float | None) -> Any:
    raise Killed


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (server("web", provider=["east", "east"]), "provider: names the same place more than once"),
        (server("web", zones=["a", "a"]), "zones: names the same place more than once"),
        (server("web", provider=["east", "west"], zones=["a"]), "zones: zones are those of one provider"),
        (server("web", zones=["a"], parameters={"zone": "b"}), "zones: zones take the place of the parameter zone"),
        ({"id": "web", "kind": "placed", "provider": "cloud", "zones": ["a"]}, "zones: placed takes no zone"),
        (server("web", provider=["east", "nowhere"]), "there is no provider instance 'nowhere'"),
        (server("web", provider=[]), "provider"),
        (make("web", zones=["a"]), "zones"),
    ],
)
def test_places_that_make_no_sense_are_refused(stage: Stage, operation: dict[str, Any], message: str) -> None:
    """Before anything is begun, with the key that is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        stage.plan({"name": "test", "operations": [operation]})
    assert message in caught.value.message


def test_a_plan_tells_where_else_it_would_go(stage: Stage) -> None:
    """The first place as ever, and the others behind it."""
    plan = stage.plan(
        {"name": "test", "operations": [server("web", zones=ZONES), server("db", provider=["east", "west"])]}
    )
    assert [(entry.provider, entry.places) for entry in plan.operations] == [
        ("cloud", ("cloud zone eu-a", "cloud zone eu-b", "cloud zone eu-c")),
        ("east", ("east", "west")),
    ]


@pytest.mark.parametrize("is_durable", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("number", range(1, 12))
def test_killed_at_any_commit_of_a_move_there_is_one_server(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, number: int, is_durable: bool
) -> None:
    """Whether the commit was durable or not: resumed, the operation ends elsewhere, and made one thing only."""
    made: set[str] = set()

    def cloud(operation: Any, called: str, default: Any) -> Any:
        if called == "run":
            if operation.provider == "east":
                raise FULL
            made.add(operation.client_token)
        if called == "compensate":
            made.discard(operation.client_token)
        is_there = operation.client_token in made
        return (Pending(0.0, {"n": 1}) if is_there else Absent()) if called == "settle" else default

    stage.script.answer = cloud  # type: ignore[method-assign]
    plan = stage.plan({"name": "test", "operations": [server("web", provider=["east", "west"])]})
    submit(plan, stage.journal)
    commit, left = SqliteRunWriter.commit, number

    def dying(self: SqliteRunWriter, batch: Any) -> int:
        nonlocal left
        left -= 1
        if left == 0 and not is_durable:
            raise Killed
        sequence = commit(self, batch)
        if left == 0:
            raise Killed
        return sequence

    monkeypatch.setattr(SqliteRunWriter, "commit", dying)
    with suppress(Killed):
        Runner(plan, stage.surroundings).run(is_new=True)
    monkeypatch.setattr(SqliteRunWriter, "commit", commit)
    assert Runner(plan, stage.surroundings).run() is RunState.SUCCEEDED
    assert len(made) == 1
