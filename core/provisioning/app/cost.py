"""What a plan's servers cost for one hour, as far as the clouds tell their prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from provisioning.app.catalog import ProviderCatalog
from provisioning.app.offers import OfferKind, find_offers
from provisioning.contract import Size
from provisioning.workflow import Plan

__all__ = ["Cost", "cost_of"]

_CREATES = "server_create"


@dataclass(frozen=True, slots=True)
class Cost:
    """The sum of the known prices for one hour by currency, what each operation adds, and whose price is not known."""

    hourly: Mapping[str, Decimal]
    operations: Mapping[str, tuple[Decimal, str]]
    unknown: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form; amounts are text, so that no digit is lost."""
        return {
            "hourly": {currency: str(amount) for currency, amount in self.hourly.items()},
            "operations": {
                name: {"hourly": str(amount), "currency": currency}
                for name, (amount, currency) in self.operations.items()
            },
            "unknown": list(self.unknown),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Cost":
        """Return the cost of which this is the JSON form."""
        return cls(
            {currency: Decimal(amount) for currency, amount in data["hourly"].items()},
            {name: (Decimal(one["hourly"]), one["currency"]) for name, one in data["operations"].items()},
            tuple(data["unknown"]),
        )


def cost_of(plan: Plan, providers: ProviderCatalog) -> Cost:
    """Return what the servers that a plan creates cost; a cloud that gives no answer leaves its prices unknown."""
    wanted: dict[str, tuple[str, Any]] = {}
    for name, node in plan.nodes.items():
        provider = node.locations[0].provider
        if node.definition.kind == _CREATES and provider is not None:
            wanted[name] = provider, plan.known_parameters(name).get("size")
    names = list(dict.fromkeys(provider for provider, _ in wanted.values()))
    report = find_offers(providers, OfferKind.SIZES, names)
    prices = {(provider, size.name): size for provider, size in report.offers if isinstance(size, Size)}
    hourly: dict[str, Decimal] = {}
    operations: dict[str, tuple[Decimal, str]] = {}
    unknown = dict.fromkeys(wanted)
    for name, (provider, size) in wanted.items():
        offer = prices.get((provider, size)) if isinstance(size, str) else None
        if size is None and _is_free(report.offers, provider):
            del unknown[name]
            continue
        if offer is None or offer.hourly_price is None:
            continue
        del unknown[name]
        if offer.currency is None:
            continue
        amount = Decimal(str(offer.hourly_price))
        operations[name] = amount, offer.currency
        hourly[offer.currency] = hourly.get(offer.currency, Decimal(0)) + amount
    return Cost(hourly, operations, tuple(unknown))


def _is_free(offers: Sequence[tuple[str, object]], provider: str) -> bool:
    """Whether nothing that a provider offers costs anything."""
    prices = [offer.hourly_price for name, offer in offers if name == provider and isinstance(offer, Size)]
    return bool(prices) and not any(price is None or price for price in prices)
