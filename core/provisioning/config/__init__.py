"""Configuration: layers laid over each other, each value with its place, references resolved when they are read."""

from provisioning.config.configuration import Configuration
from provisioning.config.draft import Draft
from provisioning.config.editing import Change, edit_lists
from provisioning.config.layers import Layer, LayerDocument, Place
from provisioning.config.loader import ENVIRONMENT_VARIABLE, load, read_draft
from provisioning.config.provenance import Explanation, Setting
from provisioning.config.redaction import MASK, Redactor
from provisioning.config.reserved import CORE_ENGINE, CORE_SCHEME, REFERENCE_ROOTS
from provisioning.config.secret import looks_secret
from provisioning.config.settings import (
    EngineSettings,
    ExtensionsSettings,
    ProviderSettings,
    RetrySettings,
    StoreSettings,
    WorkflowSettings,
    config_schema,
)
from provisioning.config.source_layer import source_layer
from provisioning.config.starter import write_starter
from provisioning.config.surroundings import Resolver
from provisioning.config.workspace import (
    DEFAULTS_FILE,
    USER_FILE,
    find_workspace,
    user_cache_folder,
    user_config_file,
)
from provisioning.config.written import written_value

__all__ = [
    "CORE_ENGINE",
    "CORE_SCHEME",
    "DEFAULTS_FILE",
    "ENVIRONMENT_VARIABLE",
    "MASK",
    "REFERENCE_ROOTS",
    "USER_FILE",
    "Change",
    "Configuration",
    "Draft",
    "EngineSettings",
    "Explanation",
    "ExtensionsSettings",
    "Layer",
    "LayerDocument",
    "Place",
    "ProviderSettings",
    "Redactor",
    "Resolver",
    "RetrySettings",
    "Setting",
    "StoreSettings",
    "WorkflowSettings",
    "config_schema",
    "edit_lists",
    "find_workspace",
    "load",
    "looks_secret",
    "read_draft",
    "source_layer",
    "user_cache_folder",
    "user_config_file",
    "write_starter",
    "written_value",
]
