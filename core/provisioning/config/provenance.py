"""Where a setting comes from: the layer that won, and those it won over."""

from dataclasses import dataclass
from typing import Any

from provisioning.config.layers import Layer
from provisioning.errors import Problem

__all__ = ["Explanation", "Setting"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What one layer says about a key: the value as written there, a secret hidden."""

    layer: Layer
    value: Any
    file: str
    line: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"layer": self.layer.label, "value": self.value, "file": self.file, "line": self.line}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A key's final value and its history.

    `value` has its references resolved and secrets hidden; when that is not possible it is as written and `problem`
    says why. `settings` lists every layer that sets the key, strongest first.
    """

    key: str
    value: Any
    is_secret: bool
    settings: tuple[Setting, ...]
    problem: Problem | None = None

    @property
    def layer(self) -> Layer:
        """The layer that won."""
        return self.settings[0].layer

    @property
    def file(self) -> str:
        """The file in which the winning value is written, or what stands in for one."""
        return self.settings[0].file

    @property
    def line(self) -> int | None:
        """The line of the winning value, where there is one."""
        return self.settings[0].line

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "key": self.key,
            "value": self.value,
            "is_secret": self.is_secret,
            "settings": [setting.as_dict() for setting in self.settings],
            "problem": self.problem.as_dict() if self.problem else None,
        }
