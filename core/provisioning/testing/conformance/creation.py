"""Contracts of creation: an id at once, token and labels on the server, and one server for one token."""

import threading
from typing import Any

import pytest

from provisioning.contract import Server, ServerState
from provisioning.errors import InvalidRequest, NotFound, ProviderError
from provisioning.testing.conformance.trial import Trial

__all__ = ["CreationContracts"]


class CreationContracts:
    """What `create_server` promises."""

    def test_create_answers_at_once_with_a_server_that_is_there(self, trial: Trial) -> None:
        """create_server returns as soon as the id is known, and get_server finds a server of that id and name.

        Do not wait until it is running: the engine does, without holding a thread, and journals the id meanwhile.
        """
        begin = trial.setup.clock()
        created = trial.create()
        took = trial.setup.clock() - begin
        assert took <= trial.setup.call_time, f"create_server took {took:g} s, more than {trial.setup.call_time:g} s"
        seen = trial.soon(lambda: trial.get(created), lambda seen: seen is not None)
        assert seen is not None, f"create_server answered with the id {created.id}, and get_server does not find it"
        assert (seen.id, seen.name) == (created.id, created.name), "get_server shows another server"
        assert created.name.startswith(trial.setup.spec.name), f"it is called {created.name!r}, not as it was asked"

    def test_token_and_labels_are_on_the_server(self, trial: Trial) -> None:
        """A created server carries its client token and all its labels, in the answer and whenever it is looked at.

        Send them with the request that creates the server. A process that dies between two requests would leave
        a server that nobody finds.
        """
        token = trial.new_token()
        created = trial.create(token, {"conformance-tier": "web"})
        seen = trial.soon(lambda: trial.get(created), lambda seen: seen is not None)
        wanted = {**trial.labels, "conformance-tier": "web"}.items()
        for how, server in (("create_server", created), ("get_server", seen)):
            assert server is not None, f"{how} shows no server"
            assert server.client_token == token, f"{how} shows the client token {server.client_token!r}, not {token!r}"
            assert wanted <= server.labels.items(), f"{how} shows the labels {dict(server.labels)}"

    def test_the_same_token_is_the_same_server(self, trial: Trial) -> None:
        """create_server with a token that was used for the same request returns the server that was made with it.

        Hand the token to the cloud where it knows such tokens; else look for a server that carries it first.
        """
        token = trial.new_token()
        first, again = trial.create(token), trial.create(token)
        assert again.id == first.id, f"one token made two servers, {first.id} and {again.id}"

    def test_the_same_token_from_another_instance_is_the_same_server(self, trial: Trial) -> None:
        """The same token is the same server for another process too: whoever resumes a run sends it again.

        Keep what was created in the cloud, never in the provider's object.
        """
        token = trial.new_token()
        first = trial.create(token)
        trial.soon(lambda: trial.provider.find_server(token), lambda found: found is not None)
        again = trial.create(token, provider=trial.another())
        assert again.id == first.id, f"one token made two servers, {first.id} and {again.id}"

    def test_the_same_token_from_two_threads_is_one_server(self, trial: Trial) -> None:
        """Two threads that create with one token at the same time get one server.

        One of them may fail with an error that is retryable. Where the cloud knows no tokens, let a lock or a
        unique name decide.
        """
        answers = _at_once(trial, trial.new_token())
        errors = [answer for answer in answers if not isinstance(answer, Server)]
        assert all(isinstance(error, ProviderError) and error.retryable for error in errors), f"one failed: {errors}"
        ids = {answer.id for answer in answers if isinstance(answer, Server)}
        assert len(ids) == 1, f"one token made {len(ids)} servers: {sorted(ids)}"
        listed = trial.soon(trial.listed, lambda listed: len(listed) > 0)
        assert {server.id for server in listed} <= ids, f"more was made than was answered: {listed}"

    def test_another_token_is_another_server(self, trial: Trial) -> None:
        """A token that was not used before makes a new server, however alike the request is.

        Identity is the token and nothing else: not the name, not the parameters.
        """
        first, second = trial.create(), trial.create()
        assert first.id != second.id, f"two tokens made one server, {first.id}"

    def test_a_created_server_settles_to_running(self, trial: Trial) -> None:
        """The state of a new server becomes `running` by itself.

        Map every state of the cloud to a ServerState; the engine waits for `running`.
        """
        trial.settled(trial.create(), ServerState.RUNNING)

    def test_an_unknown_size_is_refused(self, trial: Trial) -> None:
        """A size that the cloud does not have is InvalidRequest or NotFound, not retryable, and makes no server.

        Map the cloud's error for it; a retry would only repeat it.
        """
        if trial.setup.unknown_size is None:
            trial.not_applicable("the cloud takes any size: ProviderSetup.unknown_size")
        _refused(trial, size=trial.setup.unknown_size)

    def test_an_unknown_image_is_refused(self, trial: Trial) -> None:
        """An image that the cloud does not have is InvalidRequest or NotFound, not retryable, and makes no server.

        Map the cloud's error for it; a retry would only repeat it.
        """
        if trial.setup.unknown_image is None:
            trial.not_applicable("the cloud takes any image: ProviderSetup.unknown_image")
        _refused(trial, image=trial.setup.unknown_image)

    def test_a_bad_name_is_refused(self, trial: Trial) -> None:
        """A name that the cloud does not take is InvalidRequest, not retryable, and makes no server.

        Do not change a name in silence: people look for what they wrote.
        """
        if trial.setup.bad_name is None:
            trial.not_applicable("the cloud takes any name: ProviderSetup.bad_name")
        _refused(trial, name=trial.setup.bad_name)


def _at_once(trial: Trial, token: str) -> list[Server | BaseException]:
    """Create with one token from two threads, let go at the same moment; return what came of each."""
    barrier = threading.Barrier(2)
    answers: list[Server | BaseException] = []

    def create() -> None:
        barrier.wait()
        try:
            answers.append(trial.create(token))
        except BaseException as error:  # noqa: BLE001 - judged by the contract
            answers.append(error)

    threads = [threading.Thread(target=create, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(trial.setup.patience)
    assert len(answers) == len(threads), f"create_server has not answered after {trial.setup.patience:g} s"
    return answers


def _refused(trial: Trial, **changes: Any) -> None:
    token = trial.new_token()
    with pytest.raises((InvalidRequest, NotFound)) as caught:
        trial.create(token, **changes)
    assert not caught.value.retryable, f"{caught.value.code} says that it is retryable"
    left = trial.soon(lambda: trial.provider.find_server(token, trial.context), lambda left: left is not None)
    assert left is None, f"it was refused, and made server {left and left.id}"
