"""Everything that a run is handed, in one value."""

import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from provisioning.contract import Engine, Journal
from provisioning.workflow.ports import Guards, Kinds, Providers, Redact, Roots

__all__ = ["Surroundings"]


def _new_token() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The parts that `app` makes and a run uses; clocks, randomness and tokens are arguments, for the tests' sake.

    `make_engine(capacity, hold)` gives a run its engine, whose jobs call `hold` (the lease's) before anything else.
    `directory` is the workspace. `new_holder` names a driver of this process in leases.
    """

    journal: Journal
    make_engine: Callable[[int, Callable[[], None]], Engine]
    kinds: Kinds
    providers: Providers
    guards: Guards
    roots: Roots
    redact: Redact
    new_holder: Callable[[], str]
    directory: str
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    random: Callable[[], float] = random.random
    new_token: Callable[[], str] = _new_token
