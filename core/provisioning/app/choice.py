"""Which extensions one invocation may use, chosen before any of them is imported."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from provisioning.config import ExtensionsSettings, user_cache_folder, user_config_file
from provisioning.errors import ExtensionError
from provisioning.extensions import ExtensionRecord, ManifestIndex, Registry, Selection, Status, bundled_folder

__all__ = ["Choice", "extensions_folder"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What an invocation says of extensions: `safe_mode`, `without` and `only` as in `Selection`.

    With `strict` an extension that can neither be used nor is disabled is an error.
    """

    safe_mode: bool = False
    without: Sequence[str] = ()
    only: Sequence[str] = ()
    strict: bool = False

    def discover(self, settings: ExtensionsSettings, workspace: Path, explicit: Sequence[Path]) -> Registry:
        """Find every extension of a workspace and judge it.

        Raises `ExtensionNotFound` for a name that nobody has, and an `ExtensionError` that lists what `strict` refuses.
        """
        registry = self.find(settings, workspace, explicit)
        for name in (*self.without, *self.only):
            registry.get(name)
        if self.strict:
            _refuse(registry.records)
        return registry

    def find(self, settings: ExtensionsSettings, workspace: Path, explicit: Sequence[Path]) -> Registry:
        """Find every extension and judge it, and refuse nothing."""
        selection = Selection(settings.enabled, settings.disabled, self.without, self.only, self.safe_mode)
        return Registry.discover(
            bundled=bundled_folder(),
            explicit=explicit,
            project=extensions_folder(workspace),
            user=extensions_folder(user_config_file().parent),
            selection=selection,
            prefer=settings.prefer,
            index=ManifestIndex(user_cache_folder()),
        )


def extensions_folder(home: Path) -> Path:
    """Return where a workspace, or the folder of the user's own settings, keeps folder extensions."""
    return home / "extensions"


def _refuse(records: Sequence[ExtensionRecord]) -> None:
    broken = [record for record in records if not record.is_ready and record.status is not Status.DISABLED]
    if broken:
        reasons = [record.not_ready().message for record in broken]
        listing = "".join(f"\n  {reason}" for reason in reasons)
        raise ExtensionError(
            reasons[0] if len(reasons) == 1 else f"{len(reasons)} extensions cannot be used:{listing}",
            extension=broken[0].name,
            hint="mend or disable them, or leave out --strict",
            details={"extensions": [record.as_dict() for record in broken]},
        )
