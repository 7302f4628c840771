"""Who is let in, and what no request may do."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.api import ApiSettings
from provisioning.api.rate import RequestRate
from provisioning.api.server import serve
from provisioning.app import App, Scope, Tokens
from provisioning.errors import ConfigurationError
from provisioning.testing import IsolatedWorkspace
from tests.api.serving import Asking, serving

ONE = {"name": "one", "operations": [{"id": "a", "kind": "command", "parameters": {"command": ["true"]}}]}


@pytest.fixture
def guarded(app: App) -> Iterator[Asking]:
    """A server that lets nobody in without a token."""
    with serving(app, require_token=True) as asking:
        yield asking


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


class TestTokens:
    """Tokens let in, as far as their scopes go."""

    def test_without_a_token_nobody_is_let_in(self, guarded: Asking) -> None:
        """Whatever the path is, but for the one question whether the server lives."""
        for path in ("/workflows", "/servers", "/metrics", "/events", "/providers", "/extensions", "/templates"):
            answer = guarded.get(path)
            assert (answer.status, answer.error["code"]) == (401, "Unauthorized"), path
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert guarded("POST", "/workflows", ONE).status == 401
        assert guarded.get("/health").status == 200

    def test_a_token_allows_its_scope_and_no_more(self, guarded: Asking, app: App) -> None:
        """`read` looks, `run` submits too."""
        tokens = Tokens(app.workspace)
        _, read = tokens.create("reader", Scope.READ, lifetime=None)
        _, run = tokens.create("runner", Scope.RUN, lifetime=60)
        assert guarded("GET", "/workflows", None, bearer(read)).status == 200
        refused = guarded("POST", "/workflows", ONE, bearer(read))
        assert (refused.status, refused.error["code"]) == (403, "MissingScope")
        assert guarded("POST", "/workflows", ONE, bearer(run)).status == 202
        assert guarded("GET", "/workflows", None, bearer(run)).status == 200

    def test_a_revoked_or_expired_token_lets_nobody_in(self, guarded: Asking, app: App) -> None:
        """From the next request on, though another process revoked it."""
        tokens = Tokens(app.workspace)
        token, text = tokens.create("gone", Scope.ADMIN, lifetime=None)
        assert guarded("GET", "/workflows", None, bearer(text)).status == 200
        Tokens(app.workspace).revoke(token.id)
        assert guarded("GET", "/workflows", None, bearer(text)).status == 401
        _, late = Tokens(app.workspace, clock=lambda: 0.0).create("late", Scope.ADMIN, lifetime=1)
        assert guarded("GET", "/workflows", None, bearer(late)).status == 401

    @pytest.mark.parametrize("wrong", ["", "prov", "prov__", "prov_{id}_", "prov_{id}_x", "x_{id}_{secret}", "é"])
    def test_a_wrong_token_lets_nobody_in(self, wrong: str, app: App) -> None:
        """However near it is."""
        tokens = Tokens(app.workspace)
        token, text = tokens.create("right", Scope.ADMIN, lifetime=None)
        secret = text.split("_", 2)[2]
        assert tokens.find(wrong.format(id=token.id, secret=secret)) is None
        assert tokens.find(text) == token

    def test_a_token_that_is_given_is_looked_at_where_none_is_needed(self, ask: Asking) -> None:
        """Who believes to be let in by a token hears that it is none."""
        assert ask("GET", "/workflows", None, bearer("prov_x_y")).status == 401
        assert ask("GET", "/workflows", None, {"Authorization": "Basic eDp5"}).status == 401

    def test_only_hashes_are_kept_in_a_file_of_the_owners(self, app: App) -> None:
        """Whoever reads a copy of it cannot come in."""
        _, text = Tokens(app.workspace).create("mine", Scope.ADMIN, lifetime=None)
        file = app.workspace / ".provisioning" / "tokens.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert text.split("_", 2)[2] not in file.read_text(encoding="utf-8")

    def test_a_file_that_cannot_be_read_lets_nobody_in(self, guarded: Asking, app: App) -> None:
        """And says so, without a traceback."""
        file = app.workspace / ".provisioning" / "tokens.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text("[{]", encoding="utf-8")
        answer = guarded("GET", "/workflows", None, bearer("prov_x_y"))
        assert (answer.status, answer.error["code"]) == (422, "ConfigurationError")


class TestAddress:
    """What others can reach is never open."""

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
    def test_beyond_this_machine_a_token_is_needed(self, host: str, app: App) -> None:
        """The server does not even start when there is none."""
        with pytest.raises(ConfigurationError) as caught:
            serve(app, ApiSettings(host=host, port=0), print)
        assert caught.value.message == f"on {host} a token is needed, and there is none"

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
    def test_on_this_machine_it_is_not(self, host: str) -> None:
        """Unless it is asked for."""
        assert not ApiSettings(host=host).needs_token
        assert ApiSettings(host=host, require_token=True).needs_token

    def test_a_name_that_is_not_its_own_is_refused(self, ask: Asking) -> None:
        """A page elsewhere whose name was made to lead here (DNS rebinding) reads nothing."""
        answer = ask.get("/workflows", Host="evil.example:9090")
        assert (answer.status, answer.error["message"]) == (421, "this server is not called 'evil.example'")
        for host in ("localhost:9090", "127.0.0.1", "[::1]:9090", "LOCALHOST"):
            assert ask.get("/workflows", Host=host).status == 200

    def test_names_can_be_allowed(self, app: App) -> None:
        """`--allow-host`."""
        with serving(app, allowed_hosts=("box.lan",)) as asking:
            assert asking.get("/workflows", Host="box.lan").status == 200
            assert asking.get("/workflows", Host="other.lan").status == 421

    def test_a_page_of_somebody_else_changes_nothing(self, ask: Asking) -> None:
        """A browser says whose page it is; without CORS none is let in but the server's own."""
        refused = ask("POST", "/workflows/x/resume", None, {"Origin": "https://evil.example"})
        assert (refused.status, refused.error["code"]) == (403, "ForbiddenOrigin")
        assert ask("POST", "/workflows/x/resume", None, {"Origin": ask.url}).status == 404
        assert "Access-Control-Allow-Origin" not in ask.get("/workflows", Origin="https://evil.example").headers

    def test_a_page_can_be_let_in(self, app: App) -> None:
        """`--cors-origin` names it, and no other."""
        with serving(app, cors_origins=("https://good.example",)) as asking:
            good, bad = ({"Origin": f"https://{name}.example"} for name in ("good", "bad"))
            assert asking("POST", "/workflows", ONE, good).headers["Access-Control-Allow-Origin"] == good["Origin"]
            assert asking("POST", "/workflows", ONE, bad).status == 403


class TestLimits:
    """No request takes more than its share."""

    def test_a_long_body_is_refused(self, app: App) -> None:
        """Whether it says its length or not."""
        with serving(app, max_body=2000) as asking:
            long = b'{"name": "' + b"x" * 3000 + b'"}'
            answer = asking("POST", "/workflows", long)
            assert (answer.status, answer.error["message"]) == (413, "the body is longer than 2000 bytes")

            def pieces() -> Iterator[bytes]:
                yield from (long[start : start + 500] for start in range(0, len(long), 500))

            chunked = asking("POST", "/workflows", long, {"Transfer-Encoding": "chunked"})
            assert chunked.status in (400, 413)
            assert asking("POST", "/workflows", ONE).status == 202

    def test_a_deep_body_is_refused(self, ask: Asking) -> None:
        """Before anything is made of it."""
        deep = b'{"name": ' + b"[" * 200 + b"]" * 200 + b"}"
        answer = ask("POST", "/workflows", deep)
        assert (answer.status, "nested deeper than 100 levels" in answer.error["message"]) == (422, True)

    def test_who_asks_too_often_is_told_to_wait(self, app: App) -> None:
        """429, with when to come back."""
        with serving(app, rate=1.0) as asking:
            answers = [asking.get("/health") for _ in range(20)]
            refused = [answer for answer in answers if answer.status == 429]
            assert refused
            assert (refused[0].headers["Retry-After"], refused[0].error["details"]["retryable"]) == ("1", True)

    def test_turns_come_back_as_time_passes(self) -> None:
        """Each client has its own, and none has more than two seconds' worth."""
        now = [0.0]
        rate = RequestRate(2.0, monotonic=lambda: now[0])
        assert [rate.allows("a") for _ in range(5)] == [True] * 4 + [False]
        assert rate.allows("b")
        now[0] = 1.0
        assert [rate.allows("a") for _ in range(3)] == [True, True, False]
        now[0] = 1000.0
        assert [rate.allows("a") for _ in range(5)] == [True] * 4 + [False]


def test_every_reply_carries_the_headers_of_a_careful_server(ask: Asking) -> None:
    """Errors too."""
    for path in ("/health", "/workflows", "/nowhere"):
        headers = ask.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert "server" not in headers


def test_every_change_is_in_the_audit_log(ask: Asking, caplog: pytest.LogCaptureFixture) -> None:
    """Who, what, which run, by which request."""
    with caplog.at_level("INFO", "provisioning.api.audit"):
        ask("POST", "/workflows", {**ONE, "workflow_id": "wf-1"}, {"X-Request-ID": "r-1"})
        ask.wait("wf-1")
        ask("POST", "/workflows/wf-1/rollback", None, {"X-Request-ID": "r-2"})
        ask.wait("wf-1")
    lines = [record.getMessage() for record in caplog.records if record.name == "provisioning.api.audit"]
    who = "anybody on this machine"
    assert lines == [f"{who}: submitted run wf-1 (request r-1)", f"{who}: rolled back run wf-1 (request r-2)"]


def test_no_secret_is_in_a_reply(isolated_workspace: IsolatedWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a document takes from the environment is hidden in results, events and errors."""
    monkeypatch.setenv("DEPLOY_PASSWORD", "tr0ub4dor-3-secret")
    command = ["sh", "-c", "echo {{env.DEPLOY_PASSWORD}}; echo {{env.DEPLOY_PASSWORD}} >&2; false"]
    document = {"name": "leaks", "operations": [{"id": "a", "kind": "command", "parameters": {"command": command}}]}
    with serving(isolated_workspace.open()) as asking:
        asking("POST", "/workflows", {"document": document, "workflow_id": "wf-1", "on_failure": "stop"})
        assert asking.wait("wf-1") == "failed"
        for path in ("", "/status", "/logs", "/operations", "/record", "/graph"):
            assert b"tr0ub4dor" not in asking.get(f"/workflows/wf-1{path}").content, path


def test_tls_is_served_from_files(app: App, tmp_path: Path) -> None:
    """Both files are needed."""
    with pytest.raises(ConfigurationError) as caught:
        ApiSettings(tls_certificate=tmp_path / "cert.pem")
    assert caught.value.message == "TLS needs both files: the certificate and its key"
    assert ApiSettings(tls_certificate=tmp_path / "c", tls_key=tmp_path / "k").scheme == "https"
