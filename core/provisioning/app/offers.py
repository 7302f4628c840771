"""What the clouds offer: sizes with their prices, images and zones, of one provider instance or of all."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from provisioning.app.catalog import ProviderCatalog
from provisioning.contract import Capability, Image, Provider, Size, Zone
from provisioning.errors import ErrorInfo, ProvisioningError

__all__ = ["OfferKind", "OfferReport", "find_offers"]

_AT_ONCE = 16

Offer = Size | Image | Zone


class OfferKind(StrEnum):
    """What is asked for."""

    SIZES = "sizes"
    IMAGES = "images"
    ZONES = "zones"


@dataclass(frozen=True, slots=True)
class OfferReport:
    """What was found, each with its provider instance, and which could not be asked, each with why."""

    offers: Sequence[tuple[str, Offer]]
    failures: Mapping[str, ErrorInfo] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "offers": [{"provider": provider, **asdict(offer)} for provider, offer in self.offers],
            "failures": {name: error.as_dict() for name, error in self.failures.items()},
        }


_ASK: Mapping[OfferKind, Callable[[Provider], Sequence[Offer]]] = {
    OfferKind.SIZES: lambda provider: provider.list_sizes(),
    OfferKind.IMAGES: lambda provider: provider.list_images(),
    OfferKind.ZONES: lambda provider: provider.list_zones(),
}


def find_offers(providers: ProviderCatalog, kind: OfferKind, names: Sequence[str]) -> OfferReport:
    """Ask provider instances for what they offer; one that fails hides nothing of the others.

    Those without the capability `catalog` offer nothing that could be listed. Answers are remembered for five minutes.
    """
    if not names:
        return OfferReport([])

    def ask(name: str) -> Sequence[Offer] | ErrorInfo:
        try:
            provider = providers.get(name)
            return _ASK[kind](provider) if Capability.CATALOG in provider.capabilities else []
        except ProvisioningError as error:
            return error.info()

    with ThreadPoolExecutor(min(_AT_ONCE, len(names)), thread_name_prefix="offers") as pool:
        answers = dict(zip(names, pool.map(ask, names), strict=True))
    failures = {name: answer for name, answer in answers.items() if isinstance(answer, ErrorInfo)}
    offers = [
        (name, offer) for name, answer in answers.items() if not isinstance(answer, ErrorInfo) for offer in answer
    ]
    return OfferReport(offers, failures)
