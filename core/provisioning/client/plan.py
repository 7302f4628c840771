"""What a server has planned and found, as people are shown it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from provisioning.app import Cost, PlanEntry

__all__ = ["RemoteOffers", "RemotePlan"]


class RemotePlan:
    """What people are shown of a plan; the same as `provisioning.app.Plan` there."""

    def __init__(
        self, data: Mapping[str, Any], draw: Callable[[str], str], price: Callable[[], Mapping[str, Any]] = dict
    ) -> None:
        self._data = data
        self._draw = draw
        self._price = price

    @property
    def name(self) -> str:
        """The workflow's name."""
        return str(self._data["name"])

    @property
    def parallelism(self) -> int:
        """How many operations run at once, at most."""
        return int(self._data["parallelism"])

    @property
    def on_failure(self) -> str:
        """What a failure means for the run."""
        return str(self._data["on_failure"])

    @property
    def operations(self) -> Sequence[PlanEntry]:
        """Every operation, in an order in which they could run."""
        return [
            PlanEntry(**{**one, "needs": tuple(one["needs"]), "places": tuple(one["places"])})
            for one in self._data["operations"]
        ]

    def layers(self) -> list[list[str]]:
        """Return the ids in layers."""
        return [list(layer) for layer in self._data["layers"]]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dict(self._data)

    def cost(self) -> Cost:
        """Ask what its servers cost for one hour."""
        return Cost.from_dict(self._price())

    def as_mermaid(self) -> str:
        """Return the graph as a Mermaid flowchart."""
        return self._draw("mermaid")

    def as_dot(self) -> str:
        """Return the graph in Graphviz's language."""
        return self._draw("dot")


class RemoteOffers:
    """What providers there offer; the same as `provisioning.app.OfferReport` there."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dict(self._data)
