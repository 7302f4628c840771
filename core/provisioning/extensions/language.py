"""The languages that a new extension can be begun in, and how a program in each of them is run."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from provisioning.extensions.extension_type import ExtensionType

__all__ = ["RECIPES", "Language", "Recipe"]


class Language(StrEnum):
    """What a new extension is written in."""

    PYTHON = "python"
    """A package with an entry point, for pip."""
    NUSHELL = "nushell"
    """A folder with a program, run by `nu`."""
    BASH = "bash"
    """A folder with a program, run by `bash`, with the help of `jq`."""
    NODE = "node"
    """A folder with a program, run by `node`."""
    RUST = "rust"
    """A folder with a program, built by `cargo`."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a program is run: its command, in which `{}` stands for its name, what it calls, and how it is built."""

    command: tuple[str, ...]
    programs: tuple[str, ...] = ()
    build: str | None = None

    def words(self, kind: ExtensionType) -> list[str]:
        """Return the command of an extension of a type, as its manifest holds it."""
        return [word.format(_NAMES[kind]) for word in self.command]


_NAMES = {ExtensionType.PROVIDER: "provider", ExtensionType.WORKFLOW: "kinds", ExtensionType.HOOKS: "hooks"}

RECIPES: Mapping[Language, Recipe] = {
    Language.NUSHELL: Recipe(("nu", "--no-config-file", "--stdin", "{}.nu")),
    Language.BASH: Recipe(("bash", "{}.sh"), programs=("jq",)),
    Language.NODE: Recipe(("node", "{}.js")),
    Language.RUST: Recipe(("target/release/program",), build="cargo build --release"),
}
"""Every language but Python, whose extensions are packages."""
