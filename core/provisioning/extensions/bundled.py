"""Where the folder extensions are that come with provisioning itself, off until they are enabled."""

from pathlib import Path

__all__ = ["bundled_folder"]

_PACKAGE = Path(__file__).parents[1]


def bundled_folder(package: Path = _PACKAGE) -> Path | None:
    """Return the folder that holds the bundled extensions; None where the distribution was taken apart.

    `package` is the folder of the import package `provisioning`. A wheel carries the extensions inside it; in a
    checkout, which an editable installation uses too, they stand at the top of the repository.
    """
    inside = package / "_extensions"
    if inside.is_dir():
        return inside
    root = package.parents[1]
    is_checkout = package.parent.name == "core" and (root / "pyproject.toml").is_file()
    return root / "extensions" if is_checkout and (root / "extensions").is_dir() else None
