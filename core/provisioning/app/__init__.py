"""The application, for whoever embeds it: open a workspace, run workflows, watch, resume and undo them."""

from provisioning.app.application import App
from provisioning.app.care import JournalCare
from provisioning.app.command import ExtensionCommand
from provisioning.app.cost import Cost
from provisioning.app.doctor import Doctor, Finding
from provisioning.app.documents import Document
from provisioning.app.extensions import Extensions
from provisioning.app.installing import FolderChange, Installed, InstallPlan
from provisioning.app.offers import OfferKind, OfferReport
from provisioning.app.orphans import OrphanReport, Standing, Stray
from provisioning.app.recovering import find_abandoned
from provisioning.app.restoring import RestorePlan
from provisioning.app.routes import MountedRoute, RouteAnswer, Routes
from provisioning.app.run import Run, is_driven
from provisioning.app.starter import init_workspace
from provisioning.app.summary import ProviderSummary
from provisioning.app.template import TemplateSummary
from provisioning.app.tokens import Scope, Token, Tokens
from provisioning.app.uninstalling import Removal
from provisioning.workflow import Plan, PlanEntry, Report

__all__ = [
    "App",
    "Cost",
    "Doctor",
    "Document",
    "ExtensionCommand",
    "Extensions",
    "Finding",
    "FolderChange",
    "InstallPlan",
    "Installed",
    "JournalCare",
    "MountedRoute",
    "OfferKind",
    "OfferReport",
    "OrphanReport",
    "Plan",
    "PlanEntry",
    "ProviderSummary",
    "Removal",
    "Report",
    "RestorePlan",
    "RouteAnswer",
    "Routes",
    "Run",
    "Scope",
    "Standing",
    "Stray",
    "TemplateSummary",
    "Token",
    "Tokens",
    "find_abandoned",
    "init_workspace",
    "is_driven",
]
