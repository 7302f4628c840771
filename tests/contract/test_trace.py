"""The trace context of a run is derived from names alone."""

import re

from hypothesis import given
from hypothesis import strategies as st

from provisioning.contract import OperationContext
from provisioning.contract.trace import traceparent

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1)


@given(NAMES, NAMES, NAMES)
def test_two_operations_are_two_spans_of_one_trace(workflow_id: str, one: str, other: str) -> None:
    """And neither is the run's; each is written as the W3C wants it."""
    found = {traceparent(workflow_id), *(traceparent(workflow_id, name) for name in {one, other})}
    assert all(re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", text) for text in found)
    assert len({text.split("-")[2] for text in found}) == 1 + len({one, other})
    assert len({text.split("-")[1] for text in found}) == 1


def test_a_call_knows_where_it_belongs() -> None:
    """To its operation, else to its run, else nowhere."""
    assert OperationContext("wf", "web").traceparent == traceparent("wf", "web")
    assert OperationContext("wf").traceparent == traceparent("wf")
    assert OperationContext().traceparent is None
