"""Making a plan: a document meets the kinds, providers and values that are there; all that is amiss is told at once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from provisioning.errors import Problem
from provisioning.graph import Graph
from provisioning.source import Source
from provisioning.workflow.complaint import refusal, unknown
from provisioning.workflow.document import DocumentConfiguration, WorkflowDocument, check_document
from provisioning.workflow.expansion import Expansion, expand
from provisioning.workflow.inspection import Inspection
from provisioning.workflow.names import check_workflow_id
from provisioning.workflow.needs import Needs, UnknownInstance
from provisioning.workflow.plan import Plan
from provisioning.workflow.ports import Kinds, Providers, Redact, Roots
from provisioning.workflow.settings import RunSettings

__all__ = ["Planner"]

MAX_SHOWN = 20
"""How many operations of a circle are named."""


class Planner:
    """Makes plans. `roots` are the values known before a run, `defaults` what a document may leave unsaid.

    `redact` knows the secrets among the values, which can name no operation.
    """

    def __init__(
        self, *, kinds: Kinds, providers: Providers, roots: Roots, defaults: RunSettings, redact: Redact = str
    ) -> None:
        self._kinds = kinds
        self._providers = providers
        self._roots = roots
        self._defaults = defaults
        self._redact = redact

    def plan(
        self,
        source: Source,
        *,
        directory: Path,
        workflow_id: str | None = None,
        new_id: Callable[[], str],
        inputs: Mapping[str, Any] | None = None,
        overrides: DocumentConfiguration | None = None,
    ) -> Plan:
        """Return the plan of the document in `source`.

        `workflow_id` counts before the document's own, and `new_id` makes one where there is none; `inputs` replace
        the document's. Raises one `ConfigurationError` with every problem found, before anything was changed
        anywhere.
        """
        if workflow_id is not None:
            check_workflow_id(workflow_id)
        document = _with_inputs(check_document(source), inputs or {}, source)
        expansion = expand(document, source, self._roots, directory, self._redact)
        found = list(dict.fromkeys(Inspection(expansion, self._kinds, self._providers, self._roots).problems()))
        if found:
            raise refusal(source.name, found)
        graph = _graph(expansion, source)
        settings = self._defaults.overridden_by(document.configuration)
        return Plan(
            workflow_id=workflow_id or document.workflow_id or new_id(),
            document=expansion.document,
            root=expansion.root,
            nodes={operation.id: operation for operation in expansion.operations},
            graph=graph,
            settings=settings if overrides is None else settings.overridden_by(overrides),
            kinds=self._kinds,
        )


def _graph(expansion: Expansion, source: Source) -> Graph:
    edges: dict[str, list[str]] = {}
    problems: list[Problem] = []
    needs = Needs()
    for operation in expansion.operations:
        try:
            found = needs.of(operation)
        except UnknownInstance as error:
            problems.append(expansion.problem(operation, ["parameters"], str(error)))
            continue
        if found:
            edges[operation.id] = found
    if problems:
        raise refusal(source.name, list(dict.fromkeys(problems)))
    graph = Graph([operation.id for operation in expansion.operations], edges)
    cycle = graph.find_cycle()
    if cycle is not None:
        raise refusal(source.name, [_circle(expansion, cycle)])
    return graph


def _circle(expansion: Expansion, cycle: list[str]) -> Problem:
    first = next(operation for operation in expansion.operations if operation.id == cycle[0])
    path = " -> ".join(cycle if len(cycle) <= MAX_SHOWN else [*cycle[:MAX_SHOWN], f"... ({len(cycle) - 1} of them)"])
    itself = len(cycle) == 2
    message = f"operation {cycle[0]} needs itself" if itself else f"operations need each other in a circle: {path}"
    return expansion.problem(first, [], message, hint="take one of these references or dependencies away")


def _with_inputs(document: WorkflowDocument, inputs: Mapping[str, Any], source: Source) -> WorkflowDocument:
    problems = [
        source.problem(["inputs"], unknown("input", name, list(document.inputs)))
        for name in inputs
        if name not in document.inputs
    ]
    if problems:
        raise refusal(source.name, problems)
    return replace(document, inputs={**document.inputs, **inputs}) if inputs else document
