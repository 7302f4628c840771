"""An extension's code, imported when it is first used, and never able to take anything else down with it."""

import contextlib
import importlib
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from provisioning.contract import ServiceHooks
from provisioning.dispatch import Phase, check_plugin, described, hooks_of, implemented_hooks
from provisioning.errors import ExtensionBroken, ExtensionError, HookRejected
from provisioning.extensions.entry_point import CommandTarget
from provisioning.extensions.extension_type import ExtensionType
from provisioning.extensions.folder_package import folder_package
from provisioning.extensions.problem import ExtensionProblem, ProblemCode
from provisioning.extensions.programs import program_command, program_plugin, program_provider
from provisioning.extensions.record import ExtensionRecord, Status

__all__ = ["load", "load_command", "load_plugin", "load_provider"]

_LOCK = threading.RLock()  # standard output is the whole process's, and is turned aside during an import


def load(record: ExtensionRecord, role: str) -> Any:
    """Import and return what the manifest names for `provider`, `workflow` or `hooks`.

    What the code prints while it is imported goes to standard error. Raises `ExtensionNotReady` for a record that
    cannot be used, and `ExtensionBroken` when the import fails in any way, which the record then says too.
    """
    if not record.is_ready:
        raise record.not_ready()
    target = record.manifest.target(role)
    if not isinstance(target, str):
        message = f"extension {record} has no {role} plugin"
        raise ExtensionBroken(message, extension=record.name, hint=f"its manifest names none as entry_points.{role}")
    return _loaded(record, role, target)


def load_command(record: ExtensionRecord, name: str) -> Callable[..., Any]:
    """Import and return what the manifest names for one of the commands; raises as `load`. A program is run later."""
    if not record.is_ready:
        raise record.not_ready()
    target = record.manifest.commands[name].entry
    if isinstance(target, CommandTarget):
        return program_command(record, target, name)
    found = _loaded(record, f"command {name}", target)
    with _failing(record, ProblemCode.IMPORT_FAILED):
        if isinstance(found, type) or not callable(found):
            raise _broken(record, f"its command {name} {target} is neither a function nor a click.Command")
    command: Callable[..., Any] = found
    return command


def load_provider(record: ExtensionRecord) -> Callable[[str, Mapping[str, Any]], object]:
    """Return what makes one configured instance of the provider: its class, called with `name` and `config`.

    A program describes itself first, as code is imported; what is returned makes an object that asks it.
    """
    if (program := _program(record, "provider")) is not None:
        with _failing(record, ProblemCode.HOOKS_REJECTED), record.times.during(Phase.IMPORT):
            return program_provider(record, program)
    found = load(record, "provider")
    with _failing(record, ProblemCode.IMPORT_FAILED):
        if not callable(found):
            raise _broken(record, f"{record.manifest.target('provider')} is no class but {type(found).__name__}")

    def make(name: str, config: Mapping[str, Any]) -> object:
        with record.times.during(Phase.MAKING):
            return found(name, config)

    return make


def load_plugin(record: ExtensionRecord, role: str | None = None) -> object:
    """Return the plugin of an extension, made and checked; `role` is its type when left out.

    A class is made an object of, without arguments; an object or a module is the plugin itself. Raises as `load`, and
    `HookRejected` with every misfit for a plugin that does not fit.
    """
    role = role or str(record.type or ExtensionType.HOOKS)
    if (program := _program(record, role)) is not None:
        with _failing(record, ProblemCode.HOOKS_REJECTED), record.times.during(Phase.IMPORT):
            return program_plugin(record, program)
    found = load(record, role)
    with _failing(record, ProblemCode.PLUGIN_FAILED):
        plugin = _made(record, role, found)
    with _failing(record, ProblemCode.HOOKS_REJECTED):
        check_plugin(plugin, record.name)
        _compare_hooks(record, role, plugin)
    return plugin


def _program(record: ExtensionRecord, role: str) -> CommandTarget | None:
    """Return the program that stands for a role; raises `ExtensionNotReady` for a record that cannot be used."""
    if not record.is_ready:
        raise record.not_ready()
    return record.manifest.program(role)


@contextlib.contextmanager
def _failing(record: ExtensionRecord, code: ProblemCode) -> Any:
    """Note an error of the extension on its record."""
    try:
        yield
    except ExtensionError as error:
        record.refuse(ExtensionProblem(code, error.message, error.hint))
        raise


def _loaded(record: ExtensionRecord, role: str, target: str) -> Any:
    with _LOCK, _failing(record, ProblemCode.IMPORT_FAILED), record.times.during(Phase.IMPORT):
        found = _imported(record, role, target)
    record.status = Status.ACTIVE
    return found


def _imported(record: ExtensionRecord, role: str, target: str) -> Any:
    module_name, _, path = target.partition(":")
    try:
        with contextlib.redirect_stdout(sys.stderr):
            name = module_name
            if record.origin.kind.is_folder and record.location is not None:
                name = f"{folder_package(record.name, record.location)}.{module_name}"
            found: Any = importlib.import_module(name)
            for attribute in path.split("."):
                found = _attribute(record, role, target, found, attribute)
            return found
    except (KeyboardInterrupt, ExtensionBroken):
        raise
    except BaseException as error:
        raise _import_failed(record, role, target, error) from error


def _attribute(record: ExtensionRecord, role: str, target: str, holder: Any, name: str) -> Any:
    try:
        return getattr(holder, name)
    except AttributeError as error:
        near = get_close_matches(name, getattr(holder, "__dict__", ()), n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise _broken(record, f"its {role} {target} is not there: it has no {name}{meant}") from error


def _import_failed(record: ExtensionRecord, role: str, target: str, error: BaseException) -> ExtensionBroken:
    hint = None
    if isinstance(error, ModuleNotFoundError) and error.name:
        hint = f"install {error.name}, or ask the author: the extension does not declare that it needs it"
        first = error.name.partition(".")[0]
        folder = record.location if record.origin.kind.is_folder else None
        if folder is not None and ((folder / first).is_dir() or (folder / f"{first}.py").is_file()):
            hint = f"a folder extension imports its own modules relatively: from .{error.name} import ..."
    return _broken(record, f"its {role} {target} could not be imported: {described(error)}", hint)


def _made(record: ExtensionRecord, role: str, found: Any) -> object:
    if not isinstance(found, type):
        return found
    try:
        with _LOCK, contextlib.redirect_stdout(sys.stderr), record.times.during(Phase.MAKING):
            return found()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        target = record.manifest.target(role)
        raise _broken(record, f"its {role} {target} could not be made: {described(error)}") from error


def _compare_hooks(record: ExtensionRecord, role: str, plugin: object) -> None:
    """Hold the manifest to what it says of the hooks: what it announces is there, and what must be announced is."""
    if role != ExtensionType.HOOKS:
        return
    there, announced = implemented_hooks(plugin), record.manifest.services()
    words = [
        f"[{table}] needs {hook}, which the plugin lacks" for hook, table in announced.items() if hook not in there
    ]
    words += [
        f"the plugin has {hook}, which nothing in the manifest announces"
        for hook in hooks_of(ServiceHooks)
        if hook in there and hook not in announced
    ]
    _mend(record, "its manifest is not what its plugin has", words)
    declared = record.manifest.hooks.implements
    if declared is not None:
        lacks, surplus = sorted(set(declared) - there), sorted(there - set(declared))
        words = [f"the plugin lacks {', '.join(lacks)}"] if lacks else []
        words += [f"the manifest does not name {', '.join(surplus)}"] if surplus else []
        _mend(record, "hooks.implements in its manifest is not what its plugin has", words)


def _mend(record: ExtensionRecord, what: str, words: Sequence[str]) -> None:
    if words:
        raise HookRejected(
            f"extension {record}: {what}: {'; '.join(words)}",
            extension=record.name,
            hint=f"the author of {record.name} has to mend this",
        )


def _broken(record: ExtensionRecord, what: str, hint: str | None = None) -> ExtensionBroken:
    default = f"this is a defect of the extension; without it: disable {record.name} under [extensions] disabled"
    return ExtensionBroken(f"extension {record}: {what}", extension=record.name, hint=hint or default)
