"""Programs in other languages: asked in JSON, one process for each request or one kept open."""

from provisioning.bridge.command import CommandDocument, make_command
from provisioning.bridge.description import Description, KindDescription, check_description, describe
from provisioning.bridge.kinds import OutcomeDocument
from provisioning.bridge.plugin import PLUGIN_HOOKS, make_plugin
from provisioning.bridge.presence import find_program, sandbox_problem
from provisioning.bridge.program import Mode, Program
from provisioning.bridge.provider import ProgramProvider, make_provider
from provisioning.bridge.request import PROTOCOL, ProgramRequest
from provisioning.bridge.response import ProgramResponse

__all__ = [
    "PLUGIN_HOOKS",
    "PROTOCOL",
    "CommandDocument",
    "Description",
    "KindDescription",
    "Mode",
    "OutcomeDocument",
    "Program",
    "ProgramProvider",
    "ProgramRequest",
    "ProgramResponse",
    "check_description",
    "describe",
    "find_program",
    "make_command",
    "make_plugin",
    "make_provider",
    "sandbox_problem",
]
