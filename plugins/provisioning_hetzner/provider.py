"""The Hetzner provider: the hooks of the contract, each one a call of Hetzner's cloud API."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from provisioning.contract import (
    ConnectionStatus,
    Image,
    OperationContext,
    Server,
    ServerSpec,
    ServerState,
    Size,
    Zone,
    hookimpl,
)
from provisioning.errors import (
    AccessDenied,
    AlreadyExists,
    InvalidCredentials,
    InvalidRequest,
    NotFound,
    ProviderError,
    ResourceConflict,
)
from provisioning_hetzner.labels import as_labels, as_selector
from provisioning_hetzner.server import TOKEN_LABEL, as_server
from provisioning_hetzner.session import Session
from provisioning_hetzner.size import as_size
from provisioning_hetzner.translation import code_of, translated

__all__ = ["HetznerProvider"]

_PAGE = 50


class HetznerProvider:
    """One configured use of Hetzner's cloud: a project. Making it touches nothing."""

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self._name = name
        self._config = config
        self._session = Session(name, config)

    @hookimpl
    def check_connection(self, context: OperationContext) -> ConnectionStatus:
        """Ask for one server."""
        begin = context.clock()
        try:
            with translated(self._name, "list servers"):
                _, meta = self._session.client.servers.get_list(per_page=1)
        except (InvalidCredentials, AccessDenied) as error:
            return ConnectionStatus(
                True, authenticated=False, message=error.message, sdk=self._session.sdk, hint=error.hint
            )
        except ProviderError as error:
            return ConnectionStatus(reachable=False, message=error.message, sdk=self._session.sdk, hint=error.hint)
        count = meta.pagination.total_entries
        latency = context.clock() - begin
        message = f"a project of {count} servers"
        return ConnectionStatus(
            reachable=True,
            authenticated=True,
            message=message,
            latency=latency,
            details={"servers": count},
            sdk=self._session.sdk,
        )

    # -- servers -------------------------------------------------------------------------------------------------

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None, context: OperationContext) -> Iterator[Server]:
        """Yield the servers that carry all of `labels`, page by page."""
        yield from self._listed("list servers", labels or {}, context)

    @hookimpl
    def get_server(self, server_id: str) -> Server:
        """Return one server; raise `NotFound` when it is gone."""
        with translated(self._name, f"find server {server_id}"):
            return as_server(self._session.client.servers.get_by_id(self._number(server_id)), self._name)

    @hookimpl
    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create a server. Its name is unique in the project; where the name is taken, the token says whose it is."""
        request = self._request(spec, client_token, labels)
        try:
            with translated(self._name, f"create server {spec.name}"):
                return as_server(self._session.client.servers.create(**request).server, self._name)
        except AlreadyExists:
            found = self.find_server(client_token, context)
            if found is None:
                raise
            return found

    @hookimpl
    def find_server(self, client_token: str, context: OperationContext) -> Server | None:
        """Return the server that carries this token, or None."""
        found = self._carrying("find a server by its token", {TOKEN_LABEL: client_token}, context)
        return next((server for server in found if server.client_token == client_token), None)

    @hookimpl
    def delete_server(self, server_id: str) -> None:
        """Delete a server; one that is gone is a success, and one that is locked is left to the next call."""
        try:
            self._act(server_id, "delete", "delete")
        except NotFound:
            return
        except ResourceConflict as error:
            if code_of(error) != "locked":
                raise

    @hookimpl
    def start_server(self, server_id: str) -> None:
        """Start a server; one that runs is a success."""
        self._bring(server_id, ServerState.RUNNING, "start", "power_on")

    @hookimpl
    def stop_server(self, server_id: str) -> None:
        """Let a server shut down; one that is stopped is a success."""
        self._bring(server_id, ServerState.STOPPED, "stop", "shutdown")

    @hookimpl
    def reboot_server(self, server_id: str) -> None:
        """Let a running server shut down and start again."""
        self._act(server_id, "reboot", "reboot")

    def _bring(self, server_id: str, state: ServerState, verb: str, method: str) -> None:
        try:
            self._act(server_id, verb, method)
        except (InvalidRequest, ResourceConflict):
            if self.get_server(server_id).state is not state:
                raise

    def _act(self, server_id: str, verb: str, method: str) -> None:
        """Begin an action; the engine looks at the server, not at the action, to see what came of it."""
        servers = self._session.client.servers
        from hcloud.servers import Server as Named  # noqa: PLC0415 - imported with the client

        with translated(self._name, f"{verb} server {server_id}"):
            getattr(servers, method)(Named(id=self._number(server_id)))

    def _number(self, server_id: str) -> int:
        if not server_id.isdecimal():
            raise NotFound(f"{self._name} has no server {server_id}: ids are numbers", provider=self._name)
        return int(server_id)

    # -- the catalog ---------------------------------------------------------------------------------------------

    @hookimpl
    def list_sizes(self) -> Sequence[Size]:
        """Return the server types; a price is that of the cheapest location, without VAT."""
        currency = self._session.currency()
        return [as_size(one, currency) for one in self._all("list sizes", "server_types")]

    @hookimpl
    def list_images(self) -> Sequence[Image]:
        """Return the images: Hetzner's by their names, the project's own by their ids."""
        return [
            Image(one.name or str(one.id), id=str(one.id), description=one.description)
            for one in self._all("list images", "images")
        ]

    @hookimpl
    def list_zones(self) -> Sequence[Zone]:
        """Return the locations."""
        return [Zone(one.name, one.network_zone) for one in self._all("list zones", "locations")]

    def _all(self, doing: str, kind: str) -> Sequence[Any]:
        with translated(self._name, doing):
            found: Sequence[Any] = getattr(self._session.client, kind).get_all()
        return found

    # -- listing and requests ------------------------------------------------------------------------------------

    def _listed(self, doing: str, labels: Mapping[str, str], context: OperationContext) -> Iterator[Server]:
        """Yield servers that carry the labels; those of a long value may be alike in Hetzner's alphabet."""
        found = self._carrying(doing, labels, context)
        yield from (server for server in found if labels.items() <= server.labels.items())

    def _carrying(self, doing: str, labels: Mapping[str, str], context: OperationContext) -> Iterator[Server]:
        selector = as_selector(labels) or None
        page: int | None = 1
        while page is not None:
            context.check()
            with translated(self._name, doing):
                servers, meta = self._session.client.servers.get_list(
                    label_selector=selector, page=page, per_page=_PAGE
                )
            yield from (as_server(one, self._name) for one in servers)
            page = meta.pagination.next_page

    def _request(self, spec: ServerSpec, client_token: str, labels: Mapping[str, str]) -> dict[str, Any]:
        """Return what the SDK's `create` takes; raise `InvalidRequest` for what Hetzner has no place for."""
        client = self._session.client
        from hcloud import images, locations, server_types, ssh_keys  # noqa: PLC0415 - imported with the client

        if spec.extra:
            key = next(iter(spec.extra))
            raise InvalidRequest(
                f"{self._name} cannot create server {spec.name}: {key!r} under extra is not known", provider=self._name
            )
        zone = spec.zone or self._config.get("location")
        return {
            "name": spec.name,
            "server_type": server_types.ServerType(name=spec.size or self._config["default_size"]),
            "image": _by_name_or_id(images.Image, spec.image or self._config["default_image"]),
            "location": locations.Location(name=zone) if zone else None,
            "ssh_keys": [_by_name_or_id(ssh_keys.SSHKey, key) for key in spec.key_pairs],
            "networks": [self._network(client, name) for name in spec.networks],
            "user_data": spec.user_data,
            "labels": as_labels({**labels, TOKEN_LABEL: client_token}),
        }

    def _network(self, client: Any, name: str) -> Any:
        from hcloud.networks import Network  # noqa: PLC0415 - imported with the client

        if name.isdecimal():
            return Network(id=int(name))
        with translated(self._name, f"find network {name}"):
            found = client.networks.get_by_name(name)
        if found is None:
            raise InvalidRequest(f"{self._name} has no network {name}", provider=self._name)
        return found


def _by_name_or_id(kind: Callable[..., Any], text: str) -> Any:
    return kind(id=int(text)) if text.isdecimal() else kind(name=text)
