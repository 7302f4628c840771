"""A shop for extensions: real folders as an author writes them, real distributions as an installer leaves them."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from provisioning.contract import HOOK_API
from provisioning.extensions import MANIFEST_FILE

__all__ = ["PLUGIN", "ExtensionShop", "manifest"]

PLUGIN = "class Plugin:\n    pass\n"
"""The code of a plugin that does nothing."""

_OBJECTS = {"hooks": "plugin:Plugin", "provider": "cloud:Cloud", "workflow": "plugin:Plugin"}


def manifest(
    name: str = "audit",
    *,
    version: str = "1.0",
    type: str = "hooks",  # noqa: A002 - the manifest's word
    entry: str | None = None,
    hook_api: int | str = HOOK_API,
    needs: str = "",
    more: str = "",
) -> str:
    """Return the text of an `extension.toml` that fits this provisioning.

    `entry` names its object (`plugin:Plugin`, of a provider `cloud:Cloud`). `needs` is TOML for further lines under
    `[compatibility]`, `more` for further tables at the end. A `workflow` without a `[workflow]` table brings one kind
    of operation, `<name>_kind`.
    """
    if type == "workflow" and "[workflow]" not in more:
        more += f'\n[workflow]\noperation_kinds = ["{name.replace("-", "_")}_kind"]\n'
    return f"""
[extension]
name = "{name}"
version = "{version}"
type = "{type}"

[compatibility]
provisioning = ">=1.0,<2"
hook_api = "{hook_api}"
{needs}

[entry_points]
{type} = "{entry or _OBJECTS[type]}"
{more}
"""


@dataclass(frozen=True)
class ExtensionShop:
    """Writes folder extensions under `root`, and distributions into `site`, a folder like `site-packages`.

    Texts of files may be indented as a whole, as they stand in a test.
    """

    root: Path
    site: Path

    def folder(
        self,
        name: str = "audit",
        text: str | None = None,
        files: Mapping[str, str] | None = None,
        under: str = "extensions",
    ) -> Path:
        """Make a folder extension and return its folder, `<root>/<under>/<name>`.

        `text` is its manifest, one of a hooks extension when left out; `files` are its other files by their paths in
        the folder. It has a `plugin.py` whose `Plugin` does nothing, unless `files` has one.
        """
        contents = {MANIFEST_FILE: manifest(name) if text is None else text, "plugin.py": PLUGIN, **(files or {})}
        return _written(self.root / under / name, contents)

    def package(
        self,
        name: str = "audit",
        text: str | None = None,
        files: Mapping[str, str] | None = None,
        *,
        version: str = "1.0",
        value: str | None = None,
        distribution: str | None = None,
    ) -> Path:
        """Make an installed distribution with an import package `ext_<name>`, and return the package's folder.

        `text` and `files` are as for a folder; the manifest names objects by their full path, like
        `ext_audit.plugin:Plugin`. `distribution` is the distribution's name, `provisioning-<name>` when left out, and
        `value` what its entry point names, when it is not the import package.
        """
        module = f"ext_{name.replace('-', '_')}"
        own = manifest(name, version=version, entry=f"{module}.plugin:Plugin") if text is None else text
        contents = {"__init__.py": "", MANIFEST_FILE: own, "plugin.py": PLUGIN, **(files or {})}
        self.distribution(distribution or f"provisioning-{name}", version, f"{name} = {value or module}")
        return _written(self.site / module, contents)

    def distribution(self, name: str, version: str, line: str) -> None:
        """Make the metadata of a distribution with one line in the entry-point group `provisioning.extensions`."""
        information = {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            "entry_points.txt": f"[provisioning.extensions]\n{line}\n",
        }
        _written(self.site / f"{name.replace('-', '_')}-{version}.dist-info", information)


def _written(folder: Path, contents: Mapping[str, str]) -> Path:
    for name, text in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    importlib.invalidate_caches()  # finders remember what a folder held a moment ago
    return folder
