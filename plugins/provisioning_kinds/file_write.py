"""`file_write`: a file with this content, whatever was there before."""

from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

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
from provisioning_kinds.disk import translated
from provisioning_kinds.shape import document, of_type

__all__ = ["FILE_WRITE"]

_PARAMETERS = document(
    {
        "path": of_type("string", "The file, relative to the workspace; a link is followed.", minLength=1),
        "content": of_type("string", "What the file will hold, written as UTF-8."),
        "mode": of_type(
            "string",
            'The permissions in octal, "0644" for one; those of the old file without it.',
            pattern="^[0-7]{3,4}$",
        ),
        "create_parents": of_type("boolean", "Whether to make the folders that are missing.", default=False),
    },
    required=["path", "content"],
)

_RESULT = document(
    {
        "path": of_type("string", "The absolute path of the file that was written."),
        "size": of_type("integer", "Its size in bytes."),
        "sha256": of_type("string", "The SHA-256 of its content."),
    },
    required=["path", "size", "sha256"],
)


class _FileWrite:
    """Keeps what is there, then replaces the file as a whole; undoing puts back bytes, permissions or absence."""

    @hookimpl
    def prepare_operation(self, operation: Operation, context: OperationContext) -> Compensation:
        """Keep a backup of the file."""
        found = disk.find(_path(operation, context), operation)
        folders = _missing_folders(found.path)
        if folders and not operation.parameters.get("create_parents", False):
            raise OperationFailed(
                f"operation {operation.id} cannot write {found.path}: there is no folder {found.path.parent}",
                workflow_id=operation.workflow_id,
                hint="make it first, or set create_parents = true",
            )
        with translated(operation, f"keep a backup of {found.path}"):
            content = found.path.read_bytes() if found.exists else None
            backup = Backup.of(operation, str(found.path), context)
            facts = backup.keep(content, path=str(found.path), mode=found.mode, folders=[str(one) for one in folders])
        verb = "restore" if facts["existed"] else "delete"
        return Compensation(CompensationAction.RESTORE_FILE, f"{verb} {facts['path']}", facts)

    @hookimpl
    def run_operation(self, operation: Operation, context: OperationContext) -> Done:
        """Write the file."""
        given = operation.parameters
        path = disk.find(_path(operation, context), operation).path
        content = _encoded(operation)
        with translated(operation, f"write {path}"):
            if given.get("create_parents", False):
                path.parent.mkdir(parents=True, exist_ok=True)
            disk.write(path, content, int(given["mode"], 8) if "mode" in given else None, operation.client_token)
        context.note(EventKind.CONFIGURATION_CHANGED, {"file": str(path)})
        return Done({"path": str(path), "size": len(content), "sha256": sha256(content).hexdigest()})

    @hookimpl
    def compensate_operation(self, operation: Operation, compensation: Compensation, context: OperationContext) -> Done:
        """Put back what was there; when it is back already, there is nothing to do."""
        facts = compensation.data
        path, backup = Path(facts["path"]), Backup.at(facts["backup"], facts["path"])
        with translated(operation, f"restore {path}"):
            if backup.is_restored:
                backup.forget()
                return Done({"path": str(path)})
            if facts["existed"]:
                disk.write(path, backup.content(), facts["mode"], operation.client_token)
            else:
                disk.remove(path)
                _remove_folders(facts["folders"])
            backup.mark_restored()
        context.note(EventKind.CONFIGURATION_CHANGED, {"file": str(path)})
        return Done({"path": str(path)})


def _path(operation: Operation, context: OperationContext) -> Path:
    given: str = operation.parameters["path"]
    if "\0" in given:
        raise OperationFailed(f"operation {operation.id} cannot use {given!r}: a path has no zero byte in it")
    return Path(context.directory).absolute() / given


def _encoded(operation: Operation) -> bytes:
    content: str = operation.parameters["content"]
    try:
        return content.encode()
    except UnicodeEncodeError as error:
        message = f"operation {operation.id}: the content is no text at character {error.start}"
        raise OperationFailed(message, workflow_id=operation.workflow_id) from error


def _missing_folders(path: Path) -> list[Path]:
    """Return the folders above `path` that do not exist, the outermost first."""
    return [folder for folder in reversed(path.parents) if not folder.exists()]


def _remove_folders(folders: Iterable[str]) -> None:
    """Delete folders that were made for the file, unless something else is in them by now."""
    for folder in reversed(list(folders)):
        with suppress(OSError):
            Path(folder).rmdir()


FILE_WRITE = OperationKind(
    name="file_write",
    summary="write a file",
    parameters=_PARAMETERS,
    handler=_FileWrite(),
    result=_RESULT,
    prepares=True,
    action=CompensationAction.RESTORE_FILE,
    undo="restore the file as it was, or delete it if there was none",
)
