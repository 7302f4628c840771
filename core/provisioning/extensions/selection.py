"""Which extensions are wanted: what the configuration and the options of one invocation say, before any import."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from provisioning.extensions.problem import ExtensionProblem, ProblemCode
from provisioning.extensions.record import ExtensionRecord

__all__ = ["Selection"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Names of extensions, in any spelling.

    `enabled` are used although their manifest says `default = "disabled"`, `disabled` are not used, and win. The rest
    is for one invocation: `safe_mode` leaves only what is bundled with provisioning, `only` what is bundled and the
    names in it (where there are any), and `without` leaves out the names in it.
    """

    enabled: Collection[str] = ()
    disabled: Collection[str] = ()
    without: Collection[str] = ()
    only: Collection[str] = ()
    safe_mode: bool = False

    def refusals(self, record: ExtensionRecord) -> Iterator[ExtensionProblem]:
        """Yield every reason for which an extension is not wanted."""
        name = record.name
        if _holds(self.disabled, name):
            hint = f"provisioning extension enable {name}"
            yield ExtensionProblem(ProblemCode.DISABLED_BY_CONFIG, "the configuration disables it", hint)
        elif not _is_on_by_default(record) and not _holds(self.enabled, name):
            why = "its manifest says that it is off until it is enabled"
            yield ExtensionProblem(ProblemCode.DISABLED_BY_DEFAULT, why, f"provisioning extension enable {name}")
        option = self._option_against(record)
        if option is not None:
            why = f"the option {option} leaves it out"
            yield ExtensionProblem(ProblemCode.DISABLED_BY_OPTION, why, f"leave out {option}")

    def _option_against(self, record: ExtensionRecord) -> str | None:
        if _holds(self.without, record.name):
            return f"--without {record.name}"
        if record.origin.is_bundled:
            return None
        if self.safe_mode:
            return "--safe-mode"
        if self.only and not _holds(self.only, record.name):
            return f"--only {' --only '.join(self.only)}"
        return None


def _is_on_by_default(record: ExtensionRecord) -> bool:
    return record.declared is None or record.declared.extension.default == "enabled"


def _holds(names: Collection[str], name: str) -> bool:
    return bool(names) and canonicalize_name(name) in {canonicalize_name(one) for one in names}
