"""The client for Python: what `App` does, done by a server."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from provisioning.app import App, Scope, Tokens
from provisioning.client import Client
from provisioning.errors import ConfigurationError, NetworkFailure, ProvisioningError, RunConflict, RunNotFound
from provisioning.testing import IsolatedWorkspace
from tests.api.serving import serving

ONE = {"name": "one", "operations": [{"id": "a", "kind": "command", "parameters": {"command": ["echo", "hi"]}}]}


@pytest.fixture
def app(isolated_workspace: IsolatedWorkspace) -> App:
    return isolated_workspace.open()


@pytest.fixture
def client(app: App) -> Iterator[Client]:
    with serving(app) as asking, Client(asking.url) as client:
        yield client


def test_what_it_returns_is_what_the_application_returns(app: App, client: Client) -> None:
    """Report, events, operations and checkpoint of one run, asked here and there."""
    report = client.run(ONE, workflow_id="wf-1")
    assert report == replace(app.status("wf-1"), duration=report.duration)
    assert list(client.events()) == list(client.events("wf-1")) == list(app.events("wf-1"))
    assert list(client.events("wf-1", follow=True)) == list(app.events("wf-1"))
    assert [one.as_dict() for one in client.operations("wf-1")] == [one.as_dict() for one in app.operations("wf-1")]
    assert client.checkpoint("wf-1") == app.checkpoint("wf-1")
    assert [run.as_dict() for run in client.runs()] == [run.as_dict() for run in app.runs()]
    assert list(client.templates()) == list(app.templates())
    assert client.plan(ONE).layers() == [["a"]]


def test_a_run_is_followed_from_its_start(client: Client) -> None:
    """Each event once, though the run went on before anybody listened."""
    run = client.start(ONE, workflow_id="wf-1")
    kinds = [event.kind for event in run.events()]
    assert (kinds[0], kinds[-1], run.wait().state) == ("WorkflowStarted", "WorkflowCompleted", "succeeded")
    undone = [event.kind for event in client.rollback("wf-1").events()]
    assert (undone[0], undone[-1]) == ("RollbackStarted", "RollbackCompleted")


def test_an_error_there_is_the_same_error_here(client: Client) -> None:
    """Its class, message, hint and problems."""
    with pytest.raises(RunNotFound) as missing:
        client.status("wf-none")
    assert missing.value.message == "there is no run wf-none in this journal"
    assert missing.value.hint == "`provisioning workflow list` shows the runs."
    with pytest.raises(ConfigurationError) as caught:
        client.plan({"name": "x", "operations": [{"id": "a", "kind": "comand"}]})
    assert caught.value.problems
    client.run(ONE, workflow_id="wf-1")
    with pytest.raises(RunConflict):
        client.submit({**ONE, "name": "other"}, workflow_id="wf-1")


def test_its_token_lets_it_in(app: App) -> None:
    """Without one it is told so."""
    _, text = Tokens(app.workspace).create("reader", Scope.READ, lifetime=None)
    with serving(app, require_token=True) as asking:
        assert list(Client(asking.url, token=text).runs()) == []
        with pytest.raises(ProvisioningError) as caught:
            Client(asking.url).runs()
        assert (caught.value.code, caught.value.message) == ("Unauthorized", "a token is needed")


def test_a_server_that_is_not_there_is_a_network_failure() -> None:
    """It can be tried again, and the message names the server."""
    with pytest.raises(NetworkFailure) as caught:
        Client("http://127.0.0.1:9").runs()
    expected = "the server http://127.0.0.1:9 gives no answer: [Errno 111] Connection refused"
    assert (caught.value.message, caught.value.retryable) == (expected, True)


@pytest.mark.parametrize("url", ["localhost:9090", "file:///etc/passwd", "http://", "x"])
def test_what_is_no_url_is_refused(url: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigurationError) as caught:
        Client(url)
    assert caught.value.message == f"{url!r} is no server's URL"
