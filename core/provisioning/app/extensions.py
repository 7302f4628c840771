"""The extensions of an opened workspace: examined, switched on and off, installed, frozen, and their commands."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from provisioning.app.command import ExtensionCommand
from provisioning.app.examining import examined
from provisioning.app.installing import Installed, InstallPlan, brought, install, plan_install
from provisioning.app.parts import Parts
from provisioning.app.restoring import RestorePlan, plan_restore, restore
from provisioning.app.switching import switch
from provisioning.app.uninstalling import Removal, plan_uninstall, uninstall
from provisioning.contract import HealthCheck
from provisioning.extensions import Examination, ExtensionRecord, Frozen, Registry, Say, brought_by_name, silent

__all__ = ["Extensions"]


class Extensions:
    """What one may do with extensions; `App.registry` is what is known of them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def examine(self, record: ExtensionRecord, *, with_code: bool = False) -> Examination:
        """Return everything that is wrong with an extension and its options, without importing it.

        `with_code` imports it too, and asks it what keeps it from working here.
        """
        return examined(record, self._parts.configuration, self._parts.options, with_code=with_code)

    def enable(self, name: str, *, for_user: bool = False) -> Path:
        """Write that an extension is used, here or `for_user` in all workspaces; return the file.

        It holds from the next time that a workspace is opened. Raises `ExtensionNotFound`.
        """
        return switch(self._parts.configured.written, self._parts.registry, name, is_on=True, for_user=for_user)

    def disable(self, name: str, *, for_user: bool = False) -> Path:
        """Write that an extension is not used; as `enable`."""
        return switch(self._parts.configured.written, self._parts.registry, name, is_on=False, for_user=for_user)

    def command(
        self, name: str, *, output: Literal["table", "json"] = "table", program: str | None = None
    ) -> ExtensionCommand:
        """Return a command of an extension, imported, its extension's options checked; nothing is activated.

        `program` is the command as it was called. Raises `ExtensionError` when it cannot be had, `ConfigurationError`
        for options that do not fit.
        """
        record = self._parts.registry.find_command(name)
        options = self._parts.configured.options_for(record).of_extension(record)
        program = program or f"provisioning {name}"
        return ExtensionCommand.load(record, name, options, self._parts.workspace, output=output, program=program)

    def plan_install(
        self, requirements: Sequence[str], *, upgrade: bool = False, for_user: bool = False
    ) -> InstallPlan:
        """Return what installing extensions would change, by the dry run of pip or uv, changing nothing.

        A requirement is what pip takes, or the path of a folder with an `extension.toml` and no `pyproject.toml`,
        which would be copied into the workspace's `extensions/` (`for_user`: into the user's). Raises
        `InstallerFailed`, and `ConfigurationError` for a folder that is there already unless `upgrade`.
        """
        parts = self._parts
        home = parts.home(for_user=for_user)
        return plan_install(requirements, home, parts.find_installer, upgrade=upgrade, folders_only=for_user)

    def install(self, plan: InstallPlan, *, say: Say = silent) -> Installed:
        """Carry out what `plan_install` returned, and return what was brought, found anew and not imported.

        `say` takes each line that pip or uv writes. This application goes on with the extensions that it was opened
        with. Raises `InstallerFailed`, `ExtensionError`.
        """
        install(plan, self._parts.find_installer, say)
        return brought(plan, self._parts.rediscover())

    def plan_uninstall(self, name: str, *, origin: str | None = None) -> Removal:
        """Return what uninstalling an extension would take away, without importing it.

        `origin` says which is meant of several of one name, as in `extensions.prefer`. Raises `ExtensionNotFound`,
        `ExtensionNotRemovable`.
        """
        holders = [self._parts.home(for_user=False), self._parts.home(for_user=True)]
        return plan_uninstall(self._parts.registry, name, origin, holders=holders)

    def uninstall(self, removal: Removal, *, say: Say = silent) -> None:
        """Carry out what `plan_uninstall` returned; raises `InstallerFailed`, `ExtensionError`."""
        uninstall(removal, self._parts.find_installer, say)

    def freeze(self) -> Frozen:
        """Return the extensions that can be used or are disabled, with their exact versions, as a value.

        Raises `ConfigurationError` for a folder that cannot be read.
        """
        return Frozen.of(self._parts.registry.records, self._parts.workspace)

    def plan_restore(self, frozen: Frozen, *, prune: bool = False) -> RestorePlan:
        """Return what has to change until the extensions are those that were frozen; nothing, when they are.

        With `prune` extension packages that are not in it are uninstalled. Raises `InstallerFailed` where the packages
        cannot be had.
        """
        return plan_restore(frozen, self._parts.registry, self._parts.find_installer, prune=prune)

    def restore(self, plan: RestorePlan, *, say: Say = silent) -> None:
        """Carry out what `plan_restore` returned; raises `InstallerFailed`, `ExtensionError`."""

        def switch_one(registry: Registry, name: str, is_on: bool) -> None:
            switch(self._parts.configured.written, registry, name, is_on=is_on, for_user=False)

        restore(plan, self._parts.find_installer, self._parts.rediscover, switch_one, say)

    def health_checks(self, record: ExtensionRecord) -> Mapping[str, HealthCheck]:
        """Import an extension and return its health checks by the names that its manifest declares.

        Raises an `ExtensionError` when it cannot be had, or brings others than it declares.
        """
        declared = record.manifest.health.checks
        service = self._parts.plugins.service(record)
        return brought_by_name(record, "health.checks", declared, service.health_checks, lambda check: check.id)
