"""A plan of UpCloud's as the field's size."""

from collections.abc import Mapping, Sequence
from typing import Any

from provisioning.contract import Size

__all__ = ["as_size"]

_CURRENCY = "EUR"
_CREDITS = 100
"""Prices are credits for one hour, and a credit is a cent."""


def as_size(plan: Mapping[str, Any], zones: Sequence[Mapping[str, Any]], zone: str | None) -> Size:
    """Return a plan; its price is that of a zone, or of the cheapest one, None when there is none."""
    key = f"server_plan_{plan['name']}"
    prices = [
        round(priced[key]["price"] / _CREDITS, 8)
        for priced in zones
        if key in priced and (zone is None or priced["name"] == zone)
    ]
    return Size(
        plan["name"],
        cpus=plan.get("core_number"),
        memory_mib=plan.get("memory_amount"),
        disk_gib=plan.get("storage_size"),
        hourly_price=min(prices, default=None),
        currency=_CURRENCY if prices else None,
    )
