"""What the fake cloud keeps besides servers: volumes, networks, key pairs and firewalls."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from provisioning.contract import Asset, AssetKind, AssetSpec, Firewall, FirewallRule, KeyPair, Network, Volume
from provisioning.errors import InvalidRequest, NotFound, ResourceConflict
from provisioning.testing.cloud.manners import Manners
from provisioning.testing.cloud.state import Row, State

__all__ = ["FakeAssets"]

_SPECS: Mapping[str, Callable[..., AssetSpec]] = {
    AssetKind.VOLUME: Volume,
    AssetKind.NETWORK: Network,
    AssetKind.KEY_PAIR: KeyPair,
}


class FakeAssets:
    """The assets of one fake cloud; `ask` carries a request out as the manners say, `living` returns its servers.

    `existing` and `made` are no requests: they tell the truth.
    """

    def __init__(
        self,
        manners: Manners,
        state: State,
        clock: Callable[[], float],
        ask: Callable[..., Any],
        living: Callable[[], Mapping[str, Row]],
    ) -> None:
        self._manners = manners
        self._state = state
        self._clock = clock
        self._ask = ask
        self._living = living

    # -- the truth

    def existing(self) -> list[Asset[Any]]:
        """Return the assets that there are, of every kind, and nothing hidden."""
        return [self._as_asset(row) for row in self._state.assets() if not row["is_gone"]]

    def made(self) -> list[Asset[Any]]:
        """Return every asset that was ever made."""
        return [self._as_asset(row) for row in self._state.assets()]

    # -- requests

    def create(self, spec: AssetSpec, token: str, labels: Mapping[str, str]) -> Asset[Any]:
        """Make an asset; where tokens are honoured, one that was used before names the asset that it made then."""

        def act(_: object) -> tuple[Asset[Any], bool]:
            known = [row for row in self._state.assets(spec.kind, token=token) if not row["is_gone"]]
            if known and self._manners.honours_tokens:
                return self._as_asset(known[0]), False
            written = json.dumps(asdict(spec))
            self._state.add_asset(spec.kind, token, json.dumps(dict(labels)), written, self._clock())
            return self._as_asset(self._state.assets(spec.kind, token=token)[-1]), True

        return self._ask("create_asset", act, token=token)  # type: ignore[no-any-return]

    def get(self, kind: AssetKind, asset_id: str) -> Asset[Any]:
        """Return one asset; raise `NotFound` when it is gone, or too new to be read."""

        def act(_: object) -> tuple[Asset[Any], bool]:
            row = self._row(kind, asset_id)
            if self._clock() < row["created_at"] + self._manners.readable_after:
                raise _not_found(kind, asset_id)
            return self._as_asset(row), False

        return self._ask("get_asset", act, server_id=asset_id)  # type: ignore[no-any-return]

    def find(self, kind: AssetKind, token: str) -> Asset[Any] | None:
        """Return the oldest asset of a kind with this token, or None when there is none, or it is hidden."""

        def act(_: object) -> tuple[Asset[Any] | None, bool]:
            rows = self._state.assets(kind, token=token)
            return next((self._as_asset(row) for row in rows if self._is_listed(row)), None), False

        return self._ask("find_asset", act, token=token)  # type: ignore[no-any-return]

    def list(self, kind: AssetKind, after: int = 0) -> tuple[Sequence[Asset[Any]], int | None]:
        """Return a page of assets behind the mark `after`, and the mark of the next page, None behind the last."""

        def act(_: object) -> tuple[tuple[Sequence[Asset[Any]], int | None], bool]:
            rows = [row for row in self._state.assets(kind, after=after) if self._is_listed(row)]
            page = rows[: self._manners.page_size]
            return ([self._as_asset(row) for row in page], page[-1]["number"] if len(rows) > len(page) else None), False

        return self._ask("list_assets", act)  # type: ignore[no-any-return]

    def delete(self, kind: AssetKind, asset_id: str) -> None:
        """Delete an asset; one that is gone is a success, one that a server uses a `ResourceConflict`."""

        def act(_: object) -> tuple[None, bool]:
            try:
                row = self._row(kind, asset_id)
            except NotFound:
                return None, False
            users = [name for name, server in self._living().items() if asset_id in json.loads(server["uses"])]
            user = self._as_asset(row).attached_to if kind is AssetKind.VOLUME else next(iter(users), None)
            if user is not None:
                raise ResourceConflict(f"{kind.words} {asset_id} of the fake cloud is used by server {user}")
            self._state.remove_asset(row["number"])
            return None, True

        self._ask("delete_asset", act, server_id=asset_id)

    def attach(self, volume_id: str, server_id: str) -> None:
        """Give a volume to a server; raise `ResourceConflict` when another has it."""

        def act(_: object) -> tuple[None, bool]:
            if server_id not in self._living():
                raise NotFound(f"the fake cloud has no server {server_id}")
            return None, self._give(volume_id, self._living()[server_id]["number"])

        self._ask("attach_volume", act, server_id=volume_id)

    def detach(self, volume_id: str) -> None:
        """Take a volume from its server."""

        def act(_: object) -> tuple[None, bool]:
            row = self._row(AssetKind.VOLUME, volume_id)
            self._state.attach_asset(row["number"], None)
            return None, row["server"] is not None

        self._ask("detach_volume", act, server_id=volume_id)

    def give(self, volumes: Sequence[str], server: int) -> None:
        """Give volumes to a server that is being made; raise `InvalidRequest` for one that is not there."""
        for volume_id in volumes:
            try:
                self._give(volume_id, server)
            except NotFound as error:
                raise InvalidRequest(error.message) from error

    # -- what a request does

    def _give(self, volume_id: str, server: int) -> bool:
        row = self._row(AssetKind.VOLUME, volume_id)
        holder = self._as_asset(row).attached_to
        if holder == f"fake-{server}":
            return False
        if holder is not None:
            raise ResourceConflict(f"volume {volume_id} of the fake cloud is attached to server {holder}")
        self._state.attach_asset(row["number"], server)
        return True

    def _row(self, kind: AssetKind, asset_id: str) -> Row:
        for row in self._state.assets(kind):
            if f"fake-{kind}-{row['number']}" == asset_id and not row["is_gone"]:
                return row
        raise _not_found(kind, asset_id)

    def _is_listed(self, row: Row) -> bool:
        return not row["is_gone"] and self._clock() >= row["created_at"] + self._manners.appears_after

    def _as_asset(self, row: Row) -> Asset[Any]:
        holder = f"fake-{row['server']}"
        return Asset(
            id=f"fake-{row['kind']}-{row['number']}",
            spec=_spec(row["kind"], json.loads(row["spec"])),
            attached_to=holder if holder in self._living() else None,
            labels=json.loads(row["labels"]),
            client_token=row["token"],
            created_at=datetime.fromtimestamp(row["created_at"], UTC).isoformat(),
        )


def _spec(kind: str, written: Mapping[str, Any]) -> AssetSpec:
    if kind == AssetKind.FIREWALL:
        return Firewall(written["name"], tuple(FirewallRule(**rule) for rule in written["rules"]))
    return _SPECS[kind](**written)


def _not_found(kind: AssetKind, asset_id: str) -> NotFound:
    return NotFound(f"the fake cloud has no {kind.words} {asset_id}")
