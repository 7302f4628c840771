"""The trace of a run, in the words of the W3C's Trace Context: derived from names, so that nobody has to carry it.

Whoever knows which run and which operation it works for knows the context: a worker on another host, a driver that took
the run over, a program in another language that is told it.
"""

import hashlib

__all__ = ["span_id", "trace_id", "traceparent"]


def trace_id(workflow_id: str) -> str:
    """Return the id of a run's one trace: 32 hexadecimal digits."""
    return hashlib.sha256(f"provisioning/{workflow_id}".encode()).hexdigest()[:32]


def span_id(workflow_id: str, operation_id: str | None = None) -> str:
    """Return the id of an operation's span, or of the run's own: 16 hexadecimal digits."""
    name = f"provisioning/{workflow_id}/{operation_id or ''}"
    return hashlib.sha256(name.encode()).hexdigest()[32:48]


def traceparent(workflow_id: str, operation_id: str | None = None) -> str:
    """Return the header that names the span of an operation, or of a run, as the parent of what is done for it.

    Its form is that of https://www.w3.org/TR/trace-context/: `00-<trace>-<span>-01`.
    """
    return f"00-{trace_id(workflow_id)}-{span_id(workflow_id, operation_id)}-01"
