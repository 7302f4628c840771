"""The fake cloud itself: servers that come and go by a clock, requests that go wrong, and a log of all of them."""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from provisioning.contract import Asset, Image, Server, ServerSpec, ServerState, Size, Zone
from provisioning.errors import (
    Ambiguous,
    CapacityUnavailable,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    ProviderError,
    ServiceInternalError,
    Throttling,
)
from provisioning.testing.cloud.assets import FakeAssets
from provisioning.testing.cloud.catalog import IMAGES, SIZES, ZONES
from provisioning.testing.cloud.manners import Manners, Mishap
from provisioning.testing.cloud.request import Request
from provisioning.testing.cloud.state import Row, State

__all__ = ["FakeCloud"]

T = TypeVar("T")

_GONE = ServerState.DELETED


class FakeCloud:
    """A cloud with these `manners`, in memory or in the file at `path`; `clock` gives seconds since the epoch.

    Methods that are requests behave as the manners say, raise a `ProviderError` where they have to, and are logged.
    `servers`, `made` and `requests` are no requests: they tell the truth. Any thread may call any method.
    """

    def __init__(
        self, manners: Manners | None = None, *, path: Path | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.manners = manners or Manners()
        self._state = State(path)
        self._clock = clock
        self._sent = threading.local()
        self.assets = FakeAssets(self.manners, self._state, clock, self._request, self._living)

    def sent(self) -> None:
        """Note that this thread sends its next request now, which arrives when it has been on its way."""
        self._sent.at = self._clock()

    def close(self) -> None:
        """Let go of the file; a cloud in memory is gone."""
        self._state.close()

    # -- the truth -----------------------------------------------------------------------------------------------

    def servers(self) -> list[Server]:
        """Return the servers that there are, those that are being deleted too, and nothing hidden."""
        return [server for server in self.made() if server.state is not _GONE]

    def made(self) -> list[Server]:
        """Return every server that was ever made."""
        return [self._as_server(row) for row in self._state.servers()]

    def requests(self) -> Sequence[Request]:
        """Return the log of all requests."""
        return self._state.requests()

    # -- requests ------------------------------------------------------------------------------------------------

    def create_server(self, spec: ServerSpec, token: str, labels: Mapping[str, str]) -> Server:
        """Make a server; where tokens are honoured, one that was used before names the server that it made then."""
        return self._request("create_server", lambda mishap: self._create(spec, token, labels, mishap), token=token)

    def get_server(self, server_id: str) -> Server:
        """Return one server; raise `NotFound` when it is gone, or too new to be read."""

        def act(_: Mishap | None) -> tuple[Server, bool]:
            row = self._existing(server_id)
            if self._clock() < row["created_at"] + self.manners.readable_after:
                raise _not_found(server_id)
            return self._as_server(row), False

        return self._request("get_server", act, server_id=server_id)

    def find_server(self, token: str) -> Server | None:
        """Return the oldest server with this token, or None when there is none, or it is hidden."""

        def act(_: Mishap | None) -> tuple[Server | None, bool]:
            found = (self._as_server(row) for row in self._state.servers(token=token) if self._is_listed(row))
            return next(found, None), False

        return self._request("find_server", act, token=token)

    def list_servers(self, after: int = 0) -> tuple[list[Server], int | None]:
        """Return a page of servers behind the mark `after`, and the mark of the next page, None behind the last."""

        def act(_: Mishap | None) -> tuple[tuple[list[Server], int | None], bool]:
            rows = [row for row in self._state.servers(after=after) if self._is_listed(row)]
            page = rows[: self.manners.page_size]
            more = page[-1]["number"] if len(rows) > len(page) else None
            return ([self._as_server(row) for row in page], more), False

        return self._request("list_servers", act)

    def delete_server(self, server_id: str) -> None:
        """Delete a server; one that is gone, or going, is a success."""

        def act(_: Mishap | None) -> tuple[None, bool]:
            row = self._row(server_id)
            if row is None or row["target"] == _GONE:
                return None, False
            self._move(row, ServerState.DELETING, _GONE, self.manners.delete_time)
            return None, True

        self._request("delete_server", act, server_id=server_id)

    def start_server(self, server_id: str) -> None:
        """Start a server."""
        self._switch("start_server", server_id, ServerState.STARTING, ServerState.RUNNING)

    def stop_server(self, server_id: str) -> None:
        """Stop a server."""
        self._switch("stop_server", server_id, ServerState.STOPPING, ServerState.STOPPED)

    def reboot_server(self, server_id: str) -> None:
        """Reboot a server."""
        self._switch("reboot_server", server_id, ServerState.REBOOTING, ServerState.RUNNING, again=True)

    def _switch(self, call: str, server_id: str, via: ServerState, target: ServerState, *, again: bool = False) -> None:
        def act(_: Mishap | None) -> tuple[None, bool]:
            row = self._existing(server_id)
            if row["target"] == target and not again:
                return None, False
            self._move(row, via, target, self.manners.boot_time)
            return None, True

        self._request(call, act, server_id=server_id)

    # -- what a request does -------------------------------------------------------------------------------------

    def _create(
        self, spec: ServerSpec, token: str, labels: Mapping[str, str], mishap: Mishap | None
    ) -> tuple[Server, bool]:
        if self.manners.honours_tokens and (known := self._state.servers(token=token)):
            return self._as_server(known[0]), False
        columns = _checked(spec)
        room = self.manners.capacity.get(columns["zone"])
        if room is not None and sum(server.zone == columns["zone"] for server in self.servers()) >= room:
            raise _no_room(columns["zone"])
        now = self._clock()
        number = self._state.add_server(
            {
                **columns,
                "uses": json.dumps([*spec.networks, *spec.volumes, *spec.firewalls]),
                "token": token,
                "labels": json.dumps(dict(labels)),
                "created_at": now,
                "via": str(ServerState.PENDING),
                "target": str(ServerState.ERROR if mishap is Mishap.STILLBORN else ServerState.RUNNING),
                "settled_at": now + self.manners.boot_time,
            }
        )
        self.assets.give(spec.volumes, number)
        row = self._state.get_server(number)
        assert row is not None
        return self._as_server(row), True

    def _living(self) -> Mapping[str, Row]:
        """Return the servers that are not gone, by their ids."""
        servers = ((self._as_server(row), row) for row in self._state.servers())
        return {server.id: row for server, row in servers if server.state is not _GONE}

    def _move(self, row: Row, via: ServerState, target: ServerState, seconds: float) -> None:
        self._state.move_server(row["number"], str(via), str(target), self._clock() + seconds)

    def _row(self, server_id: str) -> Row | None:
        digits = server_id.removeprefix("fake-")
        return self._state.get_server(int(digits)) if digits.isdecimal() else None

    def _existing(self, server_id: str) -> Row:
        row = self._row(server_id)
        if row is None or self._as_server(row).state is _GONE:
            raise _not_found(server_id)
        return row

    def _is_listed(self, row: Row) -> bool:
        is_shown = self._clock() >= row["created_at"] + self.manners.appears_after
        return is_shown and self._as_server(row).state is not _GONE

    def _as_server(self, row: Row) -> Server:
        return Server(
            id=f"fake-{row['number']}",
            name=row["name"],
            state=ServerState(row["via"] if self._clock() < row["settled_at"] else row["target"]),
            zone=row["zone"],
            size=row["size"],
            image=row["image"],
            private_ips=(f"10.{row['number'] >> 16 & 255}.{row['number'] >> 8 & 255}.{row['number'] & 255}",),
            labels=json.loads(row["labels"]),
            client_token=row["token"],
            created_at=datetime.fromtimestamp(row["created_at"], UTC).isoformat(),
        )

    # -- what becomes of a request -------------------------------------------------------------------------------

    def _request(
        self,
        call: str,
        act: Callable[[Mishap | None], tuple[T, bool]],
        *,
        token: str | None = None,
        server_id: str | None = None,
    ) -> T:
        """Do what was asked, once, twice or not at all, log it, and answer, truly or not."""
        answer: T | None = None
        acted, error = False, None
        with self._state.transaction():
            nth, number = self._state.count_requests(call) + 1, self._state.count_requests() + 1
            mishap = self.manners.mishap(call, nth, number)
            try:
                self._refuse(call, mishap)
                answer, acted = act(mishap)
                if mishap is Mishap.DELIVERED_TWICE:
                    acted |= act(mishap)[1]
                _spoil(call, mishap)
            except ProviderError as failure:
                error = failure
            server_id = answer.id if isinstance(answer, Server | Asset) else server_id
            words = "done" if error is None else type(error).__name__
            now = self._clock()
            began = getattr(self._sent, "at", now)
            self._state.log(Request(number, now, call, token, server_id, acted, words, began))
        if error is not None:
            raise error
        return answer  # type: ignore[return-value]  # where there is no answer, T has None

    def _refuse(self, call: str, mishap: Mishap | None) -> None:
        """Raise when the request is not to be carried out."""
        if mishap is Mishap.REQUEST_LOST:
            raise NetworkFailure(f"{call} did not reach the fake cloud")
        if mishap is Mishap.THROTTLED or self._is_over_the_rate():
            raise Throttling(f"{call}: too many requests at the fake cloud", retry_after=self.manners.retry_after)
        if mishap is Mishap.NO_CAPACITY and call == "create_server":
            raise _no_room("any zone")
        if mishap is Mishap.BROKEN:
            raise ServiceInternalError(f"{call}: the fake cloud failed")

    def _is_over_the_rate(self) -> bool:
        most = self.manners.allows_per_second
        return most is not None and len(self._state.times_of_accepted(self._clock() - 1.0)) >= most


def _spoil(call: str, mishap: Mishap | None) -> None:
    """Raise when the request was carried out and its caller is not to know."""
    if mishap is Mishap.REPLY_LOST:
        raise Ambiguous(f"the reply of the fake cloud to {call} was lost")
    if mishap is Mishap.BROKEN_AFTERWARDS:
        raise ServiceInternalError(f"{call}: the fake cloud failed")


def _checked(spec: ServerSpec) -> dict[str, Any]:
    """Return what is stored of a request; raise `InvalidRequest` for what is not on offer, or has no name."""
    if not spec.name:
        raise InvalidRequest("a server of the fake cloud needs a name")
    offers: dict[str, Sequence[Zone | Size | Image]] = {"zone": ZONES, "size": SIZES, "image": IMAGES}
    columns: dict[str, Any] = {"name": spec.name}
    for what, offered in offers.items():
        names = [each.name for each in offered]
        columns[what] = getattr(spec, what) or names[0]
        if columns[what] not in names:
            raise InvalidRequest(f"the fake cloud has no {what} {columns[what]!r}", hint=f"it has {', '.join(names)}")
    return columns


def _not_found(server_id: str) -> NotFound:
    return NotFound(f"the fake cloud has no server {server_id}")


def _no_room(where: str) -> CapacityUnavailable:
    return CapacityUnavailable(f"the fake cloud has no room in {where}")
