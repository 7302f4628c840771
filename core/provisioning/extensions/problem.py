"""What keeps an extension from being used: a stable code, a sentence, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["ExtensionProblem", "ProblemCode"]


class ProblemCode(StrEnum):
    """Every kind of problem that an extension can have."""

    MANIFEST_MISSING = "manifest_missing"
    """There is no extension.toml where one was promised."""
    MANIFEST_INVALID = "manifest_invalid"
    """The extension.toml cannot be read, or something in it is wrong."""
    OUTSIDE_FOLDER = "outside_folder"
    """A link or a path leads out of the extension's folder."""
    PACKAGE_MISSING = "package_missing"
    """The import package that an entry point names cannot be found."""
    VERSION_MISMATCH = "version_mismatch"
    """The manifest's version is not the one of the installed distribution."""
    CORE_INCOMPATIBLE = "core_incompatible"
    """It needs another version of provisioning."""
    HOOK_API_INCOMPATIBLE = "hook_api_incompatible"
    """It was written for a hook interface that this version does not speak."""
    PYTHON_INCOMPATIBLE = "python_incompatible"
    """It needs another version of Python."""
    PLATFORM_UNSUPPORTED = "platform_unsupported"
    """It does not run on this operating system."""
    PROGRAM_MISSING = "program_missing"
    """A program that it is, or that it needs, is not installed here."""
    REQUIRES_MISSING = "requires_missing"
    """It needs another extension that is not there, not ready, or of another version."""
    CONFLICTS_WITH = "conflicts_with"
    """It says that it cannot stand beside another extension that is there."""
    NAME_CONFLICT = "name_conflict"
    """Another extension has the same name, and so the same provider type."""
    KIND_CONFLICT = "kind_conflict"
    """Another extension brings a kind of operation of the same name."""
    TEMPLATE_CONFLICT = "template_conflict"
    """Another extension brings a workflow template of the same name."""
    COMMAND_CONFLICT = "command_conflict"
    """Another extension brings a command of the same name."""
    ORDER_CIRCLE = "order_circle"
    """It comes after itself, by what it and others say under `after` and `requires`."""
    SECRETS_CONFLICT = "secrets_conflict"
    """Another extension brings a secret resolver of the same name."""
    ENGINE_CONFLICT = "engine_conflict"
    """Another extension brings an engine of the same type."""
    STORE_CONFLICT = "store_conflict"
    """Another extension brings a store for the same scheme."""
    DISABLED_BY_CONFIG = "disabled_by_config"
    """The configuration says that it is not used."""
    DISABLED_BY_DEFAULT = "disabled_by_default"
    """Its manifest says that it is used only where the configuration enables it."""
    DISABLED_BY_OPTION = "disabled_by_option"
    """An option of this one invocation leaves it out."""
    NOT_PREFERRED = "not_preferred"
    """The configuration prefers another extension of the same name."""
    IMPORT_FAILED = "import_failed"
    """Its code could not be imported, or the object that the manifest names is not there."""
    PLUGIN_FAILED = "plugin_failed"
    """Its plugin could not be made, or failed when it was asked what it brings."""
    ACTIVATION_FAILED = "activation_failed"
    """Its plugin failed when it was activated."""
    HOOKS_REJECTED = "hooks_rejected"
    """Its plugin does not fit the hook interface, or not what the manifest says of it."""
    CONFIG_SCHEMA_INVALID = "config_schema_invalid"
    """The JSON Schema of its configuration cannot be read, or is none."""
    CONFIG_INVALID = "config_invalid"
    """What is configured of it does not fit its schema; it can be used as soon as that is mended."""
    TEMPLATE_INVALID = "template_invalid"
    """A workflow template that it brings cannot be read, or is no workflow document."""
    VALIDATION_FAILED = "validation_failed"
    """It says itself what keeps it from working here."""


@dataclass(frozen=True, slots=True)
class ExtensionProblem:
    """One problem of one extension; `hint` says what to do."""

    code: ProblemCode
    message: str
    hint: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"code": str(self.code), "message": self.message, "hint": self.hint}
