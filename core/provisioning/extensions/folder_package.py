"""A folder extension as an import package of its own, under a name that no other folder has.

Two folders may both hold a `provider.py`; put on `sys.path`, the second one would get the first one's module. So each
folder is a package, named after the extension and the folder's path, and its modules import each other relatively.
"""

import hashlib
import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

__all__ = ["folder_package"]


def folder_package(name: str, folder: Path) -> str:
    """Make the package of an extension's folder known to the importer, once, and return its name.

    Runs the folder's `__init__.py` where there is one, and raises whatever that raises.
    """
    real = os.path.realpath(folder)
    digest = hashlib.sha256(os.fsencode(real)).hexdigest()[:12]
    package = f"provisioning_extension_{name.replace('-', '_')}_{digest}"
    if package not in sys.modules:
        spec = _spec(package, real)
        module = sys.modules[package] = module_from_spec(spec)
        try:
            if spec.loader is not None:
                spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[package]
            raise
    return package


def _spec(package: str, folder: str) -> ModuleSpec:
    init = Path(folder) / "__init__.py"
    if init.is_file():
        found = spec_from_file_location(package, init, submodule_search_locations=[folder])
        assert found is not None  # noqa: S101 - a .py file always has a loader
        return found
    spec = ModuleSpec(package, None, is_package=True)
    spec.submodule_search_locations = [folder]
    return spec
