"""`http_request` asks a real server, compares the answer, and says what went wrong without a secret in it."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from provisioning.contract import Absent, Cancellation, Compensation, CompensationAction, Done, Pending, Unsettled
from provisioning.errors import Ambiguous, NetworkFailure, OperationFailed, OperationTimedOut, RunInterrupted

from .conftest import Bench

JSON = "application/json"


@dataclass
class Answer:
    """What the server says to one request; `cut` hangs up instead, `runs` is called in the middle of the body."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    runs: Any = None


class Web(ThreadingHTTPServer):
    """A server that gives the answers it was told to, the last one for ever, and remembers the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[Answer] = [Answer()]
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about those who hang up."""


class _Handler(BaseHTTPRequestHandler):
    server: Web

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.command, self.path, headers, body))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer.cut:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if answer.runs is not None:
            self.wfile.flush()
            answer.runs()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, *args: Any) -> None:
        """Write no log."""


@pytest.fixture
def web() -> Iterator[Web]:
    """Return a server that runs."""
    with Web() as web:
        thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield web
        web.shutdown()
        thread.join()


@pytest.fixture
def closed() -> str:
    """Return the URL of a port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def run(bench: Bench, url: str, **parameters: Any) -> Any:
    """Send a request once."""
    return bench.call("run", bench.operation("http_request", {"url": url, **parameters}))


class TestAsking:
    """What is sent."""

    def test_answer_is_the_result(self, bench: Bench, web: Web) -> None:
        """Status, headers and body are in the result, and the body as a value when it is JSON."""
        headers = {"Content-Type": "application/json; charset=latin-1", "X-A": "1", "Set-Cookie": "session=secret"}
        web.answers = [Answer(201, '{"name": "größe"}'.encode("latin-1"), headers)]
        result = run(bench, f"{web.url}/a").result

        assert (result["status"], result["body"], result["json"]) == (201, '{"name": "größe"}', {"name": "größe"})
        assert result["headers"]["x-a"] == "1"
        assert "set-cookie" not in result["headers"]

    @pytest.mark.parametrize(
        ("kind", "body", "value"),
        [
            ("text/plain", b"1", None),
            (JSON, b"nonsense", None),
            (JSON, b"NaN", None),
            (JSON, b"[" * 60_000, None),
            ("application/problem+json", b"[1]", [1]),
            ("text/plain; charset=nonsense", b"x", None),
        ],
    )
    def test_body_as_a_value(self, bench: Bench, web: Web, kind: str, body: bytes, value: Any) -> None:
        """Only what says that it is JSON, and is, becomes a value."""
        web.answers = [Answer(200, body, {"Content-Type": kind})]

        assert run(bench, web.url).result["json"] == value

    def test_long_body_is_cut(self, bench: Bench, web: Web) -> None:
        """Not more than 64 KiB of a body are read."""
        web.answers = [Answer(200, b'"' + b"x" * 1_000_000 + b'"', {"Content-Type": JSON})]
        result = run(bench, web.url).result

        assert (len(result["body"]), result["json"]) == (65536, None)

    @pytest.mark.parametrize(
        ("body", "sent", "kind"),
        [
            ("größe", "größe".encode(), None),
            ({"a": [1]}, b'{"a": [1]}', JSON),
            (0, b"0", JSON),
        ],
    )
    def test_bodies(self, bench: Bench, web: Web, body: Any, sent: bytes, kind: str | None) -> None:
        """Text is sent as it is, anything else as JSON that says so."""
        run(bench, web.url, method="POST", body=body)

        method, _, headers, received = web.requests[0]
        assert (method, received) == ("POST", sent)
        if kind is not None:
            assert headers["content-type"] == kind

    def test_given_headers_win(self, bench: Bench, web: Web) -> None:
        """A header in the document is sent as it is, whatever would be sent without it."""
        url = web.url.replace("//", "//me:secret@")
        run(bench, url, method="PUT", body={}, headers={"content-type": "text/x", "authorization": "Own"})

        headers = web.requests[0][2]
        assert (headers["content-type"], headers["authorization"]) == ("text/x", "Own")

    def test_credentials_in_the_url_become_a_header(self, bench: Bench, web: Web) -> None:
        """User and password of a URL are sent the way HTTP has it."""
        run(bench, web.url.replace("//", "//me:p%40ss@"))

        assert web.requests[0][2]["authorization"] == "Basic " + base64.b64encode(b"me:p@ss").decode()

    def test_url_is_made_sendable(self, bench: Bench, web: Web) -> None:
        """Letters that no URL may hold are encoded, those that are encoded already stay, the fragment is not sent."""
        run(bench, f"{web.url}/gr\u00f6\u00dfe%20x?q=\u00e4&r=%41#top")

        assert web.requests[0][1] == "/gr%C3%B6%C3%9Fe%20x?q=%C3%A4&r=%41"

    def test_no_proxy_for_this_machine(
        self, bench: Bench, web: Web, closed: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """This machine is asked directly, whatever proxies are set; others are asked through theirs."""
        monkeypatch.setenv("http_proxy", closed)
        monkeypatch.delenv("no_proxy", raising=False)
        assert run(bench, web.url).result["status"] == 200

        monkeypatch.setenv("http_proxy", web.url)
        run(bench, "http://cloud.invalid/x")
        assert web.requests[-1][1] == "http://cloud.invalid/x"


class TestRedirecting:
    """Answers that point elsewhere."""

    def test_is_followed(self, bench: Bench, web: Web) -> None:
        """The answer is that of the last server asked; the same server still hears the credentials."""
        web.answers = [Answer(302, headers={"Location": "/b"}), Answer(200, b"there")]

        assert run(bench, f"{web.url}/a", headers={"Authorization": "s"}).result["body"] == "there"
        assert [(path, headers["authorization"]) for _, path, headers, _ in web.requests] == [("/a", "s"), ("/b", "s")]

    def test_credentials_stay_at_home(self, bench: Bench, web: Web) -> None:
        """Another server does not get the credentials that were meant for the first."""
        elsewhere = web.url.replace("127.0.0.1", "localhost")
        web.answers = [Answer(307, headers={"Location": elsewhere}), Answer()]
        run(bench, web.url, headers={"Authorization": "s", "cookie": "s", "X-A": "1"})

        headers = web.requests[1][2]
        assert (headers.get("authorization"), headers.get("cookie"), headers["x-a"]) == (None, None, "1")

    @pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
    def test_only_to_http(self, bench: Bench, web: Web, location: str) -> None:
        """Nobody can point us to a file; the redirection is the answer then."""
        web.answers = [Answer(302, headers={"Location": location})]

        with pytest.raises(OperationFailed) as caught:
            run(bench, web.url)
        message = f"operation op: GET {web.url}: answered 302, expected any from 200 to 299"
        assert str(caught.value) == message

    def test_redirection_can_be_expected(self, bench: Bench, web: Web) -> None:
        """A redirection that is not followed is an answer like any other."""
        web.answers = [Answer(307, headers={"Location": "/b"})]

        done = run(bench, web.url, method="POST", expect={"status": [307, 308]})
        assert done.result["status"] == 307


class TestExpecting:
    """What the answer must be."""

    @pytest.mark.parametrize(
        ("expect", "message"),
        [
            ({}, "answered 404, expected any from 200 to 299"),
            ({"status": 200}, "answered 404, expected 200"),
            ({"status": [200, 204]}, "answered 404, expected 200 or 204"),
            ({"status": 404, "body_contains": "hello"}, "the body does not contain 'hello'"),
        ],
    )
    def test_refusal_says_what_was_expected(self, bench: Bench, web: Web, expect: dict[str, Any], message: str) -> None:
        """The message has the request, the answer and what it should have been; a bit of the body is in the details."""
        web.answers = [Answer(404, b"nothing here")]

        with pytest.raises(OperationFailed) as caught:
            run(bench, f"{web.url}/x?token=secret", expect=expect)
        assert str(caught.value) == f"operation op: GET {web.url}/x?...: {message}"
        assert caught.value.details == {"status": 404, "body": "nothing here"}

    @pytest.mark.parametrize(
        ("method", "status", "retryable"),
        [
            ("GET", 500, True),
            ("POST", 500, False),
            ("POST", 503, True),
            ("POST", 429, True),
            ("GET", 404, False),
        ],
    )
    def test_some_refusals_may_pass(self, bench: Bench, web: Web, method: str, status: int, *, retryable: bool) -> None:
        """A refusal for now may be tried again, and any failure of the server where asking twice does no harm."""
        web.answers = [Answer(status)]

        with pytest.raises(OperationFailed) as caught:
            run(bench, web.url, method=method)
        assert caught.value.retryable == retryable

    def test_expected_answer_is_a_success(self, bench: Bench, web: Web) -> None:
        """An answer that is as expected is good, whatever its status."""
        web.answers = [Answer(503, b"hello you")]

        assert run(bench, web.url, expect={"status": 503, "body_contains": "hello"}).result["body"] == "hello you"

    def test_polling_asks_until_it_is_right(self, bench: Bench, web: Web, closed: str) -> None:
        """With `poll`, nobody there and a wrong answer both mean to ask again; the state says why."""
        assert run(bench, closed, poll=2) == Pending(2, {"last": f"GET {closed}: not reached: Connection refused"})

        web.answers = [Answer(503), Answer(200, b"starting"), Answer(200, b"ready")]
        operation = bench.operation("http_request", {"url": web.url, "poll": 0.5, "expect": {"body_contains": "ready"}})
        assert bench.finish("run", operation).result["body"] == "ready"
        assert bench.pendings == [
            Pending(0.5, {"last": f"GET {web.url}: answered 503, expected any from 200 to 299"}),
            Pending(0.5, {"last": f"GET {web.url}: the body does not contain 'ready'"}),
        ]


class TestFailing:
    """Requests that get no answer."""

    def test_nobody_there(self, bench: Bench, closed: str) -> None:
        """A server that was not reached has done nothing: this may be tried again. No secret is told."""
        with pytest.raises(NetworkFailure) as caught:
            run(bench, closed.replace("//", "//me:secret@") + "/a?key=secret", method="POST")

        assert str(caught.value) == f"POST {closed}/a?...: not reached: Connection refused"
        assert caught.value.retryable

    def test_unknown_host(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        """A name that nobody knows is not reached."""
        monkeypatch.delenv("http_proxy", raising=False)
        with pytest.raises(NetworkFailure) as caught:
            run(bench, "http://nowhere.invalid")

        assert str(caught.value).startswith("GET http://nowhere.invalid: not reached: ")

    @pytest.mark.parametrize(
        ("method", "kind"),
        [("GET", NetworkFailure), ("DELETE", NetworkFailure), ("POST", Ambiguous), ("PATCH", Ambiguous)],
    )
    def test_answer_that_is_lost(self, bench: Bench, web: Web, method: str, kind: type[Exception]) -> None:
        """A lost answer leaves a doubt, unless asking twice does no harm."""
        web.answers = [Answer(cut=True)]

        with pytest.raises(kind) as caught:
            run(bench, web.url, method=method)
        assert str(caught.value).startswith(f"{method} {web.url}: sent, and no whole answer came: Remote end closed")

    def test_answer_that_is_cut(self, bench: Bench, web: Web) -> None:
        """Half an answer is none."""
        web.answers = [Answer(200, b"half", {"Content-Length": "100"})]

        with pytest.raises(Ambiguous) as caught:
            run(bench, web.url, method="POST")
        cut = "IncompleteRead(4 bytes read, 96 more expected)"
        assert str(caught.value) == f"POST {web.url}: sent, and no whole answer came: {cut}"

    def test_silence(self, bench: Bench, web: Web) -> None:
        """Who says nothing until the time is up is given up."""
        end = threading.Event()
        web.answers = [Answer(200, b"x", runs=lambda: end.wait(30))]
        bench.deadline = bench.context.clock() + 0.2

        with pytest.raises((NetworkFailure, OperationTimedOut)):
            run(bench, web.url)
        end.set()

    def test_port_that_speaks_no_tls(self, bench: Bench) -> None:
        """A server that does not speak TLS is not reached by it."""
        with Web() as plain:
            thread = threading.Thread(target=plain.handle_request)
            thread.start()
            with pytest.raises(NetworkFailure) as caught:
                run(bench, plain.url.replace("http:", "https:"))
            thread.join()
        assert str(caught.value).startswith(f"GET {plain.url.replace('http:', 'https:')}: not reached: ")

    def test_cancelled(self, bench: Bench, web: Web) -> None:
        """A cancelled operation asks nobody, and reads no further."""
        web.answers = [Answer(200, b"x" * 20_000, runs=bench.cancellation.cancel)]
        for requests in (1, 1):
            with pytest.raises(RunInterrupted):
                run(bench, web.url)
            assert len(web.requests) == requests
        bench.cancellation = Cancellation()

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"url": "file:///etc/passwd"}, "its url is no http or https URL with a host in it"),
            ({"url": "http://"}, "its url is no http or https URL with a host in it"),
            ({"url": "http://me:secret@host:99999/"}, "its url is no http or https URL with a host in it"),
            ({"url": "http://[::1"}, "its url is no http or https URL with a host in it"),
            ({"url": "http://a b/"}, "its url is no http or https URL with a host in it"),
            ({"url": "http://" + "\u00e4" * 70}, "its url is no http or https URL with a host in it"),
            (
                {"url": "http://x", "headers": {"A": "secret\r\nB: c"}},
                "header 'A' holds a character that no header may hold",
            ),
            ({"url": "http://x", "headers": {"A b": "c"}}, "header 'A b' holds a character that no header may hold"),
        ],
    )
    def test_request_that_cannot_be_sent(self, bench: Bench, parameters: dict[str, Any], message: str) -> None:
        """What is no request is refused, and nothing secret is told of it."""
        with pytest.raises(OperationFailed) as caught:
            bench.call("run", bench.operation("http_request", parameters))
        assert str(caught.value) == f"operation op: the request cannot be sent: {message}"


class TestDoubting:
    """A request whose outcome a crash left unknown."""

    @pytest.mark.parametrize(
        ("parameters", "settled"),
        [
            ({}, Absent()),
            ({"method": "PUT"}, Absent()),
            ({"method": "POST"}, Unsettled()),
            ({"method": "POST", "on_doubt": "retry"}, Unsettled()),
            ({"method": "GET", "on_doubt": "fail"}, Unsettled()),
        ],
    )
    def test_harmless_requests_are_sent_again(
        self, bench: Bench, parameters: dict[str, str], settled: Absent | Unsettled
    ) -> None:
        """What does no harm twice counts as not done; else the document decides, and else a person."""
        operation = bench.operation("http_request", {"url": "http://x", **parameters})

        assert bench.call("settle", operation) == settled


class TestUndoing:
    """A request with `undo`."""

    def test_undo_is_sent(self, bench: Bench, web: Web) -> None:
        """The request that undoes it is sent as it is written; the journal learns no secret of it."""
        undo = {"method": "POST", "url": f"{web.url}/undo?key=secret", "headers": {"X-A": "secret"}, "body": {"a": 1}}
        operation = bench.operation("http_request", {"url": web.url, "undo": undo})
        compensation = bench.call("prepare", operation)
        assert compensation == Compensation(CompensationAction.CUSTOM_ACTION, f"POST {web.url}/undo?...")

        assert isinstance(bench.call("compensate", operation, compensation=compensation), Done)
        method, path, headers, body = web.requests[0]
        assert (method, path, headers["x-a"], json.loads(body)) == ("POST", "/undo?key=secret", "secret", {"a": 1})

    @pytest.mark.parametrize("status", [404, 410])
    def test_what_is_gone_is_deleted(self, bench: Bench, web: Web, status: int) -> None:
        """A DELETE that finds nothing has nothing to undo any more; another method has."""
        web.answers = [Answer(status)]
        undo = {"method": "DELETE", "url": web.url}
        operation = bench.operation("http_request", {"url": web.url, "undo": undo})
        assert bench.call("compensate", operation).result["status"] == status

        undo["method"] = "POST"
        with pytest.raises(OperationFailed) as caught:
            bench.call("compensate", operation)
        assert str(caught.value) == f"operation op: POST {web.url}: answered {status}, expected any from 200 to 299"

    def test_without_undo_there_is_none(self, bench: Bench) -> None:
        """A request that does not say how it is undone is not."""
        assert bench.call("prepare", bench.operation("http_request", {"url": "http://x"})) is None
