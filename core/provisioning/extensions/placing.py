"""An extension's folder put among others, written anew, or taken away: at no moment is half of one found there."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePath

from provisioning.errors import ConfigurationError, ExtensionError
from provisioning.extensions.folder_tree import NOT_CONTENT

__all__ = ["place_folder", "remove_folder", "write_folder"]


def place_folder(source: Path, target: Path) -> None:
    """Copy a folder to `target`; what is there already is replaced as a whole, and a link there is never followed.

    Raises `ExtensionError` when that cannot be done; then what was there is there still.
    """
    with _aside(target) as aside:
        fresh, old = aside / "fresh", aside / "old"
        shutil.copytree(source, fresh, symlinks=True, ignore=shutil.ignore_patterns(*NOT_CONTENT))
        if os.path.lexists(target):
            target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            if os.path.lexists(old):
                old.rename(target)
            raise


def write_folder(target: Path, files: Mapping[PurePath, str]) -> None:
    """Write files, by their paths inside it, into a new folder.

    Raises `ConfigurationError` when something is there already, `ExtensionError` when it cannot be written; then there
    is no trace of it.
    """
    if os.path.lexists(target):
        raise ConfigurationError(f"{target} exists already", hint="take another name, or another folder with --into")
    with _aside(target) as aside:
        fresh = aside / "fresh"
        for path, text in files.items():
            (fresh / path).parent.mkdir(parents=True, exist_ok=True)
            (fresh / path).write_text(text, encoding="utf-8")
        fresh.rename(target)


def remove_folder(folder: Path) -> None:
    """Take a folder away, or the link that stands in its place; nothing behind a link is touched.

    Raises `ExtensionError` when that cannot be done.
    """
    with _aside(folder) as aside:
        gone = folder.rename(aside / "old")
        if gone.is_symlink():
            gone.unlink()
        else:
            shutil.rmtree(gone)


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """Make a place on the same disk, in which no extension is looked for; what is left there at the end is removed."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".aside-", dir=folder.parent))
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        where, why = _reason(error)
        raise ExtensionError(
            f"{where or folder}: cannot be changed: {why}",
            extension=folder.name,
            hint=f"check the permissions of {folder.parent} and of what is in it",
        ) from error


def _reason(error: OSError) -> tuple[object, object]:
    """Return what an error is about, and why: for a whole folder that could not be copied, its first file."""
    if isinstance(error, shutil.Error):
        source, _, why = error.args[0][0]
        return source, why
    return error.filename, error.strerror or error
