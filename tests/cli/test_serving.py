"""The commands about HTTP: serving the workspace, and saying who may come in."""

import json
import socket
from pathlib import Path

import pytest


def test_a_port_that_is_taken_is_one_error(workspace: Path, run) -> None:
    """And no server."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--host", "127.0.0.1", "--port", str(port))
    message = f"127.0.0.1:{port} cannot be listened on: Address already in use"
    expected = f"error: {message}\n  hint: name another --host or --port\n"
    assert (result.exit_code, result.stderr) == (2, expected)


def test_others_are_not_served_without_a_token(workspace: Path, run) -> None:
    """An address that other machines can reach is never open."""
    result = run("serve", "--host", "0.0.0.0")
    message = "on 0.0.0.0 a token is needed, and there is none"
    expected = f"error: {message}\n  hint: make one: `provisioning token create NAME`\n"
    assert (result.exit_code, result.stderr) == (2, expected)


def test_tokens_are_made_listed_and_revoked(workspace: Path, run) -> None:
    """The text is printed once; a list shows all but that."""
    text = run("token", "create", "ci", "--scope", "run", "--days", "3").stdout.strip()
    listed = json.loads(run("token", "list", "-o", "json").stdout)["data"]
    assert [(one["name"], one["scope"]) for one in listed] == [("ci", "run")]
    assert listed[0]["expires_at"] - listed[0]["created_at"] == pytest.approx(3 * 86400)
    assert text.startswith(f"prov_{listed[0]['id']}_")
    assert run("token", "revoke", listed[0]["id"]).exit_code == 0
    again = run("token", "revoke", listed[0]["id"])
    expected = f"error: there is no token {listed[0]['id']}\n  hint: `provisioning token list` shows them\n"
    assert (again.exit_code, again.stderr) == (2, expected)
    assert run("token", "list").stderr == "No token.\n"
