"""How often a cloud is asked whether something has come to pass: often at first, then every two seconds."""

from collections.abc import Mapping
from typing import Any

from provisioning.contract import Pending

__all__ = ["again"]

FIRST = 0.05
MOST = 2.0


def again(state: Mapping[str, Any], **news: Any) -> Pending:
    """Return a `Pending` that keeps `state` and the news, and waits twice as long as the one before."""
    after = min(state["after"] * 2, MOST) if "after" in state else FIRST
    return Pending(after, {**state, **news, "after": after})
