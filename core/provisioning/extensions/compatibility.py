"""Whether an extension fits what is here: provisioning, the hook interface, Python, the platform, and programs."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

from provisioning._version import __version__
from provisioning.bridge import find_program, sandbox_problem
from provisioning.contract import HOOK_API, HOOK_API_FLOOR
from provisioning.extensions.manifest import Manifest
from provisioning.extensions.problem import ExtensionProblem, ProblemCode

__all__ = ["Surroundings", "compatibility_problems", "satisfies"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an extension has to fit; by default, what is really here. `platform` is `sys.platform`."""

    core: str = __version__
    hook_api: int = HOOK_API
    hook_api_floor: int = HOOK_API_FLOOR
    python: str = ".".join(map(str, sys.version_info[:3]))
    platform: str = sys.platform


def compatibility_problems(manifest: Manifest, folder: Path, here: Surroundings) -> Iterator[ExtensionProblem]:
    """Yield everything that does not fit an extension in `folder`, each as "you have X, it needs Y"."""
    needs = manifest.compatibility
    if not satisfies(here.core, needs.provisioning):
        yield ExtensionProblem(
            ProblemCode.CORE_INCOMPATIBLE,
            f"you have provisioning {here.core}, it needs {needs.provisioning}",
            "install a version of the extension, or of provisioning, that fits the other",
        )
    yield from _hook_api(int(needs.hook_api), here)
    if not satisfies(here.python, needs.python):
        yield ExtensionProblem(
            ProblemCode.PYTHON_INCOMPATIBLE,
            f"you have Python {here.python}, it needs {needs.python}",
            "use an interpreter that it works with",
        )
    if needs.platforms and here.platform not in needs.platforms:
        yield ExtensionProblem(
            ProblemCode.PLATFORM_UNSUPPORTED,
            f"you have the platform {here.platform}, it needs {' or '.join(needs.platforms)}",
            "it cannot be used on this machine",
        )
    yield from _programs(manifest, folder)


def _hook_api(needed: int, here: Surroundings) -> Iterator[ExtensionProblem]:
    if here.hook_api_floor <= needed <= here.hook_api:
        return
    have = f"{here.hook_api_floor} to {here.hook_api}" if here.hook_api_floor < here.hook_api else f"{here.hook_api}"
    newer = "provisioning" if needed > here.hook_api else "the extension"
    yield ExtensionProblem(
        ProblemCode.HOOK_API_INCOMPATIBLE,
        f"you have the hook interface {have}, it needs {needed}",
        f"install a newer version of {newer}",
    )


def _programs(manifest: Manifest, folder: Path) -> Iterator[ExtensionProblem]:
    """Yield every program that it needs and that is not here; none is run."""
    targets = manifest.programs().values()
    names = [*(target.command[0] for target in targets), *manifest.compatibility.programs]
    for name in dict.fromkeys(names):
        if find_program(name, folder) is None:
            yield ExtensionProblem(ProblemCode.PROGRAM_MISSING, *_missing(name))
    if any(target.sandbox for target in targets) and (why := sandbox_problem()) is not None:
        yield ExtensionProblem(ProblemCode.PROGRAM_MISSING, why, "install bubblewrap, or use it where there is one")


def _missing(name: str) -> tuple[str, str]:
    if "/" in name:
        return (
            f"it needs its program {name}, which is not there or cannot be executed",
            "build it, as the extension's README says",
        )
    return f"it needs the program {name}, which is not in PATH", f"install {name}, or add its folder to PATH"


@lru_cache(maxsize=256)  # most extensions say the same, and all of them are asked
def satisfies(version: str, specifiers: str) -> bool:
    """Whether a version is in a range (PEP 440), where a pre-release counts as the release that it leads to.

    So 1.0.0a1 satisfies `>=1.0`, which by the letter it does not: whoever tries a pre-release wants to try it with
    the extensions that there are. It still does not satisfy `>=1.0.0a2`, which speaks of pre-releases itself, nor
    `<1.0`.
    """
    return all(_satisfies(Version(version), specifier) for specifier in SpecifierSet(specifiers))


def _satisfies(version: Version, specifier: Specifier) -> bool:
    if specifier.contains(version, prereleases=True):
        return True
    if not version.is_prerelease or specifier.operator not in (">=", "~="):
        return False
    return not Version(specifier.version).is_prerelease and specifier.contains(version.base_version)
