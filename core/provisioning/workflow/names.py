"""The names that documents and people give: which letters an operation's id and a workflow's id may hold."""

import re

from provisioning.errors import ConfigurationError

__all__ = ["LONGEST_WORKFLOW_ID", "OPERATION_ID", "POOL", "RULES", "WORKFLOW_ID", "check_workflow_id"]

OPERATION_ID = r"^[A-Za-z_][A-Za-z0-9_-]*$"
WORKFLOW_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
POOL = r"^[a-z0-9][a-z0-9_-]*$"
LONGEST_WORKFLOW_ID = 128

RULES = {
    OPERATION_ID: "must begin with a letter or '_', and may hold letters, digits, '_' and '-' after it",
    POOL: "must begin with a small letter or a digit, and may hold small letters, digits, '_' and '-' after it",
    WORKFLOW_ID: "must begin with a letter or a digit, and may hold letters, digits, '.', '_' and '-' after it",
}
"""Each pattern in words."""


def check_workflow_id(name: str) -> str:
    """Return a workflow id that somebody gave beside the document; raise `ConfigurationError` when it can be none."""
    if re.match(WORKFLOW_ID.replace("$", r"\Z"), name) is None:
        raise ConfigurationError(f"workflow id {name!r} {RULES[WORKFLOW_ID]}", hint="name the run, like deploy-42")
    if len(name) > LONGEST_WORKFLOW_ID:
        raise ConfigurationError(
            f"workflow id {name[:20]}... has {len(name)} characters, and may have {LONGEST_WORKFLOW_ID}",
            hint="give the run a shorter name",
        )
    return name
