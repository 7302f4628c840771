"""The beginning of an extension: everything that a new one needs, written into a folder of its own."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath, PurePosixPath
from shlex import quote
from string import Template

from packaging.version import Version

from provisioning._version import __version__
from provisioning.contract import HOOK_API
from provisioning.errors import ConfigurationError
from provisioning.extensions.extension_type import ExtensionType
from provisioning.extensions.language import RECIPES, Language
from provisioning.extensions.placing import write_folder

__all__ = ["Skeleton"]

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ENDING = ".tmpl"
_HIDDEN = "dot-"
_DESCRIPTIONS = {
    ExtensionType.PROVIDER: "Servers of a made-up cloud",
    ExtensionType.WORKFLOW: "A kind of operation that keeps notes",
    ExtensionType.HOOKS: "A guard that denies kinds of operations, and an observer that writes events down",
}


class _Form(Template):
    """A text with `@@words`: the languages use every shorter sign themselves."""

    delimiter = "@@"


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A new extension, not written yet. Raises `ConfigurationError` when its name cannot be one."""

    name: str
    type: ExtensionType
    language: Language

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            hint = "use lower-case letters, digits and single hyphens, a letter first, as in my-cloud"
            raise ConfigurationError(f"{self.name!r} cannot be the name of a new extension", hint=hint)

    @property
    def folder_name(self) -> str:
        """What its folder is called: for a package the distribution's name, else the extension's."""
        return f"provisioning-{self.name}" if self.language is Language.PYTHON else self.name

    def files(self) -> dict[PurePath, str]:
        """Return what it consists of, by the path inside its folder."""
        words = self._words()
        home = files("provisioning.extensions.skeletons")
        found: dict[PurePath, str] = {}
        for layer in self._layers():
            for path, form in _forms(home / layer, PurePosixPath()):
                found[PurePosixPath(_Form(str(path)).substitute(words))] = _Form(form).substitute(words)
        return dict(sorted(found.items()))

    def _layers(self) -> Iterator[str]:
        """Yield the folders that its files come from: those of its type, of its language, and of both."""
        families = ("python",) if self.language is Language.PYTHON else ("program", self.language)
        yield f"any-{self.type}"
        for family in families:
            yield family
            yield f"{family}-{self.type}"

    def write(self, into: Path) -> Path:
        """Write it into a new folder inside `into`, whole or not at all; return that folder.

        Raises `ConfigurationError` when something of that name is there, `ExtensionError` when it cannot be written.
        """
        folder = into / self.folder_name
        write_folder(folder, self.files())
        return folder

    def next_steps(self, folder: Path) -> list[str]:
        """Return the commands with which its author goes on."""
        enter = f"cd {quote(str(folder))}"
        if self.language is Language.PYTHON:
            return [enter, "pip install -e '.[testing]'", "pytest"]
        build = RECIPES[self.language].build
        path = str(folder) if folder.is_absolute() else f"./{folder}"  # a word without a slash would be a package
        return [enter, *([build] if build else []), "pytest", f"cd - && provisioning extension install {quote(path)}"]

    def _words(self) -> Mapping[str, str]:
        version = Version(__version__)
        below = f"<{version.major + 1}"
        identifier = self.name.replace("-", "_")
        words = {
            "name": self.name,
            "distribution": f"provisioning-{self.name}",
            "package": f"provisioning_{identifier}",
            "camel": "".join(part.capitalize() for part in self.name.split("-")),
            "constant": identifier.upper(),
            "kind": f"{identifier}_note",
            "description": _DESCRIPTIONS[self.type],
            "dependency": f">={version.public},{below}",
            "compatible": f">={version.major}.{version.minor},{below}",
            "hook_api": str(HOOK_API),
        }
        return {**words, **self._own_words(words["package"])}

    def _own_words(self, package: str) -> Mapping[str, str]:
        """Return the words of a package, or those of a folder with a program."""
        if self.language is Language.PYTHON:
            return {"home": package, "extension": json.dumps(self.name)}
        recipe = RECIPES[self.language]
        command = recipe.words(self.type)
        return {
            "home": ".",
            "extension": "Path(__file__).parents[1]",
            "command": json.dumps(command),
            "run": " ".join(command),
            "programs": json.dumps(list(recipe.programs)),
            "build": f"{recipe.build}\n" if recipe.build else "",
        }


def _forms(folder: Traversable, inside: PurePosixPath) -> Iterator[tuple[PurePosixPath, str]]:
    """Yield the files of one layer, each with its path without the ending; a layer that is not there has none."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir():
            yield from _forms(entry, inside / entry.name)
        elif entry.name.endswith(_ENDING):
            name = entry.name.removesuffix(_ENDING)
            name = f".{name.removeprefix(_HIDDEN)}" if name.startswith(_HIDDEN) else name
            yield inside / name, entry.read_text(encoding="utf-8")
