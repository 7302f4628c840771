"""Drawings of a graph in two languages: Mermaid (GitHub and GitLab show it) and Graphviz's DOT."""

import re
from collections.abc import Iterable, Iterator, Mapping

__all__ = ["as_dot", "as_mermaid"]

_NOT_A_CLASS_LETTER = re.compile(r"[^A-Za-z0-9_]")
_CONTROL = dict.fromkeys((*range(32), 127), "\N{REPLACEMENT CHARACTER}")
_MERMAID = _CONTROL | {ord(letter): f"#{ord(letter)};" for letter in '"#&<>`%\\'} | {ord("\n"): "<br/>"}
_DOT = _CONTROL | {ord('"'): '\\"', ord("\\"): "\\\\", ord("&"): "&amp;", ord("\n"): "\\n"}


def as_mermaid(
    labels: Mapping[str, str], edges: Iterable[tuple[str, str]], classes: Mapping[str, str] | None = None
) -> str:
    """Return a Mermaid flowchart, top down.

    `labels` gives each node its text, which may be any text; a line break in it stays one. `edges` are drawn from the
    first node to the second. `classes` gives a node a style class; letters that a class cannot have become `_`.
    """
    return "\n".join(["flowchart TD", *_mermaid_lines(labels, edges, classes or {})]) + "\n"


def _mermaid_lines(
    labels: Mapping[str, str], edges: Iterable[tuple[str, str]], classes: Mapping[str, str]
) -> Iterator[str]:
    numbers = {name: number for number, name in enumerate(labels)}
    for name, label in labels.items():
        style = f":::{_NOT_A_CLASS_LETTER.sub('_', classes[name])}" if name in classes else ""
        yield f'  n{numbers[name]}["{label.translate(_MERMAID)}"]{style}'
    for source, target in edges:
        yield f"  n{numbers[source]} --> n{numbers[target]}"


def as_dot(labels: Mapping[str, str], edges: Iterable[tuple[str, str]]) -> str:
    """Return a digraph for Graphviz; `labels` and `edges` are as in `as_mermaid`."""
    numbers = {name: number for number, name in enumerate(labels)}
    nodes = [f'  n{numbers[name]} [label="{label.translate(_DOT)}"];' for name, label in labels.items()]
    arrows = [f"  n{numbers[source]} -> n{numbers[target]};" for source, target in edges]
    return "\n".join(["digraph {", "  node [shape=box];", *nodes, *arrows, "}"]) + "\n"
