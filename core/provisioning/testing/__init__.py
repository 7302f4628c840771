"""The kit for authors of extensions: real extensions made on the spot, an isolated workspace, and conformance suites.

It needs pytest (`pip install 'provisioning[testing]'`), which finds its fixtures by itself: `make_extension`,
`isolated_registry` and `isolated_workspace`. A name is loaded when it is first used, so that a pytest run which uses
none of them pays for none.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provisioning.testing.command import CommandResult, run_command
    from provisioning.testing.conformance import EngineConformance, ProviderConformance, ProviderSetup, Trial, Trouble
    from provisioning.testing.extension_shop import ExtensionShop, manifest
    from provisioning.testing.imports import assert_no_import, imported_by
    from provisioning.testing.workspace import IsolatedWorkspace

__all__ = [
    "CommandResult",
    "EngineConformance",
    "ExtensionShop",
    "IsolatedWorkspace",
    "ProviderConformance",
    "ProviderSetup",
    "Trial",
    "Trouble",
    "assert_no_import",
    "imported_by",
    "manifest",
    "run_command",
]

_MODULES = {
    "command": ("CommandResult", "run_command"),
    "conformance": ("EngineConformance", "ProviderConformance", "ProviderSetup", "Trial", "Trouble"),
    "extension_shop": ("ExtensionShop", "manifest"),
    "imports": ("assert_no_import", "imported_by"),
    "workspace": ("IsolatedWorkspace",),
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
