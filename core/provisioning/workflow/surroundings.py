"""Everything that a run is handed, in one value."""

import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from provisioning.contract import Engine, EngineRun, Journal, Route
from provisioning.workflow.ports import Guards, Kinds, Providers, Redact, Roots

__all__ = ["Surroundings"]


def _new_token() -> str:
    return secrets.token_hex(16)


def _anywhere(_kind: str, _provider: str | None, _pool: str | None) -> Route:
    return Route()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The parts that `app` makes and a run uses; clocks, randomness and tokens are arguments, for the tests' sake.

    `make_engine(capacity, hold, run)` gives a run its engine, whose jobs call `hold` (the lease's) before anything
    else; `route(kind, provider, pool)` says by whom a job may be carried out.
    `directory` is the workspace. `new_holder` names a driver of this process in leases.
    """

    journal: Journal
    make_engine: Callable[[int, Callable[[], None], EngineRun], Engine]
    kinds: Kinds
    providers: Providers
    guards: Guards
    roots: Roots
    redact: Redact
    new_holder: Callable[[], str]
    directory: str
    route: Callable[[str, str | None, str | None], Route] = _anywhere
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    random: Callable[[], float] = random.random
    new_token: Callable[[], str] = _new_token
