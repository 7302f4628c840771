"""Workflows: the document, its plan, and the run that does it, undoes it, and tells how it went."""

from provisioning.workflow.caller import Caller
from provisioning.workflow.document import (
    DocumentConfiguration,
    WorkflowDocument,
    check_document,
    check_overrides,
    document_schema,
)
from provisioning.workflow.errand import Errands
from provisioning.workflow.moves import check_resume, check_rollback
from provisioning.workflow.ownership import Ownership
from provisioning.workflow.plan import Plan, PlanEntry
from provisioning.workflow.planning import Planner
from provisioning.workflow.report import EXIT_CODES, Report, read_report
from provisioning.workflow.runner import Runner, submit
from provisioning.workflow.settings import RunSettings
from provisioning.workflow.surroundings import Surroundings

__all__ = [
    "EXIT_CODES",
    "Caller",
    "DocumentConfiguration",
    "Errands",
    "Ownership",
    "Plan",
    "PlanEntry",
    "Planner",
    "Report",
    "RunSettings",
    "Runner",
    "Surroundings",
    "WorkflowDocument",
    "check_document",
    "check_overrides",
    "check_resume",
    "check_rollback",
    "document_schema",
    "read_report",
    "submit",
]
