"""`config_set`: a setting in a TOML file with this value, whatever it was before."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from provisioning.contract import (
    Compensation,
    CompensationAction,
    Done,
    EventKind,
    Operation,
    OperationContext,
    OperationKind,
    hookimpl,
)
from provisioning.errors import OperationFailed
from provisioning_kinds import disk
from provisioning_kinds.backup import Backup
from provisioning_kinds.settings_file import SettingsFile
from provisioning_kinds.shape import document, of_type

__all__ = ["CONFIG_SET"]

DEFAULT_FILE = "config.user.toml"

_KEY = of_type(
    "string",
    "The setting's dotted name, providers.local.timeout for one.",
    pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$",
)

_PARAMETERS = document(
    {
        "file": of_type("string", "The TOML file, relative to the workspace.", minLength=1, default=DEFAULT_FILE),
        "key": _KEY,
        "value": of_type(
            ["string", "number", "boolean", "array", "object"],
            "The value; a null, which TOML does not have, is refused.",
        ),
    },
    required=["key", "value"],
)

_RESULT = document({"file": of_type("string", "The absolute path of the file."), "key": _KEY}, required=["file", "key"])


class _ConfigSet:
    """Sets a value; undoing gives the old file back, or the old value if the file has changed since."""

    @hookimpl
    def prepare_operation(self, operation: Operation, context: OperationContext) -> Compensation:
        """Keep the old file: as a backup, never in the journal, for there may be secrets in it."""
        name, path = operation.parameters["key"], _path(operation, context)
        with _opened(path, operation) as file:
            verb = "reset" if file.has(name.split(".")) else "unset"
            old = file.content if path.exists() else None
            facts = Backup.of(operation, f"{name} in {path}", context).keep(old, file=str(path), key=name)
        return Compensation(CompensationAction.REVERT_CONFIGURATION, f"{verb} {name} in {path}", facts)

    @hookimpl
    def run_operation(self, operation: Operation, context: OperationContext) -> Done:
        """Set the value."""
        path, value = _path(operation, context), _without_null(operation)
        with _opened(path, operation) as file:
            file.set(operation.parameters["key"].split("."), value)
            disk.write(path, file.content, None, operation.client_token)
        return _changed(path, operation.parameters["key"], context)

    @hookimpl
    def compensate_operation(self, operation: Operation, compensation: Compensation, context: OperationContext) -> Done:
        """Put the old value back, or its absence; when it is so already, there is nothing to do."""
        facts = compensation.data
        path = Path(facts["file"])
        backup = Backup.at(facts["backup"], f"{facts['key']} in {path}")
        with _opened(path, operation) as file:
            if backup.is_restored:
                backup.forget()
            else:
                old = _reverted(file, operation, backup.content() if facts["existed"] else None)
                if old is None:
                    disk.remove(path)
                else:
                    disk.write(path, old, None, operation.client_token)
                backup.mark_restored()
        return _changed(path, facts["key"], context)


def _reverted(file: SettingsFile, operation: Operation, original: bytes | None) -> bytes | None:
    """Return what the file should hold now (None: it should not be).

    That is the original, letter by letter, if nothing but our change has happened to it, else the file as it is with
    the old value in it.
    """
    key, old = operation.parameters["key"].split("."), SettingsFile(file.path, original)
    ours = SettingsFile(file.path, original)
    ours.set(key, operation.parameters["value"])
    if ours.content == file.content:
        return original
    file.set_as_in(old, key)
    return file.content if original is not None or file.content.strip() else None


def _changed(path: Path, name: str, context: OperationContext) -> Done:
    """Tell of a change, and return it as the result."""
    change = {"file": str(path), "key": name}
    context.note(EventKind.CONFIGURATION_CHANGED, change)
    return Done(change)


def _path(operation: Operation, context: OperationContext) -> Path:
    path = Path(context.directory).absolute() / operation.parameters.get("file", DEFAULT_FILE)
    return disk.find(path, operation).path


@contextmanager
def _opened(path: Path, operation: Operation) -> Iterator[SettingsFile]:
    with disk.translated(operation, f"change {path}"), SettingsFile.opened(path) as file:
        yield file


def _without_null(operation: Operation) -> Any:
    """Return the value; raise `OperationFailed` when there is a null in it."""
    value = operation.parameters["value"]
    ahead = [value]
    while ahead:
        one = ahead.pop()
        if one is None:
            message = f"operation {operation.id}: the value of {operation.parameters['key']} has a null in it"
            raise OperationFailed(
                message, workflow_id=operation.workflow_id, hint="TOML has no null: leave the key out"
            )
        ahead.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
    return value


CONFIG_SET = OperationKind(
    name="config_set",
    summary="set a configuration value",
    parameters=_PARAMETERS,
    handler=_ConfigSet(),
    result=_RESULT,
    prepares=True,
    action=CompensationAction.REVERT_CONFIGURATION,
    undo="set the old value again, or take the setting away",
)
