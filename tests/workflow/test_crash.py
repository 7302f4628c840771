"""Killed at any commit, and resumed or rolled back: nothing leaks, nothing doubles, nothing is lost."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioning.contract import (
    Absent,
    Batch,
    CancelMode,
    Compensation,
    CompensationAction,
    Done,
    Operation,
    OperationState,
    Pending,
    ProviderLimits,
    Resource,
    RunState,
    RunWriter,
)
from provisioning.errors import Ambiguous
from provisioning.store import examine_journal, open_journal
from provisioning.workflow import Plan, Runner, submit
from tests.workflow.scripted import Killed, Script, Stage


class Cloud:
    """A cloud that remembers tokens: it outlives every process that talks to it.

    It may lose the reply to a create, and it makes `pending` servers that run at the second look.
    """

    def __init__(self, lossy: frozenset[str] = frozenset()) -> None:
        self.servers: dict[str, str] = {}
        self.created: list[str] = []
        self.lossy = set(lossy)

    def create(self, operation: Operation) -> Any:
        token = operation.client_token
        if not operation.state:
            if token not in self.servers.values():
                self.created.append(operation.id)
                self.servers[f"i-{len(self.created)}"] = token
            if operation.id in self.lossy:
                self.lossy.discard(operation.id)
                raise Ambiguous("the reply was lost")
            return self._found(token)
        return Done({"id": self._id(token)})

    def settle(self, operation: Operation) -> Any:
        return self._found(operation.client_token) if self._id(operation.client_token) else Absent()

    def delete(self, operation: Operation) -> Done:
        server = self._id(operation.client_token)
        if server is not None:
            del self.servers[server]
        return Done()

    def _id(self, token: str) -> str | None:
        return next((server for server, owner in self.servers.items() if owner == token), None)

    def _found(self, token: str) -> Pending:
        server = self._id(token)
        assert server is not None
        data = {"server_id": server}
        undo = Compensation(CompensationAction.DELETE_RESOURCE, f"delete {server}", data)
        return Pending(0.5, data, (Resource("server", server),), undo)


class CloudScript(Script):
    """Every `make` talks to the cloud; a `note` just says what it read."""

    def __init__(self, cloud: Cloud, failing: frozenset[str]) -> None:
        super().__init__()
        self.cloud = cloud
        self.failing = failing

    def answer(self, operation: Operation, hook: str, default: Any) -> Any:
        if operation.id in self.failing and hook == "run":
            raise ValueError("this operation always fails")
        if operation.kind not in ("make", "server"):
            return super().answer(operation, hook, default)
        match hook:
            case "run":
                return self.cloud.create(operation)
            case "settle":
                return self.cloud.settle(operation)
            case "compensate":
                return self.cloud.delete(operation)
        return super().answer(operation, hook, default)


class DyingWriter:
    """A lease whose process is killed at its n-th commit, just before or just after that is durable."""

    def __init__(self, writer: RunWriter, at: int, *, after: bool) -> None:
        self._writer = writer
        self._left = at
        self._after = after
        self.workflow_id = writer.workflow_id
        self.fence = writer.fence

    def commit(self, batch: Batch) -> int:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        sequence = self._writer.commit(batch)
        if self._left == 0:
            raise Killed
        return sequence

    def renew(self) -> CancelMode | None:
        return None

    def hold(self) -> None:
        pass

    def release(self) -> None:
        pass  # a killed process gives nothing back


class DyingJournal:
    """A journal that hands out dying leases."""

    def __init__(self, journal: Any, at: int, *, after: bool) -> None:
        self._journal = journal
        self._at = at
        self._after = after

    def acquire(self, workflow_id: str, holder: str) -> DyingWriter:
        return DyingWriter(self._journal.acquire(workflow_id, holder), self._at, after=self._after)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    """Workflows of up to eight operations, in which later ones need earlier ones."""
    size = draw(st.integers(1, 8))
    names = [f"o{index}" for index in range(size)]
    kinds = draw(st.lists(st.sampled_from(["make", "make", "note"]), min_size=size, max_size=size))
    needs = {
        names[index]: sorted(draw(st.sets(st.sampled_from(names[:index]), max_size=3))) for index in range(1, size)
    }
    return {
        "name": "random",
        "operations": [{"id": name, "kind": kind} for name, kind in zip(names, kinds, strict=True)],
        "dependencies": needs,
        "configuration": {"parallelism": draw(st.integers(1, 4))},
    }


def drive_through_deaths(stage: Stage, plan: Plan, deaths: list[tuple[int, bool]], *, rollback: bool) -> RunState:
    """Drive a run with one process after the other; each of the first dies at one of its commits."""
    is_new = True
    for at, after in deaths:
        journal: Any = DyingJournal(stage.journal, at, after=after)
        surroundings = replace(stage.surroundings, journal=journal)
        try:
            state = Runner(plan, surroundings).run(is_new=is_new)
        except Killed:
            is_new = False
            expire(stage)
            state = stage.journal.get_run(plan.workflow_id).state
            if state.is_active:
                continue
        return finish(stage, plan, state, rollback=rollback)
    return finish(
        stage, plan, Runner(plan, stage.surroundings).run(is_new=is_new, rollback=rollback), rollback=rollback
    )


def finish(stage: Stage, plan: Plan, state: RunState, *, rollback: bool) -> RunState:
    """Roll back what ended forwards, when the test is about rolling back."""
    if rollback and state is not RunState.ROLLED_BACK:
        return Runner(plan, stage.surroundings).run(rollback=True)
    return state


def expire(stage: Stage) -> None:
    """Let so much time pass that the dead process's lease is over."""
    stage.wall.now += 3600


class Wall:
    """The wall clock of the journal."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def servers_known(stage: Stage, plan: Plan) -> list[str]:
    standing = (OperationState.SUCCEEDED, OperationState.WAITING, OperationState.FAILED)
    records = stage.journal.list_operations(plan.workflow_id, states=standing)
    return sorted(resource.id for record in records for resource in record.resources)


deaths_at = st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=4)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs(), deaths_at, st.booleans(), st.sets(st.integers(0, 7)), st.one_of(st.none(), st.integers(0, 7)))
def test_killed_at_any_commit_a_run_ends_with_exactly_what_the_journal_says(
    document: Mapping[str, Any], deaths: list[tuple[int, bool]], rollback: bool, lossy: set[int], failing: int | None
) -> None:
    """Servers running minus servers known is zero, and no operation has two, wherever the process was killed."""
    with tempfile.TemporaryDirectory() as folder:
        wall = Wall()
        journal = open_journal(Path(folder) / "journal.db", clock=wall, synchronous="OFF")
        try:
            stage = Stage(journal, Path(folder))
            stage.wall = wall  # type: ignore[attr-defined]
            cloud = Cloud(frozenset(f"o{index}" for index in lossy))
            stage.script = CloudScript(cloud, frozenset() if failing is None else frozenset({f"o{failing}"}))
            for kind in stage.kinds._kinds.values():
                kind.script = stage.script
            plan = stage.plan(document)
            submit(plan, journal)
            state = drive_through_deaths(stage, plan, deaths, rollback=rollback)
            check(stage, plan, cloud, state, rollback=rollback)
        finally:
            journal.close()
        assert examine_journal(Path(folder) / "journal.db") == []


def check(stage: Stage, plan: Plan, cloud: Cloud, state: RunState, *, rollback: bool) -> None:
    makes = {node.id for node in plan.nodes.values() if node.definition.kind == "make"}
    fails = bool(stage.script.failing & set(plan.nodes))  # type: ignore[attr-defined]
    assert sorted(set(cloud.created)) == sorted(cloud.created), "an operation created two servers"
    if rollback or fails:
        assert state is RunState.ROLLED_BACK
        assert cloud.servers == {}
    else:
        assert state is RunState.SUCCEEDED
        assert sorted(cloud.created) == sorted(makes)
        assert servers_known(stage, plan) == sorted(cloud.servers)
    sequences = [event.sequence for event in stage.journal.list_events(plan.workflow_id)]
    assert sequences == sorted(set(sequences))


class SlowCloud(Cloud):
    """A cloud that hides from every search what it made less than `lag` seconds ago; by its id all is there at once.

    It refuses to delete what something else still stands on.
    """

    def __init__(self, stage: Stage, plan: Plan, lossy: frozenset[str], lag: float) -> None:
        super().__init__(lossy)
        self.stage = stage
        self.plan = plan
        self.lag = lag
        self.made_at: dict[str, float] = {}

    def create(self, operation: Operation) -> Any:
        self.made_at.setdefault(operation.client_token, self.stage.clock.now)
        return super().create(operation)

    def settle(self, operation: Operation) -> Any:
        return super().settle(operation) if self._shows(operation.client_token) else Absent()

    def delete(self, operation: Operation) -> Done:
        compensation = self.stage.script.compensation
        assert compensation is not None
        known = compensation.data.get("server_id") or operation.state.get("server_id")
        if known in self.servers or (known is None and self._shows(operation.client_token)):
            standing = {self.created[int(server.removeprefix("i-")) - 1] for server in self.servers}
            above = standing.intersection(self.plan.graph.descendants(operation.id))
            assert not above, f"{operation.id} was deleted under {sorted(above)}"
            return super().delete(operation)
        return Done()

    def _shows(self, token: str) -> bool:
        return token in self.made_at and self.stage.clock.now >= self.made_at[token] + self.lag


@st.composite
def placed_graphs(draw: st.DrawFn) -> dict[str, Any]:
    """The same workflows with servers at a provider, and any word on what a failure means."""
    document = draw(graphs())
    for operation in document["operations"]:
        if operation["kind"] == "make":
            operation |= {"kind": "server", "provider": "cloud"}
    document["configuration"]["on_failure"] = draw(st.sampled_from(["rollback", "stop", "continue"]))
    return document


def drive_on(stage: Stage, plan: Plan, deaths: list[tuple[int, bool]], *, rollback: bool = False) -> RunState:
    """Drive a run on, through the deaths of its drivers, until one of them lives to its end."""
    before = stage.journal.get_run(plan.workflow_id).state
    for at, after in deaths:
        journal: Any = DyingJournal(stage.journal, at, after=after)
        try:
            return Runner(plan, replace(stage.surroundings, journal=journal)).run(rollback=rollback)
        except Killed:
            expire(stage)
            state = stage.journal.get_run(plan.workflow_id).state
            if not state.is_active and state is not before:
                return state  # it died of nothing that mattered any more
    return Runner(plan, stage.surroundings).run(rollback=rollback)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    placed_graphs(),
    st.tuples(deaths_at, deaths_at, deaths_at),
    st.sets(st.integers(0, 7)),
    st.sets(st.integers(0, 7), max_size=3),
    st.sampled_from([0.0, 5.0, 700.0]),
)
def test_failed_mended_resumed_and_rolled_back_a_run_leaves_nothing(
    document: Mapping[str, Any],
    deaths: tuple[list[tuple[int, bool]], ...],
    lossy: set[int],
    failing: set[int],
    lag: float,
) -> None:
    """Whatever failed and whoever died: mended, it ends with one server of each; rolled back, with none, top first."""
    with tempfile.TemporaryDirectory() as folder:
        wall = Wall()
        journal = open_journal(Path(folder) / "journal.db", clock=wall, synchronous="OFF")
        try:
            stage = Stage(journal, Path(folder))
            stage.wall = wall  # type: ignore[attr-defined]
            stage.clouds.limits["cloud"] = ProviderLimits(listing_lag=lag)
            plan = stage.plan(document)
            cloud = SlowCloud(stage, plan, frozenset(f"o{index}" for index in lossy), lag)
            stage.script = script = CloudScript(cloud, frozenset(f"o{index}" for index in failing))
            for kind in stage.kinds._kinds.values():
                kind.script = script
            submit(plan, journal)
            state = drive_on(stage, plan, deaths[0])
            script.failing = frozenset()
            if state is not RunState.ROLLED_BACK:
                assert drive_on(stage, plan, deaths[1]) is RunState.SUCCEEDED
                makes = sorted(node.id for node in plan.nodes.values() if node.definition.kind == "server")
                assert sorted(cloud.created[int(name.removeprefix("i-")) - 1] for name in cloud.servers) == makes
                assert servers_known(stage, plan) == sorted(cloud.servers)
                assert drive_on(stage, plan, deaths[2], rollback=True) is RunState.ROLLED_BACK
            assert cloud.servers == {}
        finally:
            journal.close()
        assert examine_journal(Path(folder) / "journal.db") == []
