"""Containers as an engine shows them, read as servers; no engine is needed for that."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.contract import ServerSpec, ServerState
from provisioning_local.container import Container, Marks, marks_of
from provisioning_local.identity import id_from_token
from provisioning_local.request import Request

TEXT = st.text(st.characters(codec=None))


def marked(token: str = "t", labels: dict[str, str] | None = None, user_data: str | None = None) -> Marks:
    """Return the marks of a server that was asked for."""
    return Marks.from_request(Request(ServerSpec("web", user_data=user_data), token, labels or {}, "here"))


def container(**state: Any) -> Container:
    """Return a container in a state."""
    whole = {"Status": "exited", "ExitCode": 0, "Error": "", "OOMKilled": False, **state}
    seen = {
        "Id": "abc",
        "Created": "2026-01-02T03:04:05.678901234Z",
        "State": whole,
        "Config": {"Image": "web:1"},
        "HostConfig": {"NetworkMode": "default"},
        "NetworkSettings": {"Networks": {"bridge": {"IPAddress": ""}}, "Ports": {}},
    }
    return Container(seen, marked())


@given(token=TEXT, labels=st.dictionaries(TEXT, TEXT), user_data=TEXT | st.none())
def test_marks_come_back_as_they_were(token, labels, user_data):
    """Labels, user data and tokens of any text survive as labels of a container, beside those of its image."""
    marks = marked(token, labels, user_data)
    assert marks == marks_of(f"/{id_from_token(token)}", {"maker": "nobody", **marks.as_labels()})


@given(
    name=TEXT,
    labels=st.none() | st.dictionaries(st.just("provisioning.request") | TEXT, st.sampled_from("[{}1") | TEXT),
)
def test_a_container_without_marks_is_no_server(name, labels):
    """Whatever other labels a container has, and whatever its name, it is not taken for a server."""
    assert marks_of(name, labels) is None


def test_marks_under_another_name_are_no_server():
    """Labels that were passed on to another container do not make a server of it."""
    assert marks_of("/srv-0123456789abcdef", marked().as_labels()) is None


@pytest.mark.parametrize(
    ("shown", "state", "error"),
    [
        ({"Status": "created"}, ServerState.PENDING, None),
        ({"Status": "created", "Error": "no such program"}, ServerState.ERROR, "no such program"),
        ({"Status": "running"}, ServerState.RUNNING, None),
        ({"Status": "restarting"}, ServerState.STARTING, None),
        ({"Status": "removing"}, ServerState.DELETING, None),
        ({"Status": "paused"}, ServerState.UNKNOWN, None),
        ({"Status": "something new"}, ServerState.UNKNOWN, None),
        ({"Status": "dead"}, ServerState.ERROR, "the engine could not remove it"),
        ({"ExitCode": 0}, ServerState.STOPPED, None),
        ({"ExitCode": 137}, ServerState.STOPPED, None),
        ({"ExitCode": 143}, ServerState.STOPPED, None),
        ({"ExitCode": 137, "OOMKilled": True}, ServerState.ERROR, "the server ran out of memory"),
        ({"ExitCode": 1}, ServerState.ERROR, "the server's command ended with exit status 1"),
        ({"ExitCode": 139}, ServerState.ERROR, "the server's command ended with exit status 139"),
    ],
)
def test_states_in_the_words_of_the_contract(shown, state, error):
    """Every state of a container is one of a server, and one that failed says why."""
    server = container(**shown).as_server("here")
    assert (server.state, server.raw.get("error")) == (state, error)
