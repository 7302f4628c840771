"""Contracts of the context: a call that can wait long ends when nobody waits for it any longer."""

import dataclasses
from typing import Any

import pytest

from provisioning.contract import Cancellation, OperationContext, ServerState
from provisioning.errors import OperationTimedOut, RunInterrupted
from provisioning.testing.conformance.trial import Trial

__all__ = ["ContextContracts"]


class ContextContracts:
    """What the hooks promise that the author names in `ProviderSetup.heeds_context`."""

    def test_a_cancelled_call_ends(self, trial: Trial) -> None:
        """A call that can wait long raises RunInterrupted when its operation is cancelled.

        Call `context.check()` whenever you look again, and wait with `context.cancellation.wait(seconds)`.
        """
        cancellation = Cancellation()
        cancellation.cancel()
        for hook in _heeding(trial):
            with pytest.raises(RunInterrupted):
                _call(trial, hook, dataclasses.replace(trial.context, cancellation=cancellation))

    def test_a_call_ends_with_its_time(self, trial: Trial) -> None:
        """A call that can wait long raises OperationTimedOut when the deadline of its operation is over.

        Call `context.check()` whenever you look again, and wait no longer than `context.remaining`.
        """
        for hook in _heeding(trial):
            with pytest.raises(OperationTimedOut):
                _call(trial, hook, dataclasses.replace(trial.context, deadline=trial.setup.clock()))


def _heeding(trial: Trial) -> tuple[str, ...]:
    if not trial.setup.heeds_context:
        trial.not_applicable("no hook waits long: ProviderSetup.heeds_context")
    return tuple(trial.setup.heeds_context)


def _call(trial: Trial, hook: str, context: OperationContext) -> None:
    """Call a hook of a running server, with nothing before it that would look at the context."""
    server = trial.settled(trial.create(), ServerState.RUNNING)
    arguments: dict[str, Any] = {
        "spec": trial.setup.spec,
        "client_token": trial.new_token(),
        "labels": dict(server.labels),
        "server_id": server.id,
        "context": context,
    }
    answer = trial.hooks.call(hook, **arguments)
    if hook == "list_servers":
        list(answer)
