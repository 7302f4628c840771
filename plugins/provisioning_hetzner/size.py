"""A server type of Hetzner's as the field's size."""

from typing import Any

from provisioning.contract import Size

__all__ = ["as_size"]


def as_size(shown: Any, currency: str) -> Size:
    """Return a server type; its price is that of the cheapest location, without VAT, None when there is none."""
    prices = [float(price["price_hourly"]["net"]) for price in shown.prices or ()]
    return Size(
        shown.name,
        cpus=shown.cores,
        memory_mib=int(shown.memory * 1024),
        disk_gib=shown.disk,
        hourly_price=min(prices, default=None),
        currency=currency if prices else None,
    )
