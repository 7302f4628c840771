"""One start of a server: its port, its command's environment, and the process that comes of it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from provisioning_local.home import Home
from provisioning_local.record import Record

__all__ = ["HOST", "bind_port", "marks", "start_command"]

HOST = "127.0.0.1"
_BUILT_IN = Path(__file__).with_name("http_image.py")


def bind_port(port: int | None) -> socket.socket:
    """Bind a socket to this port of the loopback interface, or to a free one where it is None or taken by now."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port or 0))
        listener.listen()
    except OSError:
        listener.close()
        if not port:
            raise
        return bind_port(None)
    return listener


def marks(home: Home) -> tuple[str, str]:
    """Return the variables by which the processes of one server are known."""
    return (f"SERVER_ID={home.id}", f"USER_DATA_FILE={home.user_data}")


def start_command(home: Home, record: Record, listener: socket.socket | None) -> subprocess.Popen[bytes]:
    """Start what the image says, as the leader of a session of its own; raise `OSError` when it cannot be run.

    The built-in image inherits the listening socket; any other command is told the port and binds it itself.
    """
    home.work.mkdir(exist_ok=True)
    home.user_data.write_bytes((record["asked"].get("user_data") or "").encode("utf-8", "surrogatepass"))
    own = dict(mark.split("=", 1) for mark in marks(home))
    own |= {"HOST": HOST, "PORT": str(record["port"]), "SERVER_NAME": record["name"]}
    descriptors = () if listener is None else (listener.fileno(),)
    if listener is not None:
        own["LISTEN_FD"] = str(listener.fileno())
    return subprocess.Popen(
        record["command"] or [sys.executable, "-I", "-S", str(_BUILT_IN)],
        cwd=home.work,
        env={**os.environ, **record["environment"], **own},
        pass_fds=descriptors,
        start_new_session=True,
    )
