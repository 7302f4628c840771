"""What an extension does for the program itself, ready to be asked: the typed face of those hooks."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar, cast

from provisioning.contract import (
    ApiRoute,
    CarryOut,
    ClusterStatus,
    Engine,
    EngineRun,
    Execute,
    ExtensionContext,
    HealthCheck,
    Journal,
    ServiceHooks,
    Worker,
    WorkerOffer,
)
from provisioning.dispatch.answer import checked_items, shown
from provisioning.dispatch.foreign import Foreign, members_of, missing_members
from provisioning.dispatch.hook import hooks_of
from provisioning.dispatch.hook_set import HookSet
from provisioning.dispatch.routes import check_routes

__all__ = ["Service"]

T = TypeVar("T")


class Service:
    """The `hooks` plugin of the extension `extension`, and the context of its life.

    What a hook answers is checked, and an error that is not ours is an `ExtensionBroken`. Only hooks that the plugin
    has may be asked for: the manifest says which, and loading has held the plugin to it.
    """

    def __init__(self, plugin: object, extension: str, context: ExtensionContext) -> None:
        self._extension = extension
        self._context = context
        subject = f"extension {extension}"
        self._hooks = HookSet(ServiceHooks, hooks_of(ServiceHooks), extension, plugin, subject=subject)

    def resolve_secret(self, name: str, path: str) -> str:
        """Return the secret at a path of the resolver `name`."""
        hook = "resolve_secret"
        answer = self._hooks.call(hook, name=name, path=path, context=self._context)
        if not isinstance(answer, str):
            raise self._hooks.wrong(hook, shown(answer), "text")
        return answer

    def load_config(self) -> Mapping[str, Any]:
        """Return what its config source says, nothing in it checked."""
        hook = "load_config"
        answer = self._hooks.call(hook, context=self._context)
        if not isinstance(answer, Mapping):
            raise self._hooks.wrong(hook, shown(answer), "a mapping")
        return answer

    def health_checks(self) -> Sequence[HealthCheck]:
        """Return its health checks, their ids as the extension gave them."""
        hook = "health_checks"
        found = self._items(hook, HealthCheck)
        if not all(isinstance(check.id, str) and callable(check.run) for check in found):
            raise self._hooks.wrong(hook, "a HealthCheck without an id or without a run", "one with both")
        return found

    def api_routes(self) -> Sequence[ApiRoute]:
        """Return its routes, each one checked; raise `HookRejected` with everything that is wrong with them."""
        routes = self._items("api_routes", ApiRoute)
        check_routes(routes, self._extension)
        return routes

    def create_engine(
        self,
        type: str,  # noqa: A002 - the setting's word
        execute: Execute,
        capacity: int,
        run: EngineRun,
    ) -> Engine:
        """Return an engine that has everything that one needs."""
        options = {"type": type, "execute": execute, "capacity": capacity, "run": run}
        return cast("Engine", self._part("create_engine", Engine, options, more=("enlist", "waits")))

    def create_worker(self, type: str, carry_out: CarryOut, offer: WorkerOffer) -> Worker:  # noqa: A002
        """Return a worker that has everything that one needs."""
        options = {"type": type, "carry_out": carry_out, "offer": offer}
        return cast("Worker", self._part("create_worker", Worker, options))

    def cluster_status(self, type: str) -> ClusterStatus:  # noqa: A002 - the setting's word
        """Return the workers of an engine, and what waits for them."""
        hook = "cluster_status"
        answer = self._hooks.call(hook, type=type, context=self._context)
        if not isinstance(answer, ClusterStatus):
            raise self._hooks.wrong(hook, shown(answer), "a ClusterStatus")
        return answer

    def open_store(self, url: str) -> Journal:
        """Return a journal that has everything that one needs."""
        return cast(
            "Journal",
            self._part("open_store", Journal, {"url": url}, nested=("acquire", "archive"), more=("make_pace",)),
        )

    def _items(self, hook: str, kind: type[T]) -> list[T]:
        return list(checked_items(self._hooks, hook, self._hooks.call(hook, context=self._context), kind))

    def _part(
        self,
        hook: str,
        protocol: type,
        arguments: Mapping[str, Any],
        *,
        nested: Collection[str] = (),
        more: Collection[str] = (),
    ) -> Foreign:
        answer = self._hooks.call(hook, context=self._context, **arguments)
        noun = protocol.__name__.lower()
        if lacks := missing_members(answer, protocol):
            raise self._hooks.wrong(hook, f"{shown(answer)} without {', '.join(lacks)}", f"a whole {noun}")
        subject = f"the {noun} of extension {self._extension}"
        members = members_of(protocol) | {name for name in more if callable(getattr(answer, name, None))}
        return Foreign(answer, members, extension=self._extension, subject=subject, nested=nested)
