"""Servers that are containers of a Docker engine on this machine.

The engine lets one name be used once, and a server's name there derives from its client token: so the engine itself
sees to it that one token is one server. Who created a container and died is followed by whoever looks at it next.
"""

import io
import math
import shlex
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version as sdk_version
from typing import Any

import docker.errors
from docker import APIClient
from docker.utils import parse_repository_tag

from provisioning.contract import ConnectionStatus, Image, OperationContext, Server, ServerSpec, ServerState
from provisioning.errors import AlreadyExists, ResourceConflict
from provisioning_local.container import TOKEN_LABEL, Container, marks_of
from provisioning_local.docker_assets import DockerAssets, mounts
from provisioning_local.docker_engine import DockerEngine
from provisioning_local.identity import id_from_token, is_id, no_server
from provisioning_local.order import USER_DATA, Order
from provisioning_local.request import Request
from provisioning_local.settings import Settings

__all__ = ["DockerDriver"]


class DockerDriver:
    """The servers of one Docker engine, whichever instance of the provider made them."""

    def __init__(self, provider: str, settings: Settings) -> None:
        self._name = provider
        self._settings = settings
        self._engine = DockerEngine(provider, settings.docker_socket)
        self.assets = DockerAssets(provider, self._engine)

    def check_connection(self, context: OperationContext) -> ConnectionStatus:
        """Ask the engine for its version."""
        begin = context.clock()
        with self._engine.connected(context) as client:
            version = client.version()["Version"]
        return ConnectionStatus(
            reachable=True,
            message=f"servers are containers of Docker {version}",
            latency=context.clock() - begin,
            details={"socket": self._engine.socket, "version": version},
            sdk=f"docker {sdk_version('docker')}",
        )

    def list_servers(self, labels: Mapping[str, str] | None, context: OperationContext) -> Iterator[Server]:
        """Yield the servers that carry all of `labels`, oldest first, each one looked at when its turn comes."""
        wanted = dict(labels or {}).items()
        with self._engine.connected(context) as client:
            rows = client.containers(all=True, filters={"label": [TOKEN_LABEL]})
            for row in sorted(rows, key=lambda row: row["Created"]):
                marks = marks_of(row["Names"][0] if row["Names"] else "", row["Labels"])
                if marks is None or not wanted <= marks.labels.items():
                    continue
                container = _look(client, row["Id"])
                if container is not None:
                    yield container.as_server(self._name)

    def get_server(self, server_id: str, context: OperationContext) -> Server:
        """Return one server; raise `NotFound` when it is gone."""
        with self._known(server_id, context) as (_, container):
            return container.as_server(self._name)

    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create a container and start it; raise `ResourceConflict` while somebody else creates or removes it."""
        request = Request(spec, client_token, labels, self._name)
        server_id = id_from_token(client_token)
        with self._engine.connected(context) as client:
            container = _look(client, server_id) or self._make(client, Order(request, self._settings), request)
            request.check_same(server_id, container.marks.asked, container.marks.labels)
            finished = _finished(client, container)
            if finished is None or finished.state.is_gone:
                raise self._busy(server_id, "being deleted")
            return finished.as_server(self._name)

    def find_server(self, client_token: str, context: OperationContext) -> Server | None:
        """Return the server that was created with this token, or None."""
        with self._engine.connected(context) as client:
            container = _look(client, id_from_token(client_token))
            finished = None if container is None else _finished(client, container)
            return None if finished is None else finished.as_server(self._name)

    def delete_server(self, server_id: str, context: OperationContext) -> None:
        """Remove the container with what it wrote and its nameless volumes alone; one that is gone is a success."""
        with self._engine.connected(context) as client:
            container = _look(client, server_id) if is_id(server_id) else None
            if container is None:
                return
            try:
                client.remove_container(container.key, v=True, force=True)
            except docker.errors.APIError as error:
                if error.status_code not in (404, 409):  # gone, or somebody else is removing it
                    raise

    def start_server(self, server_id: str, context: OperationContext) -> None:
        """Start a server that is stopped or has failed; one that runs is a success."""
        with self._known(server_id, context) as (client, container):
            client.start(container.key)

    def stop_server(self, server_id: str, context: OperationContext) -> None:
        """Stop a server; one that is stopped is a success."""
        with self._known(server_id, context) as (client, container):
            client.stop(container.key, timeout=self._stop_timeout)

    def reboot_server(self, server_id: str, context: OperationContext) -> None:
        """Reboot a running server; raise `ResourceConflict` when it does not run."""
        with self._known(server_id, context) as (client, container):
            if container.state is not ServerState.RUNNING:
                raise ResourceConflict(
                    f"server {server_id} of provider {self._name} is {container.state}, "
                    "and only a running server can be rebooted",
                    provider=self._name,
                    retryable=False,
                    hint="start it instead",
                )
            client.restart(container.key, timeout=self._stop_timeout)

    def list_images(self, context: OperationContext) -> Sequence[Image]:
        """Return the images that the engine has, by each of their names."""
        with self._engine.connected(context) as client:
            rows = client.images()
        named = [(name, row["Id"]) for row in rows for name in row["RepoTags"] or () if name != "<none>:<none>"]
        return [Image(name, id=key) for name, key in sorted(named)]

    @property
    def _stop_timeout(self) -> int:
        return math.ceil(self._settings.stop_timeout)

    @contextmanager
    def _known(self, server_id: str, context: OperationContext) -> Iterator[tuple[APIClient, Container]]:
        with self._engine.connected(context) as client:
            container = _look(client, server_id) if is_id(server_id) else None
            finished = None if container is None else _finished(client, container)
            if finished is None:
                raise no_server(self._name, server_id)
            yield client, finished

    def _make(self, client: APIClient, order: Order, request: Request) -> Container:
        if problems := list(order.problems()):
            raise request.refusal(problems)
        image = self._image(client, order, request)
        try:
            binds = mounts(client, request.spec.volumes)
            for network in request.spec.networks:
                client.inspect_network(network)
        except (ValueError, docker.errors.NotFound) as error:
            reason = getattr(error, "explanation", None) or error
            raise request.refusal([str(reason)]) from error
        arguments = order.arguments(client, image, binds)
        server_id: str = arguments["name"]
        try:
            client.create_container(**arguments)
        except docker.errors.APIError as error:
            if error.status_code != 409:
                raise
            return self._holder(client, server_id)
        container = _look(client, server_id)
        if container is None:
            raise self._busy(server_id, "being deleted")
        return container

    def _holder(self, client: APIClient, server_id: str) -> Container:
        """Return the server that has the name already; the engine may keep a name before it shows who has it."""
        try:
            seen = client.inspect_container(server_id)
        except docker.errors.NotFound:
            raise self._busy(server_id, "being created by somebody else") from None
        if container := _as_ours(seen):
            return container
        raise AlreadyExists(
            f"provider {self._name} cannot create server {server_id}: a container of this name is there, "
            "and it is not the server",
            provider=self._name,
            hint=f"docker rename {server_id} ANOTHER_NAME",
        )

    def _busy(self, server_id: str, what: str) -> ResourceConflict:
        return ResourceConflict(f"server {server_id} of provider {self._name} is {what}", provider=self._name)

    def _image(self, client: APIClient, order: Order, request: Request) -> Mapping[str, object]:
        """Return the image as the engine shows it, pulled where that is allowed."""
        try:
            return _inspect_image(client, order.image)
        except docker.errors.ImageNotFound as error:
            if not self._settings.pull:
                problem = f"there is no image {order.image!r} in the Docker engine"
                hint = f"docker pull {shlex.quote(order.image)} (or set `pull = true` of this provider)"
                raise request.refusal([problem], hint) from error
        repository, tag = parse_repository_tag(order.image)
        try:
            client.pull(repository, tag=tag or "latest")
            return _inspect_image(client, order.image)
        except docker.errors.NotFound as error:
            raise request.refusal([f"the image {order.image!r} could not be pulled: {error.explanation}"]) from error


def _finished(client: APIClient, container: Container) -> Container | None:
    """Start a container that nobody has started, however far its creator got; return what it is then, None when gone.

    A start that failed for good is seen in the container, as its state.
    """
    if not container.is_unfinished:
        return container
    try:
        client.put_archive(container.key, "/", _user_data(container))
        client.start(container.key)
    except docker.errors.APIError:
        after = _look(client, container.key)
        if after is not None and after.is_unfinished:
            raise
        return after
    return _look(client, container.key)


def _look(client: APIClient, key: str) -> Container | None:
    """Return the server of this id, or whose container has this key; None when there is none."""
    try:
        seen = client.inspect_container(key)
    except docker.errors.NotFound:
        return None
    return _as_ours(seen)


def _as_ours(seen: Mapping[str, Any]) -> Container | None:
    """Return what the engine shows as a server, None when it is not one."""
    marks = marks_of(seen["Name"], seen["Config"]["Labels"])
    return None if marks is None else Container(seen, marks)


def _inspect_image(client: APIClient, name: str) -> Mapping[str, object]:
    image: Mapping[str, object] = client.inspect_image(name)  # type: ignore[no-untyped-call]
    return image


def _user_data(container: Container) -> bytes:
    """Return the archive that puts what the server was given where it looks for it."""
    content = (container.marks.asked["user_data"] or "").encode("utf-8", "surrogatepass")
    entry = tarfile.TarInfo(USER_DATA.removeprefix("/"))
    entry.size, entry.mode = len(content), 0o444
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(entry, io.BytesIO(content))
    return archive.getvalue()
