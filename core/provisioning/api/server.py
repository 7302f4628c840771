"""The server: uvicorn with the API in it, from its first socket to its last run."""

import contextlib
import logging
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator

import uvicorn

from provisioning.api.application import create_api
from provisioning.api.driving import Driving
from provisioning.api.settings import ApiSettings
from provisioning.app import App, Tokens
from provisioning.errors import ConfigurationError

__all__ = ["Server", "serve"]


class Server(uvicorn.Server):
    """A server that lets its followers go before it waits for its connections to close."""

    def __init__(self, app: App, settings: ApiSettings) -> None:
        self.api = create_api(app, settings)
        super().__init__(
            uvicorn.Config(
                self.api,
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                lifespan="on",
                server_header=False,
                timeout_graceful_shutdown=5,
                ssl_certfile=settings.tls_certificate,
                ssl_keyfile=settings.tls_key,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop in good order."""
        self.api.state.feed.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear SIGINT and SIGTERM as the wish to stop in good order; unlike uvicorn's, they end there."""
        is_main = threading.current_thread() is threading.main_thread()  # no other thread can hear signals
        numbers = (signal.SIGINT, signal.SIGTERM) if is_main else ()
        previous = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def serve(app: App, settings: ApiSettings, say: Callable[[str], None]) -> bool:
    """Serve until a signal comes; return whether all runs were ended in time.

    `say` is told where, once one can connect. Raises `ConfigurationError` for an address that cannot be had, and for
    one that others can reach while there is no token with which anybody could come in.
    """
    check_tokens(app, settings)
    check_certificate(settings)
    _log()
    listening = _listen(settings)
    with contextlib.closing(listening):
        _, port = listening.getsockname()[:2]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        say(f"serving {app.workspace} on {settings.scheme}://{host}:{port}")
        server = Server(app, settings)
        server.run([listening])
    driving: Driving = server.api.state.driving
    return driving.counts[0] == 0


def check_tokens(app: App, settings: ApiSettings) -> None:
    """Raise `ConfigurationError` when nobody could come in."""
    if settings.needs_token and not Tokens(app.workspace).list():
        raise ConfigurationError(
            f"on {settings.host} a token is needed, and there is none",
            hint="make one: `provisioning token create NAME`",
        )


def check_certificate(settings: ApiSettings) -> None:
    """Raise `ConfigurationError` when https cannot be served with the files."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_certificate, settings.tls_key, password="")
    except OSError as error:
        reason = "it is no certificate in PEM, or the key is not its own, or has a password"
        if not isinstance(error, ssl.SSLError):
            reason = error.strerror or str(error)
        raise ConfigurationError(
            f"https cannot be served with {settings.tls_certificate} and {settings.tls_key}: {reason}",
            hint="name the certificate in PEM with --tls-cert, and its key without a password with --tls-key",
        ) from error


def _listen(settings: ApiSettings) -> socket.socket:
    """Return a socket on which clients can connect from now on."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise ConfigurationError(
            f"{settings.host}:{settings.port} cannot be listened on: {reason}", hint="name another --host or --port"
        ) from error


def _log() -> None:
    """Write the log to stderr, unless whoever called has set it up."""
    logger = logging.getLogger("provisioning")
    if logger.getEffectiveLevel() > logging.INFO:
        logger.setLevel(logging.INFO)
    if not logging.getLogger().handlers and not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logger.addHandler(handler)
