"""Makes extensions: what an author writes, and what an installer leaves of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PLUGIN", "PROVIDER", "Shop", "manifest"]

PLUGIN = "class Plugin:\n    pass\n"
"""The code of a hooks plugin that does nothing."""

PROVIDER = (
    "class Cloud:\n    def __init__(self, name, config):\n        self.name = name\n        self.config = config\n"
)
"""The code of a provider's class."""

_ROLE_OBJECT = {"hooks": "plugin:Plugin", "provider": "cloud:Cloud", "workflow": "plugin:Plugin"}


def manifest(
    name: str = "audit",
    *,
    version: str = "1.0",
    type: str = "hooks",  # noqa: A002 - the manifest's word
    needs: str = "",
    entry: str | None = None,
    more: str = "",
) -> str:
    """Return a manifest that fits, with further lines under [compatibility] and at the end."""
    if type == "workflow" and "[workflow]" not in more:
        more += f'\n[workflow]\noperation_kinds = ["{name.replace("-", "_")}_kind"]\n'
    return f"""
[extension]
name = "{name}"
version = "{version}"
type = "{type}"

[compatibility]
provisioning = ">=1.0,<2"
hook_api = "3"
{needs}

[entry_points]
{type} = "{entry or _ROLE_OBJECT[type]}"
{more}
"""


@dataclass
class Shop:
    """Writes folder extensions under `root`, and distributions into `site`."""

    root: Path
    site: Path

    def folder(
        self,
        name: str = "audit",
        text: str | None = None,
        files: Mapping[str, str] | None = None,
        under: str = "extensions",
    ) -> Path:
        """Make a folder extension and return the folder that holds it."""
        folder = self.root / under / name
        contents = {"extension.toml": manifest(name) if text is None else text, "plugin.py": PLUGIN, **(files or {})}
        _write(folder, contents)
        return folder.parent

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
        """Make an installed distribution with an import package and return the package's folder."""
        module = f"ext_{name.replace('-', '_')}"
        entry = f"{module}.plugin:Plugin"
        contents = {
            "__init__.py": "",
            "extension.toml": manifest(name, version=version, entry=entry) if text is None else text,
            "plugin.py": PLUGIN,
            **(files or {}),
        }
        _write(self.site / module, contents)
        self.distribution(distribution or f"provisioning-{name}", version, f"{name} = {value or module}")
        return self.site / module

    def distribution(self, name: str, version: str, line: str) -> None:
        """Make the metadata of a distribution with one line in our group of entry points."""
        info = {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            "entry_points.txt": f"[provisioning.extensions]\n{line}\n",
        }
        _write(self.site / f"{name.replace('-', '_')}-{version}.dist-info", info)


def _write(folder: Path, contents: Mapping[str, str]) -> None:
    for name, text in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
