"""Those who hear of events: each on its own, none able to change what happens."""

import logging
from collections.abc import Mapping, Sequence

from provisioning.contract import Event, WorkflowHooks
from provisioning.dispatch.hook_set import HookSet, Wrapper, described
from provisioning.dispatch.times import Times
from provisioning.errors import ProvisioningError

__all__ = ["Observers"]

_HOOK = "on_event"
_LOGGER = logging.getLogger("provisioning.extensions")


class Observers:
    """The observers among `plugins` (an extension's name and its plugin each), in their order; false without any."""

    def __init__(self, plugins: Sequence[Wrapper] = (), times: Mapping[str, Times] | None = None) -> None:
        sets = [
            HookSet(WorkflowHooks, (_HOOK,), name, plugin, subject=f"extension {name}", times=times)
            for name, plugin in plugins
        ]
        self._observers = tuple(hooks for hooks in sets if hooks.has(_HOOK))
        self._failures: dict[str, int] = {}

    def __bool__(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(self._observers)

    @property
    def failures(self) -> Mapping[str, int]:
        """How often each extension's observer has failed, those that never did left out."""
        return dict(self._failures)

    def notify(self, event: Event) -> None:
        """Tell every observer. One that raises is logged the first time and counted, and the others are still told."""
        for observer in self._observers:
            try:
                observer.call(_HOOK, event=event)
            except ProvisioningError as error:
                self._note(observer.extension, event, error.__cause__ or error)

    def _note(self, extension: str, event: Event, error: BaseException) -> None:
        count = self._failures[extension] = self._failures.get(extension, 0) + 1
        if count == 1:
            _LOGGER.warning(
                "the observer of extension %s failed with %s on %s; it goes on being told, further failures are"
                " counted and not shown",
                extension,
                described(error),
                event.kind,
            )
