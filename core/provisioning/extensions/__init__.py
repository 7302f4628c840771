"""What is there, whether it fits, and how it is loaded: extensions from packages and folders, in one registry."""

from provisioning.extensions.bundled import bundled_folder
from provisioning.extensions.compatibility import Surroundings, satisfies
from provisioning.extensions.examination import Examination, examine
from provisioning.extensions.extension_type import ExtensionType
from provisioning.extensions.index import ManifestIndex
from provisioning.extensions.kinds import brought_kinds
from provisioning.extensions.life import Life
from provisioning.extensions.loader import load, load_plugin, load_provider
from provisioning.extensions.manifest import CommandTarget, Manifest, manifest_schema
from provisioning.extensions.option import Option, options_of
from provisioning.extensions.options import Place, checked_options, config_problems, schema_of, secret_keys
from provisioning.extensions.origin import Origin, OriginKind
from provisioning.extensions.problem import ExtensionProblem, ProblemCode
from provisioning.extensions.reading import MANIFEST_FILE, read_manifest
from provisioning.extensions.reason import Reason, reasons_for
from provisioning.extensions.record import ExtensionRecord, Status
from provisioning.extensions.registry import Registry
from provisioning.extensions.selection import Selection

__all__ = [
    "MANIFEST_FILE",
    "CommandTarget",
    "Examination",
    "ExtensionProblem",
    "ExtensionRecord",
    "ExtensionType",
    "Life",
    "Manifest",
    "ManifestIndex",
    "Option",
    "Origin",
    "OriginKind",
    "Place",
    "ProblemCode",
    "Reason",
    "Registry",
    "Selection",
    "Status",
    "Surroundings",
    "brought_kinds",
    "bundled_folder",
    "checked_options",
    "config_problems",
    "examine",
    "load",
    "load_plugin",
    "load_provider",
    "manifest_schema",
    "options_of",
    "read_manifest",
    "reasons_for",
    "satisfies",
    "schema_of",
    "secret_keys",
]
