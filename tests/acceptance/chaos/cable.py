"""The way from one host to the database: a process that forwards connections, to be killed (cut) or stopped (held)."""

import asyncio
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["Cable"]


class Cable:
    """Forwards connections to `target` on this host from `port`."""

    def __init__(self, target: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._words = [sys.executable, "-m", "tests.acceptance.chaos.cable", str(self.port), str(target)]
        self._lay()

    def cut(self) -> None:
        """End every connection, and refuse new ones."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def hold(self) -> None:
        """Let nothing through, in either direction, and end nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def mend(self) -> None:
        """Let everything through again."""
        self._process.send_signal(signal.SIGCONT)
        if self._process.poll() is not None:
            self._lay()

    def close(self) -> None:
        """Forward nothing any more."""
        self.cut()

    def _lay(self) -> None:
        root = Path(__file__).parents[3]
        self._process = subprocess.Popen(self._words, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


async def _serve(port: int, target: int) -> None:
    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", target)
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        writer.transport.abort()

    server = await asyncio.start_server(forward, "127.0.0.1", port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
