"""What happens to one distribution of the environment."""

from dataclasses import dataclass
from typing import Any

from packaging.version import InvalidVersion, Version

__all__ = ["Change"]


@dataclass(frozen=True, slots=True)
class Change:
    """A distribution by its normalised name, its version before (None: not there) and afterwards (None: gone).

    Where the installer does not tell the new version, as for one from a URL, that URL stands in its place.
    """

    distribution: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        match self.before, self.after:
            case None, _:
                return f"install {self.distribution} {self.after}"
            case _, None:
                return f"uninstall {self.distribution} {self.before}"
            case same, other if same == other:
                return f"install {self.distribution} {self.after} again"
        verb = "downgrade" if self.is_downgrade else "change"
        return f"{verb} {self.distribution} from {self.before} to {self.after}"

    @property
    def is_downgrade(self) -> bool:
        """Whether the version afterwards is lower than the one before."""
        try:
            return Version(self.after or "") < Version(self.before or "")
        except InvalidVersion:
            return False

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "distribution": self.distribution,
            "before": self.before,
            "after": self.after,
            "is_downgrade": self.is_downgrade,
        }
