"""Where an extension comes from: an installed package, or a folder that somebody pointed at."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from provisioning.extensions.distributions import OURS

__all__ = ["Origin", "OriginKind"]


class OriginKind(StrEnum):
    """The ways in which an extension gets here."""

    PACKAGE = "package"
    """An installed distribution names it in the entry-point group `provisioning.extensions`."""
    FOLDER_BUNDLED = "folder_bundled"
    """A folder that comes with provisioning itself."""
    FOLDER_EXPLICIT = "folder_explicit"
    """A folder given by an option or by the configuration."""
    FOLDER_PROJECT = "folder_project"
    """A folder in the workspace's `extensions`."""
    FOLDER_USER = "folder_user"
    """A folder among the user's own extensions."""

    @property
    def is_folder(self) -> bool:
        """Whether the extension is a folder and not a package."""
        return self is not OriginKind.PACKAGE


_WORDS = {
    OriginKind.FOLDER_BUNDLED: "bundled folder",
    OriginKind.FOLDER_EXPLICIT: "folder",
    OriginKind.FOLDER_PROJECT: "project folder",
    OriginKind.FOLDER_USER: "user folder",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """The place of one extension: `folder` for a folder, `distribution` and its version for a package."""

    kind: OriginKind
    folder: Path | None = None
    distribution: str | None = None
    distribution_version: str | None = None

    def __str__(self) -> str:
        if self.kind is OriginKind.PACKAGE:
            return f"package {self.distribution} {self.distribution_version}"
        return f"{_WORDS[self.kind]} {self.folder}"

    @property
    def is_bundled(self) -> bool:
        """Whether it is part of the distribution `provisioning` itself."""
        return self.kind is OriginKind.FOLDER_BUNDLED or self.distribution == OURS

    def is_meant_by(self, words: str) -> bool:
        """Whether a `prefer` setting names this origin.

        It may be `package`, `folder`, one of the kinds (`folder_project`), a distribution's name or a folder's path.
        """
        if words in (self.kind.value, "folder" if self.kind.is_folder else "package", self.distribution):
            return True
        return self.folder is not None and Path(words).expanduser().resolve() == self.folder.resolve()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the origin of which this is the JSON form."""
        folder = data["folder"]
        return cls(
            OriginKind(data["kind"]),
            None if folder is None else Path(folder),
            data["distribution"],
            data["distribution_version"],
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "kind": str(self.kind),
            "folder": None if self.folder is None else str(self.folder),
            "distribution": self.distribution,
            "distribution_version": self.distribution_version,
        }
