"""The contract's values as JSON and back: what goes into a request, and what an answer's resources stand for."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar, get_origin

from pydantic import TypeAdapter, ValidationError

from provisioning.bridge.fault import Unreadable
from provisioning.bridge.response import flaws_of
from provisioning.contract import (
    Asset,
    AssetKind,
    AssetSpec,
    Compensation,
    ConnectionStatus,
    Decision,
    ExtensionContext,
    Firewall,
    Image,
    KeyPair,
    Network,
    Operation,
    Provider,
    Resource,
    Server,
    ServerSpec,
    Size,
    Volume,
    Zone,
)

__all__ = [
    "as_compensation",
    "as_connection",
    "as_decision",
    "as_image",
    "as_resource",
    "as_server",
    "as_size",
    "as_zone",
    "asset_document",
    "asset_reader",
    "extension_document",
    "operation_document",
    "provider_document",
    "reader",
    "spec_document",
]

T = TypeVar("T")


def reader(kind: type[T], more: str = "") -> Callable[[Mapping[str, Any]], T]:
    """Return a function that makes a value of the contract from a JSON object, or raises `Unreadable`.

    Keys that the value does not have are refused, so that a misspelt one is not lost in silence; `more` says where to
    put them.
    """
    origin: Any = get_origin(kind) or kind
    known = {field.name for field in fields(origin)}
    adapter = TypeAdapter(kind)
    named = f"{'an' if origin.__name__[0] in 'AEIOU' else 'a'} {origin.__name__}"

    def read(document: Mapping[str, Any]) -> T:
        strange = sorted(document.keys() - known)
        if strange:
            raise Unreadable(f"holds {named} with the unknown key {strange[0]!r}{more}")
        try:
            return adapter.validate_python(document)
        except ValidationError as error:
            raise Unreadable(f"holds no {origin.__name__}: {flaws_of(error)}") from error

    return read


_IN_RAW = "; what else there is to tell stands in `raw`"

as_server = reader(Server, more=_IN_RAW)
as_size = reader(Size)
as_image = reader(Image)
as_zone = reader(Zone)
as_resource = reader(Resource)
as_connection = reader(ConnectionStatus, more="; what else there is to tell stands in `details`")
as_decision = reader(Decision)
as_compensation = reader(Compensation, more="; what else there is to keep stands in `data`")


_ASSETS: Mapping[AssetKind, Callable[[Mapping[str, Any]], Asset[Any]]] = {
    AssetKind.VOLUME: reader(Asset[Volume], _IN_RAW),
    AssetKind.NETWORK: reader(Asset[Network], _IN_RAW),
    AssetKind.KEY_PAIR: reader(Asset[KeyPair], _IN_RAW),
    AssetKind.FIREWALL: reader(Asset[Firewall], _IN_RAW),
}


def asset_reader(kind: AssetKind) -> Callable[[Mapping[str, Any]], Asset[Any]]:
    """Return the function that makes an asset of a kind from a JSON object, its `spec` being one in it."""
    return _ASSETS[kind]


def spec_document(spec: ServerSpec) -> dict[str, Any]:
    """Return the JSON form of what a server should be."""
    return {
        "name": spec.name,
        "size": spec.size,
        "image": spec.image,
        "zone": spec.zone,
        "user_data": spec.user_data,
        "key_pairs": list(spec.key_pairs),
        "networks": list(spec.networks),
        "volumes": list(spec.volumes),
        "firewalls": list(spec.firewalls),
        "extra": spec.extra,
    }


def asset_document(spec: AssetSpec) -> dict[str, Any]:
    """Return the JSON form of what an asset should be, with its kind."""
    return {"kind": str(spec.kind), **asdict(spec)}


def operation_document(operation: Operation) -> dict[str, Any]:
    """Return the JSON form of an operation."""
    return {
        "id": operation.id,
        "kind": operation.kind,
        "parameters": operation.parameters,
        "workflow_id": operation.workflow_id,
        "client_token": operation.client_token,
        "provider": operation.provider,
        "labels": operation.labels,
        "state": operation.state,
    }


def provider_document(provider: Provider | None) -> dict[str, Any] | None:
    """Return what a program may know of a provider instance: which one it is, and nothing of its configuration."""
    if provider is None:
        return None
    return {"name": provider.name, "type": provider.type, "capabilities": sorted(provider.capabilities)}


def extension_document(context: ExtensionContext) -> dict[str, Any]:
    """Return the JSON form of an extension's surroundings; its options travel as the request's `config`."""
    return {"name": context.name, "directory": str(context.directory)}
