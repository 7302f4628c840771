"""A drawing shows any text as it is, and no text breaks out of its label."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from provisioning.graph import as_dot, as_mermaid

DRAWABLE = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.just("\n"))


def read_mermaid(drawing: str) -> list[str]:
    """Return the labels of a flowchart as Mermaid would show them."""
    labels = re.findall(r'^  n\d+\["(.*)"\](?::::\w+)?$', drawing, re.MULTILINE)
    return [re.sub(r"#(\d+);", lambda code: chr(int(code[1])), one.replace("<br/>", "\n")) for one in labels]


def read_dot(drawing: str) -> list[str]:
    """Return the labels of a digraph as Graphviz would show them."""
    labels = re.findall(r'^  n\d+ \[label="((?:[^"\\\n]|\\.)*)"\];$', drawing, re.MULTILINE)
    return [html.unescape(re.sub(r"\\(.)", lambda one: {"n": "\n"}.get(one[1], one[1]), label)) for label in labels]


def test_mermaid() -> None:
    """A flowchart has a line a node and a line an edge, in the order given."""
    drawing = as_mermaid({"db": "db\nserver_create", "web": 'say "hi"'}, [("db", "web")], {"web": "not-done"})

    assert drawing == ('flowchart TD\n  n0["db<br/>server_create"]\n  n1["say #34;hi#34;"]:::not_done\n  n0 --> n1\n')


def test_dot() -> None:
    """A digraph has a statement a node and a statement an edge, in the order given."""
    drawing = as_dot({"db": "db\nserver_create", "web": 'say "hi" \\ & go'}, [("db", "web")])

    assert drawing == (
        "digraph {\n"
        "  node [shape=box];\n"
        '  n0 [label="db\\nserver_create"];\n'
        '  n1 [label="say \\"hi\\" \\\\ &amp; go"];\n'
        "  n0 -> n1;\n"
        "}\n"
    )


def test_directives_stay_text() -> None:
    """A label cannot carry one of Mermaid's directives or its Markdown."""
    drawing = as_mermaid({"a": "`%%{init: {}}%%`"}, [])

    assert drawing == 'flowchart TD\n  n0["#96;#37;#37;{init: {}}#37;#37;#96;"]\n'


def test_control_characters_are_replaced() -> None:
    """What neither language can hold is shown as unknown."""
    assert (
        "\N{REPLACEMENT CHARACTER}"
        == read_mermaid(as_mermaid({"a": "\0"}, []))[0]
        == read_dot(as_dot({"a": "\0"}, []))[0]
    )


@given(st.lists(DRAWABLE, max_size=4))
def test_any_text_survives(labels: list[str]) -> None:
    """Both languages give every label back as it was."""
    nodes = {str(number): label for number, label in enumerate(labels)}

    assert labels == read_mermaid(as_mermaid(nodes, [])) == read_dot(as_dot(nodes, []))
