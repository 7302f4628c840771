"""A health check: whether the disk has as much room as this workspace is to have."""

import shutil
from collections.abc import Sequence

from provisioning import CheckResult, ExtensionContext, HealthCheck, hookimpl

GIGABYTE = 1000**3


class Plugin:
    """Brings one check, which people see as `disk-room.room`."""

    @hookimpl
    def health_checks(self, context: ExtensionContext) -> Sequence[HealthCheck]:
        """Return the check; it looks when it is run."""

        def look() -> CheckResult:
            free, wanted = shutil.disk_usage(context.directory).free / GIGABYTE, context.options["gigabytes"]
            words = f"{free:.1f} GB are free in {context.directory}"
            if free >= wanted:
                return CheckResult.ok(words)
            return CheckResult.warning(f"{words}, and {wanted:g} are to be", "remove what nobody needs any more")

        return [HealthCheck("room", "Is there as much room as there is to be?", look)]
