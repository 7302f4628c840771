"""The hook interface: what an extension may implement, and what the core promises to call.

A hook is a plain function. An implementation takes only the arguments it needs, by name, as pluggy allows; it is no
coroutine and has no keyword-only parameters. `HOOK_API` is the interface's own version: it rises when a hook is
added or changed, and an extension says in its manifest which one it was written for.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pluggy

from provisioning.contract.api import ApiRoute
from provisioning.contract.asset import Asset, AssetKind, AssetSpec
from provisioning.contract.catalog import Image, Size, Zone
from provisioning.contract.connection import ConnectionStatus
from provisioning.contract.context import OperationContext
from provisioning.contract.engine import Engine, EngineRun, Execute
from provisioning.contract.events import Event
from provisioning.contract.extension import ExtensionContext
from provisioning.contract.guard import Decision
from provisioning.contract.health import HealthCheck
from provisioning.contract.journal import Journal
from provisioning.contract.operation import Compensation, Operation, OperationKind, Outcome, Settlement
from provisioning.contract.provider import Provider
from provisioning.contract.server import Server, ServerSpec
from provisioning.contract.worker import CarryOut, ClusterStatus, Worker, WorkerOffer

__all__ = [
    "HOOK_API",
    "HOOK_API_FLOOR",
    "PROJECT",
    "ExtensionHooks",
    "ProviderHooks",
    "ServiceHooks",
    "WorkflowHooks",
    "hookimpl",
    "hookspec",
]

PROJECT = "provisioning"
HOOK_API = 1
HOOK_API_FLOOR = 1

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class ProviderHooks:
    """What a provider answers. Each instance has its own plugin manager, so only its owner is ever asked.

    An object that has a method `close()` has it called when the application is closed.
    """

    @hookspec(firstresult=True)
    def check_connection(self, context: OperationContext) -> ConnectionStatus:  # type: ignore[empty-body]
        """Say whether the cloud answers. Cheap; never raises for an unreachable cloud."""

    @hookspec(firstresult=True)
    def list_servers(  # type: ignore[empty-body]
        self, labels: Mapping[str, str] | None, context: OperationContext
    ) -> Iterable[Server]:
        """Return the servers that carry all of `labels` (None: all servers), lazily paged."""

    @hookspec(firstresult=True)
    def get_server(self, server_id: str, context: OperationContext) -> Server:  # type: ignore[empty-body]
        """Return one server; raise `NotFound` when it is gone."""

    @hookspec(firstresult=True)
    def create_server(  # type: ignore[empty-body]
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create a server and return as soon as its id is known.

        The same token twice is the same server. Token and labels are on the server when this returns. A reply
        that was lost is `Ambiguous`.
        """

    @hookspec(firstresult=True)
    def find_server(self, client_token: str, context: OperationContext) -> Server | None:
        """Return the server created with this token, or None: how the engine adopts after a crash."""

    @hookspec(firstresult=True)
    def delete_server(self, server_id: str, context: OperationContext) -> None:
        """Delete a server. Idempotent: one that is gone is a success.

        It need not be gone afterwards: whoever waits for that calls again as long as it is not even `deleting`.
        """

    @hookspec(firstresult=True)
    def start_server(self, server_id: str, context: OperationContext) -> None:
        """Start a stopped server; one that runs is a success. Capability `start_stop`."""

    @hookspec(firstresult=True)
    def stop_server(self, server_id: str, context: OperationContext) -> None:
        """Stop a running server; one that is stopped is a success. Capability `start_stop`."""

    @hookspec(firstresult=True)
    def reboot_server(self, server_id: str, context: OperationContext) -> None:
        """Reboot a running server. Capability `reboot`."""

    @hookspec(firstresult=True)
    def list_sizes(self, context: OperationContext) -> Sequence[Size]:  # type: ignore[empty-body]
        """Return the sizes on offer. Capability `catalog`."""

    @hookspec(firstresult=True)
    def list_images(self, context: OperationContext) -> Sequence[Image]:  # type: ignore[empty-body]
        """Return the images on offer. Capability `catalog`."""

    @hookspec(firstresult=True)
    def list_zones(self, context: OperationContext) -> Sequence[Zone]:  # type: ignore[empty-body]
        """Return the zones on offer. Capability `catalog`."""

    @hookspec(firstresult=True)
    def create_asset(  # type: ignore[empty-body]
        self, spec: AssetSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Asset[Any]:
        """Create what `spec` says and return as soon as its id is known. The capability of its kind.

        The same token twice is the same asset. Token and labels are on it when this returns. A reply that was lost is
        `Ambiguous`. The hooks of assets are asked only for kinds whose capability the manifest declares.
        """

    @hookspec(firstresult=True)
    def find_asset(self, kind: AssetKind, client_token: str, context: OperationContext) -> Asset[Any] | None:
        """Return the asset of a kind created with this token, or None. The capability of its kind."""

    @hookspec(firstresult=True)
    def get_asset(  # type: ignore[empty-body]
        self, kind: AssetKind, asset_id: str, context: OperationContext
    ) -> Asset[Any]:
        """Return one asset; raise `NotFound` when it is gone. The capability of its kind."""

    @hookspec(firstresult=True)
    def list_assets(  # type: ignore[empty-body]
        self, kind: AssetKind, labels: Mapping[str, str] | None, context: OperationContext
    ) -> Iterable[Asset[Any]]:
        """Return the assets of a kind that carry all of `labels`, lazily paged. The capability of its kind."""

    @hookspec(firstresult=True)
    def delete_asset(self, kind: AssetKind, asset_id: str, context: OperationContext) -> None:
        """Delete an asset. Idempotent: one that is gone is a success. The capability of its kind.

        One that a server still uses is a `ResourceConflict`, which may be tried again.
        """

    @hookspec(firstresult=True)
    def attach_volume(self, volume_id: str, server_id: str, context: OperationContext) -> None:
        """Give a volume to a server; one that the server has is a success. Capability `volume_attachment`."""

    @hookspec(firstresult=True)
    def detach_volume(self, volume_id: str, context: OperationContext) -> None:
        """Take a volume from its server; one that no server has is a success. Capability `volume_attachment`."""


class WorkflowHooks:
    """What an extension brings to workflows: kinds of operations, guards, observers, and wrappers around both.

    The four hooks that name an operation are asked of the handler of its kind alone; an extension that wraps them
    (`@hookimpl(wrapper=True)`) stands around every kind.
    """

    @hookspec
    def operation_kinds(self) -> Sequence[OperationKind]:  # type: ignore[empty-body]
        """Return the kinds of operations that this extension brings."""

    @hookspec(firstresult=True)
    def prepare_operation(
        self, operation: Operation, provider: Provider | None, context: OperationContext
    ) -> Compensation | None:
        """Say how the operation will be undone, before it is called; reads only, changes nothing.

        The answer is journaled with the intent. None: there is nothing to undo.
        """

    @hookspec(firstresult=True)
    def run_operation(  # type: ignore[empty-body]
        self, operation: Operation, provider: Provider | None, context: OperationContext
    ) -> Outcome:
        """Do the operation, or go on with it (`operation.state`), and say how it ended."""

    @hookspec(firstresult=True)
    def settle_operation(  # type: ignore[empty-body]
        self, operation: Operation, provider: Provider | None, context: OperationContext
    ) -> Settlement:
        """Say what a call that was cut off did: `Pending` or `Done` (adopted), `Absent` or `Unsettled`."""

    @hookspec(firstresult=True)
    def compensate_operation(  # type: ignore[empty-body]
        self,
        operation: Operation,
        compensation: Compensation,
        provider: Provider | None,
        context: OperationContext,
    ) -> Outcome:
        """Undo the operation. Idempotent: what is already undone is a success."""

    @hookspec
    def check_operation(self, operation: Operation, context: OperationContext) -> Decision | None:
        """Allow or deny an operation before its intent is journaled. A guard that raises denies."""

    @hookspec
    def on_event(self, event: Event) -> None:
        """Hear of an event after it is durable. An observer that raises changes no outcome."""


class ExtensionHooks:
    """The life of an extension itself. Any plugin of an extension may have these; each is asked for itself."""

    @hookspec(firstresult=True)
    def extension_info(self) -> Mapping[str, Any]:  # type: ignore[empty-body]
        """Return facts about the extension for people: JSON values. Asked by `extension validate --import`."""

    @hookspec(firstresult=True)
    def extension_validate(self, context: ExtensionContext) -> Sequence[str]:  # type: ignore[empty-body]
        """Return what keeps the extension from working here, each in one sentence; empty when nothing does.

        Asked by `extension validate --import`, of a plugin that is not activated.
        """

    @hookspec
    def extension_activate(self, context: ExtensionContext) -> None:
        """Get ready: called once, before any other hook of this plugin.

        One that raises makes the extension `failed`; what it registered by `context.on_deactivate` is undone.
        """

    @hookspec
    def extension_deactivate(self, context: ExtensionContext) -> None:
        """Let go of what activation took, after what it registered by `context.on_deactivate` has been run."""


class ServiceHooks:
    """What an extension does for the program itself, each announced in its manifest.

    A hook is asked of the `hooks` plugin of the extension that announces it and of no other; nobody can wrap it. The
    extension is imported when its answer is first needed.
    """

    @hookspec(firstresult=True)
    def resolve_secret(self, name: str, path: str, context: ExtensionContext) -> str:  # type: ignore[empty-body]
        """Return the secret that `{{name.path}}` stands for. Manifest: `[secrets] names`.

        The steps of a reference are joined by `/`: `{{vault.db.password}}` and `{{vault["db/password"]}}` are one
        path. Asked once for each path and one at a time; the answer is hidden everywhere and never kept on a disk.
        """

    @hookspec(firstresult=True)
    def load_config(self, context: ExtensionContext) -> Mapping[str, Any]:  # type: ignore[empty-body]
        """Return configuration as a file would hold it: JSON values. Manifest: `[config_source] provides = true`.

        It lies over the built-in defaults and under every file, and may not set `extensions`. Asked once, when the
        configuration is first needed; one that raises ends the command that needs it.
        """

    @hookspec(firstresult=True)
    def health_checks(self, context: ExtensionContext) -> Sequence[HealthCheck]:  # type: ignore[empty-body]
        """Return what `doctor` is to look at. Manifest: `[health] checks`."""

    @hookspec(firstresult=True)
    def create_engine(  # type: ignore[empty-body]
        self,
        type: str,  # noqa: A002 - the setting's word
        execute: Execute,
        capacity: int,
        run: EngineRun,
        context: ExtensionContext,
    ) -> Engine:
        """Return an engine of a type, which calls `execute` for up to `capacity` jobs at once, for one run.

        An engine whose jobs run in other processes (`[engine] remote = true`) calls nothing here: it carries orders
        (`contract/wire.py`) to workers. Manifest: `[engine] types`.
        """

    @hookspec(firstresult=True)
    def create_worker(  # type: ignore[empty-body]
        self,
        type: str,  # noqa: A002 - the setting's word
        carry_out: CarryOut,
        offer: WorkerOffer,
        context: ExtensionContext,
    ) -> Worker:
        """Return a worker that takes orders of a type of engine and has `carry_out` do them.

        Manifest: `[engine] remote = true`.
        """

    @hookspec(firstresult=True)
    def cluster_status(  # type: ignore[empty-body]
        self,
        type: str,  # noqa: A002 - the setting's word
        context: ExtensionContext,
    ) -> ClusterStatus:
        """Return the workers of a type of engine, and what waits for them. Manifest: `[engine] remote = true`."""

    @hookspec(firstresult=True)
    def open_store(self, url: str, context: ExtensionContext) -> Journal:  # type: ignore[empty-body]
        """Open the journal that `url` names, and make it where there is none. Manifest: `[store] schemes`.

        What cannot be read or written is a `JournalError`.
        """

    @hookspec(firstresult=True)
    def api_routes(self, context: ExtensionContext) -> Sequence[ApiRoute]:  # type: ignore[empty-body]
        """Return the requests that the extension answers over HTTP. Manifest: `[api] routes = true`."""
