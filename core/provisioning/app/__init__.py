"""The application, for whoever embeds it: open a workspace, run workflows, watch, resume and undo them."""

from provisioning.app.application import App
from provisioning.app.documents import Document
from provisioning.app.run import Run
from provisioning.app.starter import init_workspace
from provisioning.app.summary import ProviderSummary
from provisioning.workflow import Plan, PlanEntry, Report

__all__ = ["App", "Document", "Plan", "PlanEntry", "ProviderSummary", "Report", "Run", "init_workspace"]
