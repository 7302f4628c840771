"""The UpCloud provider: the hooks of the contract, each one a few calls of UpCloud's API 1.3."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
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
    InvalidCredentials,
    InvalidRequest,
    NotFound,
    ProviderError,
    ResourceConflict,
)
from provisioning_upcloud.server import TOKEN_LABEL, as_request, as_server
from provisioning_upcloud.session import Session
from provisioning_upcloud.size import as_size
from provisioning_upcloud.translation import code_of
from provisioning_upcloud.turns import Turns

__all__ = ["UpCloudProvider"]

_EXTRA = frozenset({"disk_gib", "disk_tier"})
_PAGE = 100
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PAUSE = 10.0
"""How long the end of a server takes, more or less, in seconds."""
_GRACE = "60"
"""How long UpCloud lets a server shut down before it is switched off, in seconds."""


class UpCloudProvider:
    """One configured use of UpCloud: an account. Making it touches nothing."""

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self._name = name
        self._config = config
        self._session = Session(name, config)
        self._turns = Turns()

    @hookimpl
    def check_connection(self, context: OperationContext) -> ConnectionStatus:
        """Ask whose account it is."""
        begin = context.clock()
        try:
            account = self._session.ask("say whose account this is", "GET", "/account")["account"]
        except (InvalidCredentials, AccessDenied) as error:
            return ConnectionStatus(
                True, authenticated=False, message=error.message, sdk=self._session.sdk, hint=error.hint
            )
        except ProviderError as error:
            return ConnectionStatus(reachable=False, message=error.message, sdk=self._session.sdk, hint=error.hint)
        latency, user = context.clock() - begin, account["username"]
        return ConnectionStatus(
            reachable=True,
            authenticated=True,
            message=f"account {user}",
            latency=latency,
            details={"account": user},
            sdk=self._session.sdk,
        )

    # -- servers -------------------------------------------------------------------------------------------------

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None, context: OperationContext) -> Iterator[Server]:
        """Yield the servers that carry all of `labels`, page by page."""
        wanted = labels or {}
        found = self._listed("list servers", wanted, context)
        yield from (server for server in found if wanted.items() <= server.labels.items())

    @hookimpl
    def get_server(self, server_id: str) -> Server:
        """Return one server; raise `NotFound` when it is gone."""
        answer = self._session.ask(f"find server {server_id}", "GET", self._path(server_id))
        return as_server(answer["server"], self._name)

    @hookimpl
    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create a server, unless the token made one.

        UpCloud knows no such tokens. So whoever creates looks first, and looks again afterwards: of two servers of one
        token the older one stays. Threads of this process take turns.
        """
        with self._turns.of(client_token):
            found = self._only(client_token, context)
            if found is not None:
                return found
            self._check(spec)
            template = self._template(spec.image or self._config["default_image"])
            request = as_request(spec, template, client_token, labels, self._config)
            answer = self._session.ask(f"create server {spec.name}", "POST", "/server", request)
            made = as_server(answer["server"], self._name)
            self._only(client_token, context, made)
            return made

    @hookimpl
    def find_server(self, client_token: str, context: OperationContext) -> Server | None:
        """Return the server that carries this token, the oldest one if there are several, or None."""
        return next(iter(self._twins(client_token, context)), None)

    @hookimpl
    def delete_server(self, server_id: str) -> None:
        """Delete a stopped server with its storages, or else stop it, for the next call; one that is gone is a success.

        A server that is neither stopped nor started is left to become one of both.
        """
        if not self._done(server_id, "DELETE", params=[("storages", 1)]):
            self._done(server_id, "POST", "/stop", {"stop_server": {"stop_type": "hard"}})

    def _done(self, server_id: str, method: str, part: str = "", *request: Any, **more: Any) -> bool:
        """Do a step of deleting; return whether the server's state allows it. One that is gone needs nothing."""
        try:
            self._session.ask(f"delete server {server_id}", method, self._path(server_id) + part, *request, **more)
        except NotFound:
            return True
        except ResourceConflict as error:
            if code_of(error) != "SERVER_STATE_ILLEGAL":
                raise
            return False
        return True

    @hookimpl
    def start_server(self, server_id: str) -> None:
        """Start a server; one that runs is a success."""
        self._bring(server_id, ServerState.RUNNING, "start", None)

    @hookimpl
    def stop_server(self, server_id: str) -> None:
        """Let a server shut down; one that is stopped is a success."""
        self._bring(server_id, ServerState.STOPPED, "stop", {"stop_server": {"stop_type": "soft", "timeout": _GRACE}})

    @hookimpl
    def reboot_server(self, server_id: str) -> None:
        """Let a running server shut down and start again."""
        how = {"stop_type": "soft", "timeout": _GRACE, "timeout_action": "destroy"}
        path = f"{self._path(server_id)}/restart"
        self._session.ask(f"reboot server {server_id}", "POST", path, {"restart_server": how})

    def _bring(self, server_id: str, state: ServerState, verb: str, body: Any) -> None:
        try:
            self._session.ask(f"{verb} server {server_id}", "POST", f"{self._path(server_id)}/{verb}", body)
        except ResourceConflict:
            if self.get_server(server_id).state is not state:
                raise

    def _path(self, server_id: str) -> str:
        """Return where a server is; what is no id of UpCloud's gets into no path."""
        if not _ID.fullmatch(server_id):
            raise NotFound(f"{self._name} has no server {server_id}: ids are UUIDs", provider=self._name)
        return f"/server/{server_id}"

    # -- the catalog ---------------------------------------------------------------------------------------------

    @hookimpl
    def list_sizes(self) -> Sequence[Size]:
        """Return the plans; a price is that of the instance's zone, or of the cheapest one."""
        plans = self._session.ask("list sizes", "GET", "/plan")["plans"]["plan"]
        zones = self._session.ask("list prices", "GET", "/price")["prices"]["zone"]
        return [as_size(plan, zones, self._config.get("zone")) for plan in plans]

    @hookimpl
    def list_images(self) -> Sequence[Image]:
        """Return the templates, UpCloud's and the account's own."""
        templates = self._session.ask("list images", "GET", "/storage/template")["storages"]["storage"]
        return [Image(one["title"], id=one["uuid"]) for one in templates]

    @hookimpl
    def list_zones(self) -> Sequence[Zone]:
        """Return the zones."""
        zones = self._session.ask("list zones", "GET", "/zone")["zones"]["zone"]
        return [Zone(zone["id"], zone["id"].partition("-")[0]) for zone in zones]

    # -- identity ------------------------------------------------------------------------------------------------

    def _only(self, client_token: str, context: OperationContext, made: Server | None = None) -> Server | None:
        """Return the server of a token, or None.

        Where there are several, the younger ones and the one just `made` are brought a step nearer to their end, and
        `ResourceConflict` says to come again. Of servers that are equally old only the one just made can go: the others
        may be in somebody's hands.
        """
        twins = self._twins(client_token, context)
        if not twins:
            return None
        first, *others = twins
        surplus = [one for one in others if one.created_at != first.created_at or (made and one.id == made.id)]
        for one in surplus:
            self.delete_server(one.id)
        if surplus:
            ids = ", ".join(one.id for one in surplus)
            raise ResourceConflict(
                f"{self._name} has made server {first.id} twice: {ids} must be deleted first",
                provider=self._name,
                retry_after=_PAUSE,
            )
        return first

    def _twins(self, client_token: str, context: OperationContext) -> list[Server]:
        """Return the servers that carry a token, oldest first; all who look see the same order."""
        found = self._listed("find a server by its token", {TOKEN_LABEL: client_token}, context)
        twins = [server for server in found if server.client_token == client_token]
        return sorted(twins, key=lambda server: (server.created_at or "", server.id))

    def _listed(self, doing: str, labels: Mapping[str, str], context: OperationContext) -> Iterator[Server]:
        """Yield servers page by page, each once, though servers that come and go move the pages.

        UpCloud is asked for the labels, and not believed: what is listed may be deleted.
        """
        wanted = [("label", f"{key}={value}") for key, value in labels.items()]
        seen: set[str] = set()
        for offset in itertools.count(0, _PAGE):
            context.check()
            params = [*wanted, ("limit", _PAGE), ("offset", offset)]
            page = self._session.ask(doing, "GET", "/server", params=params)["servers"]["server"]
            news = [one for one in page if one["uuid"] not in seen]
            seen.update(one["uuid"] for one in news)
            yield from (as_server(one, self._name) for one in news)
            if len(page) != _PAGE or not news:
                return

    # -- requests ------------------------------------------------------------------------------------------------

    def _template(self, image: str) -> str:
        """Return the id of a template; raise `InvalidRequest` when there is none."""
        if _ID.fullmatch(image):
            return image
        found = next((one.id for one in self.list_images() if one.name == image), None)
        if found is None:
            raise InvalidRequest(
                f"{self._name} has no image {image}",
                provider=self._name,
                hint="give the title or the id of a template",
            )
        return found

    def _check(self, spec: ServerSpec) -> None:
        """Raise `InvalidRequest` for what UpCloud has no place for."""
        problems = [
            f"{key!r} under extra is not known; known: {', '.join(sorted(_EXTRA))}"
            for key in spec.extra
            if key not in _EXTRA
        ]
        problems += [
            f"UpCloud keeps no key pair {key!r}: give the public key itself" for key in spec.key_pairs if " " not in key
        ]
        if problems:
            raise InvalidRequest(
                f"{self._name} cannot create server {spec.name}: {'; '.join(problems)}", provider=self._name
            )
