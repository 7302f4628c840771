"""A load from a process of its own: submissions at a steady rate over kept connections, and followers of one run.

Open loop: each submission has its moment, whether the ones before it are answered or not, and its latency counts from
that moment. Run as `python -m benchmarks.load`, with its orders as JSON on standard input and its findings on standard
output.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

CONNECTIONS = 32


class Connection:
    """One kept connection of HTTP/1.1."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes) -> int:
        """Send a body, and return the status of its answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        status, headers = await _head(reader)
        await reader.readexactly(int(headers["content-length"]))
        return status

    def close(self) -> None:
        """Let go of it."""
        if self._streams is not None:
            self._streams[1].close()


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if line)
    return int(first.split(" ")[1]), {name.lower(): value for name, value in headers.items()}


async def submissions(host: str, port: int, path: str, bodies: list[bytes], rate: float) -> dict[str, Any]:
    """Send each body at its moment; return the latencies in seconds, and how many were not accepted."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    every = [Connection(host, port) for _ in range(CONNECTIONS)]
    for one in every:
        free.put_nowait(one)
    latencies, refused = [], 0
    began = time.perf_counter()

    async def send(number: int, body: bytes) -> None:
        nonlocal refused
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        connection = await free.get()
        refused += await connection.post(path, body) != 202
        free.put_nowait(connection)
        latencies.append(time.perf_counter() - due)

    await asyncio.gather(*(send(number, body) for number, body in enumerate(bodies)))
    took = time.perf_counter() - began
    for one in every:
        one.close()
    return {"latencies": latencies, "refused": refused, "took": took}


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int(await reader.readuntil(b"\r\n"), 16):
        yield (await reader.readexactly(size + 2))[:-2]


async def follow(host: str, port: int, path: str, is_open: asyncio.Semaphore) -> list[int]:
    """Follow a stream of server-sent events to its end; return the ids in the order in which they came."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode())
    await _head(reader)
    is_open.release()
    found, rest = [], b""
    async for chunk in _chunks(reader):
        *lines, rest = (rest + chunk).split(b"\n")
        found += [int(line[4:]) for line in lines if line.startswith(b"id: ")]
    writer.close()
    return found


async def load(orders: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out the orders: `host`, `port`, `path`, `bodies`, `rate`, `followers`, `followed`."""
    host, port, count = orders["host"], orders["port"], orders["followers"]
    is_open = asyncio.Semaphore(0)
    following = []
    for number in range(count):
        following.append(asyncio.ensure_future(follow(host, port, orders["followed"], is_open)))
        if number % 100 == 99:  # no more at once than the server's backlog holds
            for _ in range(100):
                await is_open.acquire()
    bodies = [body.encode() for body in orders["bodies"]]
    found = await submissions(host, port, orders["path"], bodies, orders["rate"])
    return {**found, "followed": await asyncio.gather(*following)}


if __name__ == "__main__":
    json.dump(asyncio.run(load(json.load(sys.stdin))), sys.stdout)
