"""The notifier itself: hears events, and hands those that are wanted to the courier."""

from fnmatch import fnmatchcase

from provisioning.contract import Event, ExtensionContext, hookimpl

from .courier import Courier
from .endpoint import Endpoint
from .message import Message
from .pace import Pace

__all__ = ["WebhookNotify"]


class WebhookNotify:
    """Posts events to the configured URL from its activation to its deactivation."""

    def __init__(self) -> None:
        self._events: tuple[str, ...] = ()
        self._courier: Courier

    @hookimpl
    def extension_activate(self, context: ExtensionContext) -> None:
        """Get ready to post; what is not posted at the end is waited for, as long as `drain` says."""
        options = context.options
        endpoint = Endpoint(options["url"], options.get("secret"), timeout=options["timeout"])
        pace = Pace(options["attempts"], options["initial_delay"], options["max_delay"])
        courier = Courier(endpoint.post, endpoint.origin, context.logger, pace=pace, capacity=options["queue"])
        self._events = tuple(options["events"])
        self._courier = courier
        context.on_deactivate(lambda: courier.close(options["drain"]))

    @hookimpl
    def on_event(self, event: Event) -> None:
        """Hand an event over, when it is wanted."""
        if any(fnmatchcase(event.kind, pattern) for pattern in self._events):
            self._courier.send(Message.from_event(event))
