"""Directed graphs of names: their order, what is ready next, how they are drawn. Knows nothing of infrastructure."""

from provisioning.graph.drawing import as_dot, as_mermaid
from provisioning.graph.frontier import Frontier
from provisioning.graph.graph import Graph
from provisioning.graph.layout import Layout, lay_out

__all__ = ["Frontier", "Graph", "Layout", "as_dot", "as_mermaid", "lay_out"]
