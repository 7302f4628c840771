"""What is there, whether it fits, and how it is loaded: extensions from packages and folders, in one registry."""

from provisioning.extensions.compatibility import Surroundings, satisfies
from provisioning.extensions.extension_type import ExtensionType
from provisioning.extensions.kinds import brought_kinds
from provisioning.extensions.loader import load, load_plugin, load_provider
from provisioning.extensions.manifest import CommandTarget, Manifest, manifest_schema
from provisioning.extensions.options import Place, checked_options, config_problems
from provisioning.extensions.origin import Origin, OriginKind
from provisioning.extensions.problem import ExtensionProblem, ProblemCode
from provisioning.extensions.reading import MANIFEST_FILE, read_manifest
from provisioning.extensions.record import ExtensionRecord, Status
from provisioning.extensions.registry import Registry

__all__ = [
    "MANIFEST_FILE",
    "CommandTarget",
    "ExtensionProblem",
    "ExtensionRecord",
    "ExtensionType",
    "Manifest",
    "Origin",
    "OriginKind",
    "Place",
    "ProblemCode",
    "Registry",
    "Status",
    "Surroundings",
    "brought_kinds",
    "checked_options",
    "config_problems",
    "load",
    "load_plugin",
    "load_provider",
    "manifest_schema",
    "read_manifest",
    "satisfies",
]
