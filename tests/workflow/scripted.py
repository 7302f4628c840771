"""Scripted kinds and an engine on virtual time: real drivers, real journal, no waiting."""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from provisioning.contract import (
    Absent,
    Cancellation,
    Compensation,
    CompensationAction,
    Decision,
    Done,
    Finished,
    Job,
    Journal,
    Noted,
    OnDoubt,
    Operation,
    OperationContext,
    OperationKind,
    Outcome,
    Pending,
    Provider,
    ProviderLimits,
    Resource,
    Settlement,
)
from provisioning.retry import RetryPolicy
from provisioning.source import Format, Source
from provisioning.workflow import Caller, DocumentConfiguration, Plan, Planner, RunSettings, Surroundings

Answer = Outcome | Settlement | BaseException


class VirtualEngine:
    """An engine without threads: a job runs when it is submitted, and waiting moves the clock."""

    def __init__(self, execute: Callable[..., Any], clock: "VirtualClock", capacity: int) -> None:
        self._execute = execute
        self._clock = clock
        self.capacity = capacity
        self.answers: deque[Finished | Noted] = deque()
        self.late: list[tuple[float, Finished]] = []
        self.cancelled: list[int] = []
        self.abandoned: list[int] = []
        self.tickets: dict[int, str] = {}

    def submit(self, job: Job) -> None:
        self.tickets[job.ticket] = job.operation.id

        def note(kind: str, data: Mapping[str, Any]) -> None:
            self.answers.append(Noted(job.ticket, kind, data))

        try:
            value = self._execute(job, Cancellation(), note)
        except Killed:
            raise
        except Hang:
            return
        except Later as later:
            answer = later.answer
            is_error = isinstance(answer, BaseException)
            finished = Finished(job.ticket, error=answer) if is_error else Finished(job.ticket, answer)  # type: ignore[arg-type]
            self.late.append((self._clock.now + later.seconds, finished))
        except BaseException as error:
            self.answers.append(Finished(job.ticket, error=error))
        else:
            self.answers.append(Finished(job.ticket, value))

    def collect(self, timeout: float | None) -> Sequence[Finished | Noted]:
        if not self.answers:
            assert timeout is not None
            self._clock.now += min([timeout, *(max(0.0, at - self._clock.now) for at, _ in self.late)])
        answers = [*self.answers, *(answer for at, answer in self.late if at <= self._clock.now)]
        self.late = [(at, answer) for at, answer in self.late if at > self._clock.now]
        self.answers.clear()
        return answers

    def wake(self) -> None:
        pass

    def cancel(self, ticket: int) -> None:
        self.cancelled.append(ticket)

    def abandon(self, ticket: int) -> None:
        self.abandoned.append(ticket)

    def drain(self) -> None:
        pass

    def close(self) -> None:
        pass


class Killed(BaseException):
    """The process is gone."""


class Hang(BaseException):
    """A call that never answers."""


class Later(BaseException):
    """A call that answers after some seconds, whether or not anybody waits for it still."""

    def __init__(self, seconds: float, answer: "Answer") -> None:
        super().__init__(seconds)
        self.seconds = seconds
        self.answer = answer


class VirtualClock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Script:
    """What each operation's calls answer, by operation id and hook; the last answer repeats. Keeps a log of calls."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], deque[Answer]] = defaultdict(deque)
        self.log: list[str] = []
        self.operations: list[Operation] = []
        self.compensation: Compensation | None = None

    def on(self, operation_id: str, hook: str, *answers: Answer) -> None:
        self.answers[operation_id, hook].extend(answers)

    def answer(self, operation: Operation, hook: str, default: Answer) -> Any:
        self.log.append(f"{hook} {operation.id}")
        self.operations.append(operation)
        queue = self.answers.get((operation.id, hook))
        answer = default if not queue else queue.popleft() if len(queue) > 1 else queue[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def calls(self, hook: str) -> list[str]:
        return [line.split()[1] for line in self.log if line.startswith(f"{hook} ")]


class ScriptedKind:
    """A kind whose every hook answers by the script."""

    def __init__(self, script: Script, descriptor: OperationKind) -> None:
        self.script = script
        self.descriptor = descriptor

    def problems(
        self, parameters: Mapping[str, Any], allow: Callable[[str], bool]
    ) -> list[tuple[tuple[str | int, ...], str]]:
        return [(("bad",), "is bad")] if "bad" in parameters and not allow(str(parameters["bad"])) else []

    def prepare(
        self, operation: Operation, provider: Provider | None, context: OperationContext
    ) -> Compensation | None:
        default = Compensation(
            CompensationAction.DELETE_RESOURCE, f"delete {operation.id}", {"token": operation.client_token}
        )
        return self.script.answer(operation, "prepare", default)  # type: ignore[arg-type, no-any-return]

    def run(self, operation: Operation, provider: Provider | None, context: OperationContext) -> Outcome:
        default = Done({"id": operation.id, **operation.parameters}, (Resource("thing", operation.id),))
        return self.script.answer(
            operation, "run", default if self.descriptor.prepares else Done(dict(operation.parameters))
        )

    def settle(self, operation: Operation, provider: Provider | None, context: OperationContext) -> Settlement:
        return self.script.answer(operation, "settle", Absent())

    def compensate(
        self, operation: Operation, compensation: Compensation, provider: Provider | None, context: OperationContext
    ) -> Outcome:
        self.script.compensation = compensation
        return self.script.answer(operation, "compensate", Done())


_ZONED = {"properties": {"zone": {"type": "string"}}}


class ScriptedKinds:
    """`make` leaves something behind, `note` does not, `careful` must not be done twice; `workflow` joins."""

    def __init__(self, script: Script) -> None:
        undoing = CompensationAction.DELETE_RESOURCE
        descriptors = [
            OperationKind("make", "make a thing", {}, self, prepares=True, action=undoing, undo="delete the thing"),
            OperationKind("note", "note something", {}, self),
            OperationKind("careful", "be careful", {}, self, on_doubt=OnDoubt.FAIL),
            OperationKind("workflow", "run a nested workflow", {}, self),
            OperationKind("placed", "make a thing somewhere", {}, self, needs_provider=True),
            OperationKind("server", "make a server", _ZONED, self, prepares=True, action=undoing, needs_provider=True),
        ]
        self._kinds = {one.name: ScriptedKind(script, one) for one in descriptors}

    def get(self, name: str) -> ScriptedKind:
        return self._kinds[name]

    def names(self) -> list[str]:
        return list(self._kinds)


class Cloud:
    """A provider instance of which only the limits matter: the kinds are scripted."""

    def __init__(self, name: str, limits: ProviderLimits, closed_for: float) -> None:
        self.name = self.type = name
        self.limits = limits
        self._closed_for = closed_for

    def opens_in(self) -> float:
        return self._closed_for


class Clouds:
    """The provider instances of a stage; `opens_at` says until when one of them holds calls back."""

    def __init__(self, clock: VirtualClock) -> None:
        self.limits: dict[str, ProviderLimits] = {}
        self.opens_at: dict[str, float] = {}
        self._clock = clock

    def get(self, name: str) -> Provider:
        closed_for = max(0.0, self.opens_at.get(name, 0.0) - self._clock.now)
        return Cloud(name, self.limits[name], closed_for)  # type: ignore[return-value]

    def names(self) -> list[str]:
        return list(self.limits)


class Gatekeeper:
    """A guard that refuses the operations it was told to refuse."""

    def __init__(self) -> None:
        self.refused: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self.refused)

    def check(self, operation: Operation, context: OperationContext) -> Decision:
        reason = self.refused.get(operation.id)
        return Decision.allow() if reason is None else Decision.deny(reason)


class Stage:
    """Everything that a run needs, around one journal."""

    def __init__(self, journal: Journal, directory: Path) -> None:
        self.journal = journal
        self.directory = directory
        self.script = Script()
        self.kinds = ScriptedKinds(self.script)
        self.clock = VirtualClock()
        self.clouds = Clouds(self.clock)
        self.guards = Gatekeeper()
        self.engine: VirtualEngine | None = None
        self.roots: dict[str, Any] = {}
        self.secrets: set[str] = set()
        self.tokens = 0

    def _make_engine(self, capacity: int, hold: Callable[[], None], _run: object = None) -> VirtualEngine:
        caller = Caller(
            kinds=self.kinds,
            providers=self.clouds,
            guards=self.guards,
            directory=str(self.directory),
            clock=self.clock,
            hold=hold,
        )
        self.engine = VirtualEngine(caller, self.clock, capacity)
        return self.engine

    def _redact(self, value: Any) -> Any:
        if isinstance(value, str):
            return "***" if value in self.secrets else value
        if isinstance(value, Mapping):
            return {key: self._redact(item) for key, item in value.items()}
        return [self._redact(item) for item in value] if isinstance(value, list | tuple) else value

    def _new_token(self) -> str:
        self.tokens += 1
        return f"token-{self.tokens}"

    @property
    def surroundings(self) -> Surroundings:
        return Surroundings(
            journal=self.journal,
            make_engine=self._make_engine,
            kinds=self.kinds,
            providers=self.clouds,
            guards=self.guards,
            roots=self.roots,
            redact=self._redact,
            new_holder=lambda: "test",
            directory=str(self.directory),
            clock=self.clock,
            random=lambda: 0.5,
            new_token=self._new_token,
        )

    def plan(
        self,
        document: Mapping[str, Any],
        *,
        workflow_id: str = "wf-1",
        inputs: Mapping[str, Any] | None = None,
        overrides: DocumentConfiguration | None = None,
    ) -> Plan:
        defaults = RunSettings(retry=RetryPolicy(attempts=3, initial_delay=1.0, factor=2.0, max_delay=60.0, jitter=0.0))
        planner = Planner(kinds=self.kinds, providers=self.clouds, roots=self.roots, defaults=defaults)
        source = Source("document", Format.JSON, dict(document), "")
        return planner.plan(
            source, directory=self.directory, workflow_id=workflow_id, new_id=str, inputs=inputs, overrides=overrides
        )


def make(name: str, **more: Any) -> dict[str, Any]:
    """Return an operation that leaves something behind."""
    return {"id": name, "kind": "make", **more}


def server(name: str, **more: Any) -> dict[str, Any]:
    """Return an operation that makes a server at the provider instance `cloud`."""
    return {"id": name, "kind": "server", "provider": "cloud", **more}


def waiting(after: float, **state: Any) -> Pending:
    """Return an answer that says the operation goes on outside."""
    return Pending(after, state)
