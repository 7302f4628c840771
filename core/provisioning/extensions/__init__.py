"""What is there, whether it fits, and how it is loaded: extensions from packages and folders, in one registry."""

from provisioning.extensions.brought import brought_by_name
from provisioning.extensions.bundled import bundled_folder
from provisioning.extensions.change import Change
from provisioning.extensions.compatibility import Surroundings, satisfies
from provisioning.extensions.distributions import OURS, installed_versions, own_distributions
from provisioning.extensions.entry_point import CommandTarget
from provisioning.extensions.examination import Examination, examine
from provisioning.extensions.extension_type import ExtensionType
from provisioning.extensions.folder_tree import check_copyable, folder_digest
from provisioning.extensions.freeze import (
    Frozen,
    FrozenExtension,
    can_be_frozen,
    freeze_schema,
    is_enabled,
    read_frozen,
    write_frozen,
)
from provisioning.extensions.index import ManifestIndex
from provisioning.extensions.installer import Installer, find_installer
from provisioning.extensions.kinds import brought_kinds
from provisioning.extensions.language import Language
from provisioning.extensions.life import Life
from provisioning.extensions.loader import load, load_command, load_plugin, load_provider
from provisioning.extensions.manifest import STATUS_CHECK, Manifest, manifest_schema
from provisioning.extensions.offer import ENGINES, KINDS, SECRETS, STORES, Offer
from provisioning.extensions.option import Option, options_of
from provisioning.extensions.options import Place, checked_options, config_problems, schema_of, secret_keys
from provisioning.extensions.origin import Origin, OriginKind
from provisioning.extensions.placing import place_folder, remove_folder
from provisioning.extensions.problem import ExtensionProblem, ProblemCode
from provisioning.extensions.reading import MANIFEST_FILE, read_manifest
from provisioning.extensions.reason import Reason, reasons_for
from provisioning.extensions.record import ExtensionRecord, Status
from provisioning.extensions.registry import Registry
from provisioning.extensions.requirement import extension_folder, requested_name
from provisioning.extensions.reserved import RESERVED_COMMANDS
from provisioning.extensions.selection import Selection
from provisioning.extensions.skeleton import Skeleton
from provisioning.extensions.tool import Say, silent

__all__ = [
    "ENGINES",
    "KINDS",
    "MANIFEST_FILE",
    "OURS",
    "RESERVED_COMMANDS",
    "SECRETS",
    "STATUS_CHECK",
    "STORES",
    "Change",
    "CommandTarget",
    "Examination",
    "ExtensionProblem",
    "ExtensionRecord",
    "ExtensionType",
    "Frozen",
    "FrozenExtension",
    "Installer",
    "Language",
    "Life",
    "Manifest",
    "ManifestIndex",
    "Offer",
    "Option",
    "Origin",
    "OriginKind",
    "Place",
    "ProblemCode",
    "Reason",
    "Registry",
    "Say",
    "Selection",
    "Skeleton",
    "Status",
    "Surroundings",
    "brought_by_name",
    "brought_kinds",
    "bundled_folder",
    "can_be_frozen",
    "check_copyable",
    "checked_options",
    "config_problems",
    "examine",
    "extension_folder",
    "find_installer",
    "folder_digest",
    "freeze_schema",
    "installed_versions",
    "is_enabled",
    "load",
    "load_command",
    "load_plugin",
    "load_provider",
    "manifest_schema",
    "options_of",
    "own_distributions",
    "place_folder",
    "read_frozen",
    "read_manifest",
    "reasons_for",
    "remove_folder",
    "requested_name",
    "satisfies",
    "schema_of",
    "secret_keys",
    "silent",
    "write_frozen",
]
