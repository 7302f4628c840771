"""A provider instance, ready to be called: the typed face of the hooks of one configured use of a provider."""

import builtins
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from provisioning.cache import TtlCache
from provisioning.contract import (
    AnyPace,
    Asset,
    AssetSpec,
    Capability,
    ConnectionStatus,
    Image,
    OperationContext,
    ProviderHooks,
    ProviderLimits,
    Server,
    ServerSpec,
    Size,
    Zone,
)
from provisioning.dispatch.answer import checked_asset, checked_items, checked_server, shown
from provisioning.dispatch.hook import hooks_of
from provisioning.dispatch.hook_set import HookSet, Wrapper, described
from provisioning.dispatch.registration import CAPABILITY_HOOKS, check_provider
from provisioning.dispatch.times import Times
from provisioning.errors import (
    ExtensionBroken,
    OperationTimedOut,
    ProviderError,
    ProvisioningError,
    RunInterrupted,
    Throttling,
    Unsupported,
)
from provisioning.ratelimit import Pace

__all__ = ["ProviderHandle"]

_LOGGER = logging.getLogger("provisioning.extensions")

CATALOG_SECONDS = 300.0
"""How long sizes, images and zones are remembered."""

_OFFERS: Mapping[str, type] = {"list_sizes": Size, "list_images": Image, "list_zones": Zone}
_CAPABILITY_OF = {
    hook: capability
    for capability, hooks in CAPABILITY_HOOKS.items()
    for hook in hooks
    if sum(hook in others for others in CAPABILITY_HOOKS.values()) == 1
}
"""Which capability a hook needs, where it is the hook alone that says so."""

S = TypeVar("S", bound=AssetSpec)


class ProviderHandle:
    """One configured use of a provider (`provisioning.contract.Provider`); safe to use from any thread.

    `type` is the name of the extension that brings the provider. `make` returns the provider's object; it is called
    at the first use, once, so that nothing is imported before. The first of `wrappers` stands outermost.

    What a hook answers is checked, and its errors are ours: a `ProviderError` gets the instance's name, anything
    foreign is an `ExtensionBroken`. Nothing is called after the context's deadline, or for a run that is lost. Calls
    keep to the instance's rate: one whose turn has not come waits for it, and after a `Throttling` with `retry_after`
    all wait that long.
    """

    def __init__(
        self,
        name: str,
        type: str,  # noqa: A002 - the contract's word
        make: Callable[[], object],
        *,
        capabilities: frozenset[str] = frozenset(),
        limits: ProviderLimits | None = None,
        wrappers: Sequence[Wrapper] = (),
        times: Mapping[str, Times] | None = None,
        clock: Callable[[], float] = time.monotonic,
        pace: AnyPace | None = None,
    ) -> None:
        self._name = name
        self._type = type
        self._make = make
        self._capabilities = capabilities
        self._limits = limits or ProviderLimits()
        self._wrappers = tuple(wrappers)
        self._pace: AnyPace = pace or Pace(self._limits.requests_per_second, clock)
        self._times = times
        self._catalog: TtlCache[str, tuple[Any, ...]] = TtlCache(CATALOG_SECONDS, clock=clock)
        self._lock = threading.RLock()
        self._owner: object = None
        self._hooks: HookSet | None = None

    @property
    def name(self) -> str:
        """The instance's name in the configuration."""
        return self._name

    @property
    def type(self) -> str:
        """The provider's type: the name of the extension that brings it."""
        return self._type

    @property
    def capabilities(self) -> frozenset[str]:
        """What its manifest declares beyond the mandatory hooks."""
        return self._capabilities

    @property
    def limits(self) -> ProviderLimits:
        """How it may be used."""
        return self._limits

    def opens_in(self) -> float:
        """Return for how long calls are held back, in seconds."""
        return self._pace.opens_in()

    def open(self) -> None:
        """Make the provider's object now, if nobody has used it yet; raise what is wrong with it."""
        self._opened()

    def close(self) -> None:
        """Call the `close()` of the provider's object, if it was made and has one; what fails in it is logged."""
        with self._lock:
            owner, self._owner, self._hooks = self._owner, None, None
        close = getattr(owner, "close", None)
        if not callable(close):
            return
        try:
            close()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the others are closed all the same
            _LOGGER.warning("provider %s (extension %s) failed to close: %s", self._name, self._type, described(error))

    def check_connection(self, context: OperationContext | None = None) -> ConnectionStatus:
        """Say whether the cloud answers; every error is an answer too."""
        hook = "check_connection"
        try:
            status = self._call(hook, context)
            if not isinstance(status, ConnectionStatus):
                raise self._opened().wrong(hook, shown(status), "a ConnectionStatus")
        except ProvisioningError as error:
            details = {"error": error.info().as_dict()}
            return ConnectionStatus(reachable=False, message=error.message, details=details, hint=error.hint)
        return status

    def list_servers(
        self, labels: Mapping[str, str] | None = None, context: OperationContext | None = None
    ) -> Iterator[Server]:
        """Yield the servers that carry all of `labels`, as the provider hands them out."""
        answer = self._call("list_servers", context, labels=labels)
        return self._listed(answer)

    def get_server(self, server_id: str, context: OperationContext | None = None) -> Server:
        """Return one server, or raise `NotFound`."""
        answer = self._call("get_server", context, server_id=server_id)
        return checked_server(self._opened(), "get_server", answer, self._name)

    def create_server(
        self,
        spec: ServerSpec,
        client_token: str,
        labels: Mapping[str, str],
        context: OperationContext | None = None,
    ) -> Server:
        """Create a server and return as soon as its id is known; the same token again is the same server."""
        for capability, wanted in ((Capability.VOLUMES, spec.volumes), (Capability.FIREWALLS, spec.firewalls)):
            if wanted:
                self._check_capability(f"create_server with {capability}", capability)
        answer = self._call("create_server", context, spec=spec, client_token=client_token, labels=labels)
        return checked_server(self._opened(), "create_server", answer, self._name)

    def find_server(self, client_token: str, context: OperationContext | None = None) -> Server | None:
        """Return the server that was created with this token, or None."""
        answer = self._call("find_server", context, client_token=client_token)
        if answer is None:
            return None
        return checked_server(self._opened(), "find_server", answer, self._name)

    def delete_server(self, server_id: str, context: OperationContext | None = None) -> None:
        """Delete a server; one that is gone is a success."""
        self._call("delete_server", context, server_id=server_id)

    def start_server(self, server_id: str, context: OperationContext | None = None) -> None:
        """Start a stopped server (capability `start_stop`)."""
        self._call("start_server", context, server_id=server_id)

    def stop_server(self, server_id: str, context: OperationContext | None = None) -> None:
        """Stop a running server (capability `start_stop`)."""
        self._call("stop_server", context, server_id=server_id)

    def reboot_server(self, server_id: str, context: OperationContext | None = None) -> None:
        """Reboot a running server (capability `reboot`)."""
        self._call("reboot_server", context, server_id=server_id)

    def list_sizes(self, context: OperationContext | None = None) -> Sequence[Size]:
        """Return the sizes on offer (capability `catalog`), remembered for five minutes."""
        return self._offers("list_sizes", context)

    def list_images(self, context: OperationContext | None = None) -> Sequence[Image]:
        """Return the images on offer (capability `catalog`), remembered for five minutes."""
        return self._offers("list_images", context)

    def list_zones(self, context: OperationContext | None = None) -> Sequence[Zone]:
        """Return the zones on offer (capability `catalog`), remembered for five minutes."""
        return self._offers("list_zones", context)

    def create_asset(
        self, spec: S, client_token: str, labels: Mapping[str, str], context: OperationContext | None = None
    ) -> Asset[S]:
        """Create a volume, network, key pair or firewall; the same token again is the same one."""
        self._check_capability("create_asset", spec.kind.capability)
        answer = self._call("create_asset", context, spec=spec, client_token=client_token, labels=labels)
        return checked_asset(self._opened(), "create_asset", answer, type(spec), self._name)

    def find_asset(
        self, kind: builtins.type[S], client_token: str, context: OperationContext | None = None
    ) -> Asset[S] | None:
        """Return the asset of a kind that was created with this token, or None."""
        self._check_capability("find_asset", kind.kind.capability)
        answer = self._call("find_asset", context, kind=kind.kind, client_token=client_token)
        return None if answer is None else checked_asset(self._opened(), "find_asset", answer, kind, self._name)

    def get_asset(self, kind: builtins.type[S], asset_id: str, context: OperationContext | None = None) -> Asset[S]:
        """Return one asset, or raise `NotFound`."""
        self._check_capability("get_asset", kind.kind.capability)
        answer = self._call("get_asset", context, kind=kind.kind, asset_id=asset_id)
        return checked_asset(self._opened(), "get_asset", answer, kind, self._name)

    def list_assets(
        self, kind: builtins.type[S], labels: Mapping[str, str] | None = None, context: OperationContext | None = None
    ) -> Iterator[Asset[S]]:
        """Yield the assets of a kind that carry all of `labels`, as the provider hands them out."""
        self._check_capability("list_assets", kind.kind.capability)
        answer = self._call("list_assets", context, kind=kind.kind, labels=labels)
        return self._listed_assets(kind, answer)

    def delete_asset(self, kind: builtins.type[S], asset_id: str, context: OperationContext | None = None) -> None:
        """Delete an asset; one that is gone is a success."""
        self._check_capability("delete_asset", kind.kind.capability)
        self._call("delete_asset", context, kind=kind.kind, asset_id=asset_id)

    def attach_volume(self, volume_id: str, server_id: str, context: OperationContext | None = None) -> None:
        """Give a volume to a server (capability `volume_attachment`)."""
        self._call("attach_volume", context, volume_id=volume_id, server_id=server_id)

    def detach_volume(self, volume_id: str, context: OperationContext | None = None) -> None:
        """Take a volume from its server (capability `volume_attachment`)."""
        self._call("detach_volume", context, volume_id=volume_id)

    # -- the object behind ---------------------------------------------------------------------------------------

    def _opened(self) -> HookSet:
        if self._hooks is None:
            with self._lock:
                if self._hooks is None:
                    self._hooks = self._gather()
        return self._hooks

    def _gather(self) -> HookSet:
        owner = self._owner = self._made()
        check_provider(owner, self._type, self._capabilities)
        subject = f"provider {self._name} (extension {self._type})"
        return HookSet(
            ProviderHooks,
            hooks_of(ProviderHooks),
            self._type,
            owner,
            subject=subject,
            wrappers=self._wrappers,
            times=self._times,
        )

    def _made(self) -> object:
        try:
            return self._make()
        except ProviderError as error:
            self._heed(error)
            raise
        except ProvisioningError:
            raise
        except (Exception, SystemExit) as error:
            raise ExtensionBroken(
                f"provider {self._name} (extension {self._type}) could not be made: {described(error)}",
                extension=self._type,
                hint=f"check [providers.{self._name}] in the configuration; else this is a defect of the extension",
            ) from error

    # -- the calls -----------------------------------------------------------------------------------------------

    def _call(self, hook: str, context: OperationContext | None, **arguments: Any) -> Any:
        self._check_capability(hook, _CAPABILITY_OF.get(hook))
        hooks = self._hooks or self._opened()
        context = context or OperationContext()
        self._await_turn(hook, context)
        context.hold()
        try:
            return hooks.call(hook, context=context, **arguments)
        except ProviderError as error:
            self._heed(error)
            raise

    def _await_turn(self, hook: str, context: OperationContext) -> None:
        """Wait until the call may go out; raise when it may not before the operation has to end."""
        remaining = context.remaining
        if remaining is not None and remaining <= self._pace.opens_in():
            raise OperationTimedOut(
                f"{hook} of provider {self._name} was not called: the time of the operation is up",
                workflow_id=context.workflow_id,
            )
        seconds = self._pace.take()
        if seconds > 0 and context.cancellation.wait(seconds):
            raise RunInterrupted(
                f"{hook} of provider {self._name} was not called: operation {context.operation_id} was cancelled",
                workflow_id=context.workflow_id,
            )

    def _check_capability(self, hook: str, capability: str | None) -> None:
        if capability is not None and capability not in self._capabilities:
            has = ", ".join(sorted(self._capabilities)) or "none"
            raise Unsupported(
                f"provider {self._name} ({self._type}) cannot do {hook}: it has not the capability {capability}",
                provider=self._name,
                hint=f"its capabilities: {has}",
            )

    def _heed(self, error: ProviderError) -> None:
        """Give an error the instance's name, and the cloud the pause that it asked for."""
        if error.provider is None:
            error.provider = self._name
        seconds = error.retry_after
        if not (isinstance(seconds, int | float) and math.isfinite(seconds)):
            error.retry_after = None
        elif isinstance(error, Throttling):
            self._pace.pause(seconds)

    def _listed(self, answer: Any) -> Iterator[Server]:
        hooks, hook = self._opened(), "list_servers"
        try:
            for item in checked_items(hooks, hook, answer, Server):
                yield checked_server(hooks, hook, item, self._name)
        except ProviderError as error:
            self._heed(error)
            raise

    def _listed_assets(self, kind: builtins.type[S], answer: Any) -> Iterator[Asset[S]]:
        hooks, hook = self._opened(), "list_assets"
        try:
            for item in checked_items(hooks, hook, answer, Asset):
                yield checked_asset(hooks, hook, item, kind, self._name)
        except ProviderError as error:
            self._heed(error)
            raise

    def _offers(self, hook: str, context: OperationContext | None) -> tuple[Any, ...]:
        def load() -> tuple[Any, ...]:
            answer = self._call(hook, context)
            try:
                return tuple(checked_items(self._opened(), hook, answer, _OFFERS[hook]))
            except ProviderError as error:
                self._heed(error)
                raise

        self._check_capability(hook, Capability.CATALOG)
        return self._catalog.get_or_load(hook, load)
