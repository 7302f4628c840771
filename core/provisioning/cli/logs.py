"""Logs on stderr: lines for people, or JSON for programs, each with the run and the operation that it is about."""

import json
import logging
from datetime import UTC, datetime

from provisioning.contract.context import current_call

__all__ = ["log_to_stderr"]


class _Json(logging.Formatter):
    """One JSON object for each record."""

    def format(self, record: logging.LogRecord) -> str:
        workflow_id, operation_id = current_call()
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        workflow_id = getattr(record, "workflow_id", workflow_id)
        operation_id = getattr(record, "operation_id", operation_id)
        if workflow_id is not None:
            line["workflow_id"] = workflow_id
        if operation_id is not None:
            line["operation_id"] = operation_id
        if isinstance(data := getattr(record, "data", None), dict):
            line["data"] = data
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_to_stderr(*, as_json: bool, verbose: bool) -> None:
    """Show what the program and its extensions log, and of others what they warn of."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if as_json else logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler])
    logging.getLogger("provisioning").setLevel(logging.DEBUG if verbose else logging.INFO)
