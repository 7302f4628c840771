"""A proxy before a moto server that has EC2's manners: client tokens are honoured, and replies may be lost or late.

EC2 answers the same token with the same instance, and refuses it with other parameters
(https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html). Moto ignores tokens. It also takes any
instance type; here those that begin with "zz" are unknown, and those that begin with "full" have no capacity.
"""

import threading
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from moto.server import ThreadedMotoServer

__all__ = ["Ec2", "Faults", "ec2_cloud"]

ERROR = (
    "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    "<RequestID>0</RequestID></Response>"
)


@dataclass
class Faults:
    """What goes wrong, by the API's action; each entry is used up by one request.

    `lost` acts and drops the connection, `held` acts and keeps the reply until `release` is set, `refused` answers with
    a code and acts not; `skipped` lets so many requests pass before any of this. With `odd`
    what runs is shown in a state that EC2 does not have. `seen` counts the requests.
    """

    skipped: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    refused: dict[str, list[str]] = field(default_factory=dict)
    odd: bool = False
    release: threading.Event = field(default_factory=threading.Event)
    holding: threading.Event = field(default_factory=threading.Event)
    seen: Counter[str] = field(default_factory=Counter)

    def clear(self) -> None:
        """Let nothing go wrong any more, and nobody wait."""
        for entries in (self.skipped, self.lost, self.held, self.refused):
            entries.clear()
        self.odd = False
        self.release.set()
        self.release = threading.Event()
        self.holding.clear()


@dataclass
class Ec2:
    """A cloud that runs: where its API is, and what may go wrong with it."""

    url: str
    faults: Faults


class _Tokens:
    """The replies by client token, as EC2 keeps them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], tuple[dict[str, str], bytes]] = {}

    def answer(self, form: dict[str, str], forward: Any) -> tuple[int, bytes]:
        token, wanted = (
            (form["Action"], form["ClientToken"]),
            {key: value for key, value in form.items() if key != "ClientToken"},
        )
        with self._lock:
            if token in self._known:
                known, reply = self._known[token]
                return (200, reply) if known == wanted else (400, _error("IdempotentParameterMismatch"))
            status, reply = forward()
            if status == 200:
                self._known[token] = (wanted, reply)
            return status, reply


def _error(code: str) -> bytes:
    return ERROR.format(code=code, message=f"the cloud says {code}").encode()


class _Front(BaseHTTPRequestHandler):
    """Passes requests on to moto, but for what EC2 does otherwise and for the faults."""

    protocol_version = "HTTP/1.1"
    backend: tuple[str, int]
    faults: Faults
    tokens: _Tokens

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        form = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        action, faults = form.get("Action", ""), self.faults
        faults.seen[action] += 1
        if faults.skipped[action] > 0:
            faults.skipped[action] -= 1
            self._reply(*self._answer(form, body))
        elif codes := faults.refused.get(action):
            code = codes.pop(0)
            self._reply(503 if code in ("RequestLimitExceeded", "InternalError") else 400, _error(code))
        else:
            self._reply_in_trouble(action, self._answer(form, body))

    def _reply_in_trouble(self, action: str, answer: tuple[int, bytes]) -> None:
        """Reply to what has acted already: late, or not at all."""
        faults = self.faults
        if faults.held[action] > 0:
            faults.held[action] -= 1
            faults.holding.set()
            faults.release.wait(120)
        if faults.lost[action] > 0:
            faults.lost[action] -= 1
            self.close_connection = True
            self.connection.close()
            return
        self._reply(*answer)

    def _answer(self, form: dict[str, str], body: bytes) -> tuple[int, bytes]:
        size = form.get("InstanceType", "")
        if size.startswith("zz"):
            return 400, _error("InvalidParameterValue")
        if size.startswith("full"):
            return 500, _error("InsufficientInstanceCapacity")
        if form.get("Action") in ("RunInstances", "CreateVolume") and form.get("ClientToken"):
            return self.tokens.answer(form, lambda: self._forward(body))
        if form.get("Action") in ("StartInstances", "StopInstances") and self._is_terminated(form["InstanceId.1"]):
            return 400, _error("IncorrectInstanceState")  # moto would start it again
        status, reply = self._forward(body)
        if self.faults.odd:  # a state that nobody has heard of
            reply = reply.replace(b"<name>running</name>", b"<name>hibernating</name>")
        return status, reply

    def _is_terminated(self, instance_id: str) -> bool:
        asked = {"Action": "DescribeInstances", "InstanceId.1": instance_id, "Version": "2016-11-15"}
        return b"<name>terminated</name>" in self._forward(urllib.parse.urlencode(asked).encode())[1]

    def _forward(self, body: bytes) -> tuple[int, bytes]:
        connection = HTTPConnection(*self.backend, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
        connection.request("POST", self.path, body, headers)
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that went away is what these tests are about."""


@contextmanager
def ec2_cloud() -> Iterator[Ec2]:
    """Run an empty cloud on loopback."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    backend, faults = moto.get_host_and_port(), Faults()
    connection = HTTPConnection(*backend, timeout=60)
    connection.request("POST", "/moto-api/reset")  # its state is the process's, and outlives a server
    connection.getresponse().read()
    connection.close()
    parts = {"backend": backend, "faults": faults, "tokens": _Tokens()}
    front = _Server(("127.0.0.1", 0), type("Front", (_Front,), parts))
    thread = threading.Thread(target=front.serve_forever, daemon=True)
    thread.start()
    try:
        yield Ec2(f"http://127.0.0.1:{front.server_address[1]}", faults)
    finally:
        faults.release.set()
        front.shutdown()
        front.server_close()
        moto.stop()
