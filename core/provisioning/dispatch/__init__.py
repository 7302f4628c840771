"""Where every hook call goes through: typed, checked, and never able to answer for somebody else."""

from provisioning.dispatch.brought import kinds_of
from provisioning.dispatch.extension_handle import ExtensionHandle
from provisioning.dispatch.guards import Guards
from provisioning.dispatch.hook import Hook, all_hooks, hooks_of
from provisioning.dispatch.hook_set import HookSet, Wrapper, described
from provisioning.dispatch.json_schema import JsonSchema
from provisioning.dispatch.kind_handle import KindHandle
from provisioning.dispatch.observers import Observers
from provisioning.dispatch.provider_handle import ProviderHandle
from provisioning.dispatch.registration import (
    CAPABILITY_HOOKS,
    MANDATORY_HOOKS,
    check_handler,
    check_plugin,
    check_provider,
    implemented_hooks,
)
from provisioning.dispatch.routes import parts_of
from provisioning.dispatch.service import Service
from provisioning.dispatch.times import Phase, Times

__all__ = [
    "CAPABILITY_HOOKS",
    "MANDATORY_HOOKS",
    "ExtensionHandle",
    "Guards",
    "Hook",
    "HookSet",
    "JsonSchema",
    "KindHandle",
    "Observers",
    "Phase",
    "ProviderHandle",
    "Service",
    "Times",
    "Wrapper",
    "all_hooks",
    "check_handler",
    "check_plugin",
    "check_provider",
    "described",
    "hooks_of",
    "implemented_hooks",
    "kinds_of",
    "parts_of",
]
