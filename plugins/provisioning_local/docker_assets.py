"""Volumes and networks of the Docker engine.

An engine lets one name be used once, and what is made is named after its client token, as containers are. It answers
a second request for a volume with the one that is there, and refuses one for a network.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import docker.errors
from docker import APIClient
from docker.types import IPAMConfig, IPAMPool

from provisioning.contract import Asset, AssetKind, AssetSpec, Network, OperationContext, Volume
from provisioning.errors import InvalidRequest, NotFound, ResourceConflict, Unsupported
from provisioning_local.container import TOKEN_LABEL
from provisioning_local.docker_engine import DockerEngine

__all__ = ["DockerAssets", "mounts"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
_SPEC_LABEL = "provisioning.asset"
_PREFIXES = {AssetKind.VOLUME: "vol", AssetKind.NETWORK: "net"}
_SPECS: Mapping[AssetKind, type[Volume] | type[Network]] = {AssetKind.VOLUME: Volume, AssetKind.NETWORK: Network}


class DockerAssets:
    """The volumes and networks of one engine, whichever instance of the provider made them."""

    def __init__(self, provider: str, engine: DockerEngine) -> None:
        self._name = provider
        self._engine = engine

    def create_asset(
        self, spec: AssetSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Asset[Any]:
        """Make a volume or a network, unless the token has; raise `InvalidRequest` when it was for something else."""
        if not _NAME.fullmatch(spec.name):
            message = (
                f"provider {self._name} cannot create {spec.kind.words} {spec.name!r}: a name is made of letters, "
            )
            raise InvalidRequest(f"{message}digits, '.', '_' and '-'", provider=self._name)
        name = _name_of(spec.kind, client_token)
        marks = {_SPEC_LABEL: json.dumps(_document(spec, client_token, labels)), TOKEN_LABEL: client_token}
        with self._engine.connected(context) as client:
            made = self._look(client, spec.kind, name)
            if made is None:
                _make(client, spec, name, {**labels, **marks})
                made = self._look(client, spec.kind, name)
        if made is None:
            message = f"{spec.kind.words} {name} of provider {self._name} is being deleted, or somebody else's"
            raise ResourceConflict(message, provider=self._name)
        if made.spec != spec or made.labels != labels:
            raise InvalidRequest(
                f"provider {self._name} made {spec.kind.words} {name} with this client token for another request",
                provider=self._name,
                hint="use a new client token for a new one",
            )
        return made

    def find_asset(self, kind: AssetKind, client_token: str, context: OperationContext) -> Asset[Any] | None:
        """Return what was created with this token, or None."""
        with self._engine.connected(context) as client:
            return self._look(client, kind, _name_of(kind, client_token))

    def get_asset(self, kind: AssetKind, asset_id: str, context: OperationContext) -> Asset[Any]:
        """Return a volume or a network; raise `NotFound` when it is gone."""
        with self._engine.connected(context) as client:
            found = self._look(client, kind, asset_id)
        if found is None:
            raise NotFound(f"provider {self._name} has no {kind.words} {asset_id}", provider=self._name)
        return found

    def list_assets(
        self, kind: AssetKind, labels: Mapping[str, str] | None, context: OperationContext
    ) -> Iterator[Asset[Any]]:
        """Yield those that carry all of `labels`."""
        wanted = dict(labels or {}).items()
        with self._engine.connected(context) as client:
            for row in _rows(client, _known(kind)):
                found = self._look(client, kind, row["Name"])
                if found is not None and wanted <= found.labels.items():
                    yield found

    def delete_asset(self, kind: AssetKind, asset_id: str, context: OperationContext) -> None:
        """Remove a volume or a network; raise `ResourceConflict` as long as a server uses it."""
        with self._engine.connected(context) as client:
            if self._look(client, kind, asset_id) is None:
                return
            try:
                client.remove_volume(asset_id) if kind is AssetKind.VOLUME else client.remove_network(asset_id)
            except docker.errors.NotFound:
                return
            except docker.errors.APIError as error:
                if error.status_code not in (403, 409):  # what an engine says of a network, and of a volume, in use
                    raise
                message = f"{kind.words} {asset_id} of provider {self._name} is in use"
                raise ResourceConflict(message, provider=self._name, hint="delete its servers first") from error

    def _look(self, client: APIClient, kind: AssetKind, name: str) -> Asset[Any] | None:
        """Return what has this name and was made here; None when there is none."""
        try:
            seen = client.inspect_volume(name) if _known(kind) is AssetKind.VOLUME else client.inspect_network(name)
        except docker.errors.NotFound:
            return None
        try:
            document = json.loads((seen["Labels"] or {})[_SPEC_LABEL])
            spec = _SPECS[kind](**document["spec"])
            if seen["Name"] != _name_of(kind, document["client_token"]):
                return None
        except (KeyError, ValueError, TypeError):
            return None
        return Asset(
            id=seen["Name"],
            spec=spec,
            provider=self._name,
            attached_to=_holder(client, name) if kind is AssetKind.VOLUME else None,
            labels=document["labels"],
            client_token=document["client_token"],
            created_at=seen.get("CreatedAt") or seen.get("Created"),
        )


def mounts(client: APIClient, volumes: Sequence[str]) -> Mapping[str, str]:
    """Return where each volume is found in a server: under `/mnt`, by its name; raise `ValueError` for a stranger's.

    An engine makes a volume that it does not have, so this is asked before a container is made.
    """
    found = {}
    for volume_id in volumes:
        try:
            labels = client.inspect_volume(volume_id)["Labels"] or {}
            found[volume_id] = f"/mnt/{json.loads(labels[_SPEC_LABEL])['spec']['name']}"
        except (docker.errors.NotFound, KeyError) as error:
            raise ValueError(f"there is no volume {volume_id!r}") from error
    if len(set(found.values())) < len(volumes):
        raise ValueError("two of its volumes have one name, or one is named twice")
    return found


def _known(kind: AssetKind) -> AssetKind:
    if kind not in _PREFIXES:
        raise Unsupported(f"Docker has no {kind.words}s")
    return kind


def _name_of(kind: AssetKind, client_token: str) -> str:
    digest = hashlib.sha256(client_token.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{_PREFIXES[_known(kind)]}-{digest}"


def _document(spec: AssetSpec, client_token: str, labels: Mapping[str, str]) -> dict[str, Any]:
    fields = {name: getattr(spec, name) for name in type(spec).__dataclass_fields__ if name != "kind"}
    return {"spec": fields, "client_token": client_token, "labels": dict(labels)}


def _make(client: APIClient, spec: AssetSpec, name: str, labels: Mapping[str, str]) -> None:
    if isinstance(spec, Volume):
        client.create_volume(name, labels=dict(labels))
        return
    cidr = spec.cidr if isinstance(spec, Network) else None
    ipam = IPAMConfig(pool_configs=[IPAMPool(subnet=cidr)]) if cidr else None
    try:
        client.create_network(name, labels=dict(labels), ipam=ipam, check_duplicate=True)
    except docker.errors.APIError as error:
        if error.status_code != 409:
            raise


def _rows(client: APIClient, kind: AssetKind) -> list[dict[str, Any]]:
    filters = {"label": [_SPEC_LABEL]}
    if kind is AssetKind.VOLUME:
        return list(client.volumes(filters=filters)["Volumes"] or ())
    return list(client.networks(filters=filters))


def _holder(client: APIClient, name: str) -> str | None:
    """Return the server that has a volume; containers that are no servers are somebody's, too."""
    rows = client.containers(all=True, filters={"volume": name})
    return next((row["Names"][0].removeprefix("/") for row in rows if row["Names"]), None)
