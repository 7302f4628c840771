"""What the local cloud offers. Sizes limit containers; for processes they are recorded and shown, and limit nothing."""

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from provisioning.contract import Image, Size, Zone
from provisioning_local.settings import Command

__all__ = ["DEFAULT_IMAGE", "DEFAULT_SIZE", "DEFAULT_ZONE", "SIZES", "ZONES", "images", "unknown"]

DEFAULT_IMAGE = "http"
DEFAULT_SIZE = "small"
DEFAULT_ZONE = "local-a"

SIZES = (
    Size("small", cpus=1, memory_mib=1024, disk_gib=10, hourly_price=0.0),
    Size("medium", cpus=2, memory_mib=4096, disk_gib=20, hourly_price=0.0),
    Size("large", cpus=4, memory_mib=8192, disk_gib=40, hourly_price=0.0),
)
ZONES = (Zone("local-a", region="local"), Zone("local-b", region="local"))

_HTTP = Image(DEFAULT_IMAGE, id=DEFAULT_IMAGE, description="an HTTP server that answers with its name and user_data")


def images(configured: Mapping[str, Any]) -> tuple[Image, ...]:
    """Return the built-in image and those of the configuration, which may replace it."""
    own = tuple(Image(name, id=name, description=_describe(value)) for name, value in configured.items())
    return own if DEFAULT_IMAGE in configured else (_HTTP, *own)


def _describe(value: Any) -> str:
    try:
        return shlex.join(Command.from_config(value).arguments)
    except ValueError as error:
        return f"unusable: it {error}"


def unknown(noun: str, name: str, offers: Iterable[Size | Image | Zone]) -> str | None:
    """Return what is wrong with a name that is not on offer, and what is; None when it is on offer."""
    names = [offer.name for offer in offers]
    return None if name in names else f"there is no {noun} {name!r}, only {', '.join(names)}"
