"""Calls with a point before and after: those of an operation's hooks, and those of a provider inside them."""

from collections.abc import Callable
from typing import Any

from provisioning.contract import Cancellation, Job, Provider, Step
from provisioning.testing.faults.journal import passing
from provisioning.testing.faults.point import Place, Reach

__all__ = ["PLACE_OF_CALL", "PLACE_OF_STEP", "FaultyCalls", "FaultyProvider", "FaultyProviders"]

PLACE_OF_STEP = {
    Step.PREPARE: Place.PREPARE,
    Step.RUN: Place.CALL,
    Step.SETTLE: Place.SETTLE,
    Step.COMPENSATE: Place.COMPENSATE,
}
"""What each job of an engine is."""

PLACE_OF_CALL = {
    "create_server": Place.CREATE_SERVER,
    "get_server": Place.GET_SERVER,
    "find_server": Place.FIND_SERVER,
    "delete_server": Place.DELETE_SERVER,
    "start_server": Place.START_SERVER,
    "stop_server": Place.STOP_SERVER,
    "reboot_server": Place.REBOOT_SERVER,
    "create_asset": Place.CREATE_ASSET,
    "get_asset": Place.GET_ASSET,
    "find_asset": Place.FIND_ASSET,
    "delete_asset": Place.DELETE_ASSET,
    "attach_volume": Place.ATTACH_VOLUME,
    "detach_volume": Place.DETACH_VOLUME,
}
"""What each call of a provider is that a run makes; the others list what there is, for people."""


class FaultyCalls:
    """What an engine executes, with the points around each job."""

    def __init__(self, execute: Callable[..., Any], reach: Reach) -> None:
        self._execute = execute
        self._reach = reach

    def __call__(self, job: Job, cancellation: Cancellation, note: Callable[..., None]) -> Any:
        """Carry out a job."""
        with passing(self._reach, PLACE_OF_STEP[job.step]):
            return self._execute(job, cancellation, note)


class FaultyProvider:
    """A provider instance (`Provider`) that comes by the points."""

    def __init__(self, provider: Provider, reach: Reach) -> None:
        self._provider = provider
        self._reach = reach

    def __getattr__(self, name: str) -> Any:
        """Return a call with the points around it, and anything else as it is."""
        found = getattr(self._provider, name)
        place = PLACE_OF_CALL.get(name)
        if place is None:
            return found

        def call(*arguments: Any, **more: Any) -> Any:
            with passing(self._reach, place):
                return found(*arguments, **more)

        return call


class FaultyProviders:
    """Every provider instance (`Providers`), each with the points around its calls."""

    def __init__(self, providers: Any, reach: Reach) -> None:
        self._providers = providers
        self._reach = reach

    def get(self, name: str) -> Any:
        """Return one instance."""
        return FaultyProvider(self._providers.get(name), self._reach)

    def names(self) -> Any:
        """Return the names of all instances."""
        return self._providers.names()
