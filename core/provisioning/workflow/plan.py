"""The plan of a run: every operation, its edges, what it will do and how it would be undone; nothing is changed."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from provisioning.graph import Graph, as_dot, as_mermaid
from provisioning.template import TemplateError, substitute
from provisioning.workflow.document import WorkflowDocument
from provisioning.workflow.ports import Kinds
from provisioning.workflow.scope import PlannedOperation, Scope
from provisioning.workflow.settings import RunSettings

__all__ = ["Plan", "PlanEntry"]


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """One operation as a person reads it; `undo` is None for what leaves nothing behind, or cannot be undone.

    `places` are where it is tried, one after the other when there is no room; `provider` is the first one's.
    """

    id: str
    kind: str
    provider: str | None
    needs: tuple[str, ...]
    summary: str
    undo: str | None
    places: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "id": self.id,
            "kind": self.kind,
            "provider": self.provider,
            "needs": list(self.needs),
            "summary": self.summary,
            "undo": self.undo,
            "places": list(self.places),
        }


class Plan:
    """A document made ready to run. `nodes` holds the operations by id, `graph` their edges."""

    def __init__(
        self,
        *,
        workflow_id: str,
        document: WorkflowDocument,
        root: Scope,
        nodes: Mapping[str, PlannedOperation],
        graph: Graph,
        settings: RunSettings,
        kinds: Kinds,
    ) -> None:
        self.workflow_id = workflow_id
        self.document = document
        self.root = root
        self.nodes = nodes
        self.graph = graph
        self.settings = settings
        self._kinds = kinds

    @property
    def name(self) -> str:
        """The workflow's name."""
        return self.document.name

    @property
    def parallelism(self) -> int:
        """How many operations run at once, at most."""
        return self.settings.parallelism

    @property
    def on_failure(self) -> str:
        """What a failure means for the run, where the operation does not say otherwise."""
        return self.settings.on_failure_of_run

    @cached_property
    def canonical(self) -> Mapping[str, Any]:
        """The document as the journal keeps it: complete, with the settings that this run was planned with."""
        document = self.document.as_dict()
        settings, retry = self.settings, self.settings.retry
        document["configuration"] = {
            "parallelism": settings.parallelism,
            "on_failure": settings.on_failure,
            "timeout": settings.timeout,
            **({} if settings.run_timeout is None else {"run_timeout": settings.run_timeout}),
            **({"no_rollback": True} if settings.no_rollback else {}),
            **({"priority": settings.priority} if settings.priority else {}),
            "retry": {
                name: getattr(retry, name) for name in ("attempts", "initial_delay", "factor", "max_delay", "jitter")
            },
        }
        return document

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of the canonical document: two submissions are one run when they agree in it."""
        text = json.dumps(self.canonical, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def operations(self) -> list[PlanEntry]:
        """Every operation as a person reads it, in an order in which they could run."""
        return [self.entry(name) for name in self.graph.order()]

    def entry(self, operation_id: str) -> PlanEntry:
        """Return one operation as a person reads it."""
        node = self.nodes[operation_id]
        descriptor = self._kinds.get(node.definition.kind).descriptor
        needs = tuple(self.graph.needs(operation_id))
        summary = f"{descriptor.summary}{_details(node)}"
        provider = node.locations[0].provider
        places = () if provider is None else tuple(map(str, node.locations))
        return PlanEntry(operation_id, descriptor.name, provider, needs, summary, descriptor.undo, places)

    def known_parameters(self, operation_id: str) -> Mapping[str, Any]:
        """Return the parameters of an operation, filled in as far as they are known before the run."""
        return _known(self.nodes[operation_id])

    def layers(self) -> list[list[str]]:
        """Return the ids in layers: each layer needs only what stands in the layers before it."""
        return self.graph.layers()

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "workflow_id": self.workflow_id,
            "name": self.name,
            "parallelism": self.parallelism,
            "on_failure": self.on_failure,
            "operations": [entry.as_dict() for entry in self.operations],
            "layers": self.layers(),
        }

    def as_mermaid(self, classes: Mapping[str, str] | None = None) -> str:
        """Return the graph as a Mermaid flowchart; `classes` gives an operation a style class."""
        return as_mermaid(self._labels(), self._edges(), classes or {})

    def as_dot(self) -> str:
        """Return the graph in Graphviz's language."""
        return as_dot(self._labels(), self._edges())

    def _labels(self) -> dict[str, str]:
        return {name: f"{name}\n{node.definition.kind}" for name, node in self.nodes.items()}

    def _edges(self) -> Iterable[tuple[str, str]]:
        return ((needed, name) for name in self.nodes for needed in self.graph.needs(name))


def _details(node: PlannedOperation) -> str:
    """Return the parameters in one short line, as far as they are known before the run."""
    if node.opened is not None or not node.definition.parameters:
        return ""
    return ": " + ", ".join(f"{name}={_short(value)}" for name, value in _known(node).items())


def _known(node: PlannedOperation) -> Mapping[str, Any]:
    known: dict[str, Any] = {"inputs": node.scope.inputs}
    if node.each is not None:
        known["each"] = node.each
    parameters: Mapping[str, Any] = node.definition.parameters
    with suppress(TemplateError):  # what cannot be filled in yet is shown as it is written
        parameters = substitute(parameters, known, are_templates=True)
    return parameters


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    line = " ".join(text.split())
    return line if len(line) <= 48 else f"{line[:45]}..."
