"""Plugin-first infrastructure provisioning: what an author of extensions needs, and the version.

Everything of `provisioning.contract` and `provisioning.errors` can be imported from here; it is loaded when it is first
used, so that the command line starts quickly. Who embeds the whole program imports `provisioning.app`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from provisioning._version import __version__

if TYPE_CHECKING:
    from provisioning.contract import *  # noqa: F403
    from provisioning.errors import *  # noqa: F403

__all__ = ["__version__"]

_PUBLIC = ("provisioning.errors", "provisioning.contract")


def __getattr__(name: str) -> Any:
    if not name.startswith("_"):
        for module in map(import_module, _PUBLIC):
            if name in module.__all__:
                return getattr(module, name)
    raise AttributeError(f"module 'provisioning' has no attribute {name!r}")


def __dir__() -> list[str]:
    names = {name for module in map(import_module, _PUBLIC) for name in module.__all__}
    return sorted(names | set(__all__))
