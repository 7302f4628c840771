"""What is looked at in one workspace: its folder and disk, its configuration, journal, extensions and providers."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from provisioning.app.run import is_driven
from provisioning.contract import CheckResult, HealthCheck, OperationContext, RunRecord, RunState
from provisioning.extensions import STATUS_CHECK, ExtensionRecord, Status
from provisioning.store import check_quickly

if TYPE_CHECKING:
    from provisioning.app.application import App

__all__ = ["configuration_check", "extension_checks", "workspace_checks"]

_ENOUGH, _LEAST = 1000**3, 100 * 1000**2
"""Bytes of room on the disk: less than the one is worth a word, less than the other stops runs soon."""

_AHEAD = 60.0
"""Seconds by which the journal may be ahead of the clock: machines that share one agree no better."""

_ACTIVE = (RunState.RUNNING, RunState.ROLLING_BACK)


def workspace_checks(app: "App", journal_file: Path | None, patience: float) -> Iterator[HealthCheck]:
    """Yield the checks of a workspace whose configuration can be read.

    `journal_file` is where the core's own journal is kept, None for a store of an extension; `patience` is how many
    seconds a provider has to answer.
    """
    yield HealthCheck("core.workspace", "Can the workspace be written?", partial(_writable, app.workspace))
    yield HealthCheck("core.disk", "Is there room on the workspace's disk?", partial(_room, app.workspace))
    yield HealthCheck("core.journal", "Is the journal sound?", partial(_journal, app, journal_file))
    is_there = journal_file is None or journal_file.exists()
    yield HealthCheck("core.leases", "Was every run driven to its end?", partial(_leases, app, is_there=is_there))
    for provider in app.providers():
        ask = partial(_provider, app, provider.name, patience)
        yield HealthCheck(f"core.provider.{provider.name}", f"Does the cloud of {provider.name} answer?", ask)


def configuration_check(problems: Callable[[], Sequence[object]]) -> HealthCheck:
    """Return the check of the configuration; `problems` returns all that is wrong with it, or raises."""

    def look() -> CheckResult:
        found = problems()
        if found:
            words = "; ".join(str(problem) for problem in found)
            return CheckResult.failed(words, "provisioning config validate")
        return CheckResult.ok("nothing is wrong with it")

    return HealthCheck("core.configuration", "Is the configuration valid?", look)


def extension_checks(app: "App") -> Iterator[HealthCheck]:
    """Yield one check of each name that an extension has: whether it can be used; for that its code is imported."""
    records = app.registry.records
    for name in dict.fromkeys(record.name for record in records):
        same = [record for record in records if record.name == name]
        yield HealthCheck(f"{name}.{STATUS_CHECK}", f"Can extension {name} be used?", partial(_status, app, same))


def _writable(folder: Path) -> CheckResult:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return CheckResult.failed(f"{folder} cannot be written: {error.strerror}", "give your user the permission")
    return CheckResult.ok(f"{folder} can be written")


def _room(folder: Path) -> CheckResult:
    free = shutil.disk_usage(folder).free
    words = f"{free / 1000**3:.1f} GB are free in {folder}"
    if free < _LEAST:
        return CheckResult.failed(words, "free some room: a run stops when its journal cannot be written")
    return CheckResult.ok(words) if free >= _ENOUGH else CheckResult.warning(words, "free some room soon")


def _journal(app: "App", file: Path | None) -> CheckResult:
    if file is None:
        app.runs(limit=1)
        return CheckResult.ok("it can be opened and read")
    if not file.exists():
        return CheckResult.ok(f"{file} is not there, and is made by the first run")
    flaws = check_quickly(file)
    if flaws:
        hint = "put a backup of the file in its place, or move it away with its -wal and -shm files"
        return CheckResult.failed(f"{file} is damaged: {'; '.join(flaws)}", hint)
    return CheckResult.ok(f"{file} is sound")


def _leases(app: "App", *, is_there: bool) -> CheckResult:
    if not is_there:
        return CheckResult.ok("there is no run yet")
    newest = max((run.updated_at for run in app.runs(limit=1)), default=0.0)
    if newest > time.time() + _AHEAD:
        ahead = newest - time.time()
        return CheckResult.failed(
            f"the journal is {ahead:.0f} s ahead of the clock, so leases do not end", "set the clock"
        )
    left = [run for state in _ACTIVE for run in app.runs(limit=1000, state=state) if not is_driven(run)]
    if not left:
        return CheckResult.ok("no run was left behind")
    return CheckResult.warning(f"nobody drives {_listed(left)} any more", _way_on(left[0]))


def _listed(runs: Sequence[RunRecord], most: int = 5) -> str:
    names = [f"{run.workflow_id} ({run.state.replace('_', ' ')})" for run in runs[:most]]
    return ", ".join(names) + (f" and {len(runs) - most} more" if len(runs) > most else "")


def _way_on(run: RunRecord) -> str:
    verb = "resume" if run.state is RunState.RUNNING else "rollback"
    return f"go on with it: provisioning workflow {verb} {run.workflow_id}"


def _provider(app: "App", name: str, patience: float) -> CheckResult:
    status = app.provider(name).check_connection(OperationContext(deadline=time.monotonic() + patience))
    words = status.message or ("it answers" if status.reachable else "it does not answer")
    if status.reachable and status.authenticated is not False:
        return CheckResult.ok(words)
    hint = "check its credentials" if status.reachable else "check the network and its address"
    return CheckResult.failed(words, f"{hint}: [providers.{name}]")


def _status(app: "App", records: Sequence[ExtensionRecord]) -> CheckResult:
    usable = next((record for record in records if record.is_ready), None)
    if usable is not None:
        problems = app.extensions.examine(usable, with_code=True).problems
        if not problems:
            return CheckResult.ok(f"{usable} is {usable.status}")
        words = "; ".join(" ".join(problem.message.split()) for problem in problems)
        return CheckResult.failed(words, next((problem.hint for problem in problems if problem.hint), None))
    broken = [record for record in records if record.status is not Status.DISABLED]
    if not broken:
        return CheckResult.ok(f"{records[0]} is disabled")
    error = broken[0].not_ready()
    hint = error.hint or f"provisioning extension why {broken[0].name}"
    return CheckResult.failed(" ".join(error.message.split()), hint)
