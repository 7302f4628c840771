"""The three formats in which a document may be written."""

from enum import StrEnum
from pathlib import PurePath

from provisioning.errors import ConfigurationError

__all__ = ["Format"]


class Format(StrEnum):
    """A document's format; the file's suffix decides it."""

    TOML = "toml"
    """`.toml`: what the project itself writes."""
    YAML = "yaml"
    """`.yaml` or `.yml`: the safe subset, one document in a file."""
    JSON = "json"
    """`.json`: as RFC 8259 has it, so no NaN and no Infinity."""

    @property
    def label(self) -> str:
        """The format's name as people write it."""
        return self.value.upper()

    @classmethod
    def of(cls, name: str) -> "Format":
        """Return the format that the suffix of `name` stands for; raises ConfigurationError for any other."""
        suffix = PurePath(name).suffix.lower()
        found = _SUFFIXES.get(suffix)
        if found is None:
            what = f"the suffix {suffix!r} stands for no known format" if suffix else "no suffix tells its format"
            raise ConfigurationError(
                f"{name}: {what}", hint="name the file .toml, .yaml (or .yml) or .json, after what is in it"
            )
        return found


_SUFFIXES = {".toml": Format.TOML, ".yaml": Format.YAML, ".yml": Format.YAML, ".json": Format.JSON}
