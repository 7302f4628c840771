"""Contracts of trouble: what a provider makes of lost replies, of a cloud that refuses or hangs, and of a kill."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from provisioning.contract import OperationContext, Server, ServerState
from provisioning.errors import Ambiguous, NetworkFailure, ProviderError, Throttling
from provisioning.testing.conformance.trial import Trial

__all__ = ["FaultContracts"]

_MANY = 1005
_RETRY_AFTER = 6.0
_CHILD = "from provisioning.testing.conformance.child import create; create()"


class FaultContracts:
    """What the hooks promise when something goes wrong at the cloud, in between, or here."""

    def test_a_lost_reply_is_ambiguous_and_the_server_is_found(self, trial: Trial) -> None:
        """create_server raises Ambiguous when nobody knows whether the cloud acted, and the token finds what it made.

        A time-out, a dropped connection, a reply that cannot be read: never an error that says that nothing was made.
        Sent again, the same token is the same server.
        """
        trial.power("lose_reply")()
        token = trial.new_token()
        with pytest.raises(Ambiguous):
            trial.create(token)
        found = trial.soon(lambda: trial.provider.find_server(token, trial.context), lambda seen: seen is not None)
        assert found is not None, "the cloud made a server whose reply was lost, and its token does not find it"
        again = trial.create(token)
        assert again.id == found.id, f"after a lost reply one token made two servers, {found.id} and {again.id}"

    def test_throttling_says_when_to_come_back(self, trial: Trial) -> None:
        """Being throttled is Throttling, which is retryable, and its `retry_after` is what the cloud said.

        Do not wait and try again yourself: the engine does, and lets others go first meanwhile.
        """
        is_said = trial.power("throttle")(_RETRY_AFTER) is not False
        error = _refusal(trial)
        assert isinstance(error, Throttling), f"being throttled is {error.code}"
        assert error.retryable, "Throttling says that it is not retryable"
        assert not is_said or error.retry_after == _RETRY_AFTER, (
            f"the cloud said {_RETRY_AFTER:g} s, and retry_after {error.retry_after}"
        )

    def test_an_error_of_the_cloud_is_retryable(self, trial: Trial) -> None:
        """An error of the cloud's own while it is asked something is retryable: it may be well soon."""
        trial.power("break_down")()
        error = _refusal(trial)
        assert error.retryable, f"an error of the cloud's own is {error.code}, which is not retryable"

    def test_a_cloud_that_hangs_is_left(self, trial: Trial) -> None:
        """A cloud that does not answer is left after the time-out that is configured, with an error that is retryable.

        Hand the time-out to the SDK: many wait for ever by default.
        """
        trial.power("hang")()
        impatient = trial.another_with(dict(trial.power("impatient")))
        began = time.monotonic()
        with pytest.raises((NetworkFailure, Ambiguous)) as caught:
            impatient.get_server(trial.setup.unknown_id, OperationContext())
        took = time.monotonic() - began
        assert took <= trial.setup.call_time, f"it waited {took:g} s for a cloud that does not answer"
        assert caught.value.retryable or isinstance(caught.value, Ambiguous), f"{caught.value.code} is not retryable"

    def test_an_unknown_state_is_unknown(self, trial: Trial) -> None:
        """A state of the cloud that the provider does not know is `unknown`, and no error.

        Clouds invent new states. The engine looks again; a KeyError would end the run.
        """
        show = trial.power("show_state")
        created = trial.settled(trial.create(), ServerState.RUNNING)
        show(created.id)
        seen = trial.get(created)
        assert seen is not None, "a server in a state that nobody knows is not found"
        assert seen.state is ServerState.UNKNOWN, f"a state that nobody knows is shown as {seen.state}"

    def test_more_servers_than_a_page_holds_are_listed_lazily(self, trial: Trial) -> None:
        """list_servers yields more than 1,000 servers, each once, and asks for a page when it is needed.

        Whoever wants the first server pays for the first page.
        """
        labels, count = {"conformance-many": trial.id}, trial.power("count_requests")
        undo = trial.power("fill")(_MANY, labels)
        try:
            before = count()
            listing = iter(trial.provider.list_servers(labels, trial.context))
            first = next(listing)
            for_one = count() - before
            ids = [first.id, *(server.id for server in listing)]
            for_all = count() - before
        finally:
            if callable(undo):
                undo()
        assert len(set(ids)) == len(ids) == _MANY, f"of {_MANY} servers {len(set(ids))} are listed, {len(ids)} in all"
        assert for_one < for_all, f"the first server cost as many requests as all of them: {for_all}"

    def test_killed_between_call_and_reply_the_server_is_found(self, trial: Trial) -> None:
        """A process that is killed while the cloud answers leaves a server that its token finds, and no second one.

        SIGKILL runs no handler: what finds the server must have been sent with the request.
        """
        trial.power("hold_reply")()
        token = trial.new_token()
        spec = trial.named(token)
        extension = trial.setup.extension
        orders = {
            "folder": str(extension) if isinstance(extension, Path) else None,
            "name": str(extension),
            "config": dict(trial.setup.config),
            "spec": asdict(spec),
            "token": token,
            "labels": dict(trial.labels),
        }
        child = subprocess.Popen([sys.executable, "-c", _CHILD], stdin=subprocess.PIPE, text=True)
        assert child.stdin is not None
        child.stdin.write(json.dumps(orders))
        child.stdin.close()
        try:
            found = _look(lambda: trial.provider.find_server(token, trial.context), child)
        finally:
            child.kill()
            child.wait()
        assert found is not None, "the process ended, or a minute passed, before its token found a server"
        again = trial.create(token)
        assert again.id == found.id, f"after a kill one token made two servers, {found.id} and {again.id}"
        listed = trial.soon(trial.listed, lambda listed: len(listed) > 0)
        assert [server.id for server in listed] == [found.id], f"one token made {len(listed)} servers"


def _refusal(trial: Trial) -> ProviderError:
    """Ask the cloud something harmless that it will refuse; return the error."""
    with pytest.raises(ProviderError) as caught:
        list(trial.hooks.call("list_servers", labels=trial.labels, context=trial.context))
    return caught.value


def _look(find: Callable[[], Server | None], child: "subprocess.Popen[str]") -> Server | None:
    """Look for a server in real time, for a minute at most, while a process tries to create it."""
    end, pause = time.monotonic() + 60, threading.Event()
    while time.monotonic() < end:
        found = find()
        if found is not None or child.poll() is not None:
            return found
        pause.wait(0.05)
    return None
