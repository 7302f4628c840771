"""What is imported, watched: how a test holds that listing, help or a plan import no code of an extension."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

__all__ = ["assert_no_import", "forget", "imported_by"]

_TIMED = "import time:"


@contextmanager
def assert_no_import(*what: str | Path) -> Iterator[None]:
    """Assert that nothing inside the `with` block imports any of `what`.

    A text is a module's name, which stands for what is in that package too; a path is a folder, which stands for every
    module whose file is in it. An import counts when it fails or is caught as well, and when the module had been
    imported before. Raises `AssertionError` at the end of the block, naming the modules. It sees this process alone;
    `imported_by` asks another one.
    """
    watch = _Watch(what)
    before = {name: module for name, module in list(sys.modules.items()) if watch.concerns(name, module)}
    for name in before:
        del sys.modules[name]
    sys.meta_path.insert(0, watch)
    try:
        yield
    finally:
        sys.meta_path.remove(watch)
        imported = [name for name, module in list(sys.modules.items()) if watch.concerns(name, module)]
        for name in imported:
            del sys.modules[name]
        _put_back(before)
    seen = sorted({*watch.seen, *imported})
    if seen:
        raise AssertionError(f"imported, and should not have been: {', '.join(seen)}")


def imported_by(*arguments: str) -> frozenset[str]:
    """Return the names of the modules that `python ARGUMENTS...` imports, in a process of its own.

    `imported_by("-m", "provisioning", "--help")`. How the program ends is of no matter. What the interpreter itself
    needs to start is among them. Raises `subprocess.TimeoutExpired` after a minute.
    """
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith(_TIMED)]
    return frozenset(line.rpartition("|")[2].strip() for line in lines[1:])


def forget(folder: Path) -> None:
    """Forget every module that was imported from a folder, which is about to go away."""
    roots = _roots([folder])
    for name in [name for name, module in list(sys.modules.items()) if _is_in(roots, _files(module))]:
        del sys.modules[name]


class _Watch:
    """A finder that finds nothing, and notes who is looked for."""

    def __init__(self, what: Sequence[str | Path]) -> None:
        self._names = [one for one in what if isinstance(one, str)]
        self._roots = _roots(one for one in what if isinstance(one, Path))
        self.seen: set[str] = set()

    def find_spec(self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None) -> None:
        if self._is_named(name) or (self._roots and self._is_there(PathFinder.find_spec(name, path))):
            self.seen.add(name)

    def concerns(self, name: str, module: ModuleType) -> bool:
        return self._is_named(name) or _is_in(self._roots, _files(module))

    def _is_named(self, name: str) -> bool:
        return any(name == one or name.startswith(f"{one}.") for one in self._names)

    def _is_there(self, spec: ModuleSpec | None) -> bool:
        places = [] if spec is None else [spec.origin, *(spec.submodule_search_locations or ())]
        return _is_in(self._roots, places)


def _put_back(modules: Mapping[str, ModuleType]) -> None:
    sys.modules.update(modules)
    for name, module in modules.items():
        package, _, own = name.rpartition(".")
        if package in sys.modules:  # an import sets a module as an attribute of its package as well
            setattr(sys.modules[package], own, module)


def _files(module: ModuleType) -> list[object]:
    """Return where a module is; a stranger's may answer anything, or be anything."""
    own = getattr(module, "__dict__", {})
    paths = own.get("__path__")
    return [own.get("__file__"), *(paths if isinstance(paths, list) else ())]


def _roots(folders: Iterable[Path]) -> tuple[str, ...]:
    """Return the beginnings of the paths of what is in some folders, as they are written and as they really are."""
    return tuple(f"{path}{os.sep}" for folder in folders for path in (folder.absolute(), folder.resolve()))


def _is_in(roots: tuple[str, ...], places: Iterable[object]) -> bool:
    return any(isinstance(place, str) and f"{place}{os.sep}".startswith(roots) for place in places)
