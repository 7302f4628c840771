"""A manifest, read: the file found and checked as a whole, every problem in it with its line."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError

from provisioning.bridge import PLUGIN_HOOKS
from provisioning.errors import ConfigurationError, Problem
from provisioning.extensions.entry_point import CommandTarget
from provisioning.extensions.extension_type import ExtensionType
from provisioning.extensions.index import ManifestIndex
from provisioning.extensions.manifest import CORE_CHECKS, CommandTable, EntryPointsTable, Manifest
from provisioning.extensions.manifest_table import Flaw
from provisioning.source import Format, Source, read_source

__all__ = ["MANIFEST_FILE", "MANIFEST_LIMIT", "leads_out", "read_manifest"]

MANIFEST_FILE = "extension.toml"
MANIFEST_LIMIT = 1024 * 1024
"""The largest manifest that is read, in bytes."""

_KINDS = {bool: "true or false", str: "text", int: "an integer", float: "a number", list: "a list", dict: "a table"}
_FORMS_AT = {"entry_points": 2, "commands": 3}
"""Where, in the place of a value, pydantic names the form of an entry point: text or a program."""

_WANTED = {
    "string_type": "text",
    "list_type": "a list",
    "model_type": "a table",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a table",
}
_LISTS_OF_NAMES = (
    ("extension", "after"),
    ("provider", "capabilities"),
    ("workflow", "operation_kinds"),
    ("hooks", "implements"),
    ("secrets", "names"),
    ("health", "checks"),
    ("engine", "types"),
    ("store", "schemes"),
)


def read_manifest(path: Path, index: ManifestIndex | None = None) -> Manifest:
    """Read one `extension.toml`; raises `ConfigurationError` with every problem in it, each with its line.

    One that `index` knows is not opened, unless something is wrong with it.
    """
    known = None if index is None else index.recall(path)
    if known is not None:
        with contextlib.suppress(ConfigurationError):  # the file itself says on which line
            return _checked(Source(os.fspath(path), Format.TOML, known, ""), path.parent)
    source = read_source(path, limit=MANIFEST_LIMIT)
    manifest = _checked(source, path.parent)
    if index is not None:
        index.keep(path, source.data)
    return manifest


def leads_out(path: Path, folder: Path) -> bool:
    """Whether a path in a folder is really elsewhere, by a link or by its dots.

    Neither `islink` nor `realpath` raises, as what pathlib has in their place does: for folders that may not be read,
    for circles of links.
    """
    if path.parent == folder and path.name != ".." and not os.path.islink(path):  # noqa: PTH114
        return False
    return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _checked(source: Source, folder: Path) -> Manifest:
    try:
        manifest = Manifest.model_validate(source.data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        problems = list(dict.fromkeys(_as_problem(source, one) for one in found))
        raise ConfigurationError.from_problems(source.name, problems) from None
    problems = [*_contradictions(source, manifest), *_file_problems(source, manifest, folder)]
    if problems:
        raise ConfigurationError.from_problems(source.name, problems)
    return manifest


def _as_problem(source: Source, found: Mapping[str, Any]) -> Problem:
    path = _keys(found["loc"])
    match found["type"]:
        case "extra_forbidden":
            return source.problem(path, "is not a known key", _near_key(path))
        case "missing":
            return source.problem(path[:-1], f"the key {path[-1]!r} is missing")
        case "value_error":
            flaw = found["ctx"]["error"]
            return source.problem(path, str(flaw), flaw.hint if isinstance(flaw, Flaw) else None)
        case "enum" | "literal_error":
            return source.problem(path, f"must be {found['ctx']['expected']}")
        case "greater_than_equal" | "less_than_equal" | "finite_number":
            least = 1 if path[0] in _FORMS_AT else 0
            return source.problem(path, f"must be from {least} to 3600 seconds")
        case "too_short" | "string_too_short":
            return source.problem(path, "must not be empty")
    return source.problem(path, f"must be {_wanted(found)}, not {_KINDS.get(type(found['input']), 'this')}")


def _keys(place: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the place of a value without what pydantic put into it: the form of an entry point, the word for a key."""
    if place[-1] == "[key]":
        return place[:-1]
    form = _FORMS_AT.get(str(place[0]), len(place))
    return (*place[:form], *place[form + 1 :])


def _wanted(found: Mapping[str, Any]) -> str:
    place = found["loc"]
    if len(place) - 1 == _FORMS_AT.get(place[0]):
        return 'text like package.module:Object or {command = ["program"]}'
    return _WANTED.get(found["type"], "something else")


def _near_key(place: tuple[str | int, ...]) -> str:
    table: Any = Manifest
    for name in place[:-1]:
        table = _below(table, str(name))
    known = [field.alias or name for name, field in table.model_fields.items()]
    near = get_close_matches(str(place[-1]), known, n=1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"


def _below(table: Any, name: str) -> Any:
    """Return the table that stands under a name in another one."""
    if get_origin(table) is dict:
        return get_args(table)[1]
    is_target = table is EntryPointsTable or (table is CommandTable and name == "entry")
    return CommandTarget if is_target else table.model_fields[name].annotation


def _contradictions(source: Source, manifest: Manifest) -> Iterator[Problem]:
    """Yield what is right by itself and does not fit the rest."""
    role = str(manifest.extension.type)
    is_whole = _needs_no_plugin(manifest)
    if manifest.target(role) is None and not is_whole:
        example = '"package.module:Object"'
        yield source.problem(
            ["entry_points"], f"an extension of type {role} needs the entry point {role!r}", f"add {role} = {example}"
        )
    for section in ("provider", "workflow", "hooks"):
        if section in source.data and manifest.target(section) is None and (section != role or is_whole):
            yield source.problem([section], f"describes a {section} plugin, and [entry_points] names none")
    for hook, table in manifest.services().items():
        if not isinstance(manifest.target("hooks"), str):
            why = f"needs the hook {hook}, and [entry_points] names no hooks plugin in Python that could have it"
            yield source.problem([table], why, 'add hooks = "package.module:Object"')
    if manifest.extension.name == CORE_CHECKS and manifest.health.checks:
        why = f"checks named {CORE_CHECKS}.NAME are provisioning's own"
        yield source.problem(["health", "checks"], why, "give the extension another name")
    if manifest.target("workflow") is not None and not manifest.workflow.operation_kinds:
        yield source.problem(
            ["workflow"], "no operation_kinds are declared", "list the names of all kinds that the plugin brings"
        )
    yield from _program_problems(source, manifest)
    for table, key in _LISTS_OF_NAMES:
        names = getattr(getattr(manifest, table), key) or []
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield source.problem([table, key], f"{name!r} stands here more than once")


def _program_problems(source: Source, manifest: Manifest) -> Iterator[Problem]:
    for keys, target in manifest.programs().items():
        if target.network and not target.sandbox:
            why = "a program that is not in a sandbox has the network in any case"
            yield source.problem([*keys, "network"], why, "add sandbox = true, or leave it out")
    if manifest.program("hooks") is None:
        return
    names = manifest.hooks.implements
    known = ", ".join(sorted(PLUGIN_HOOKS))
    if not names:
        yield source.problem(["hooks"], "no hooks are declared", f"list under implements what the program has: {known}")
    for name in names or ():
        if name not in PLUGIN_HOOKS:
            place = ["hooks", "implements"]
            yield source.problem(place, f"{name!r} cannot be asked of a program", f"a program may have: {known}")


def _needs_no_plugin(manifest: Manifest) -> bool:
    """Whether what it brings is whole without the plugin of its type: commands, or templates of a workflow."""
    role = manifest.extension.type
    return role is not ExtensionType.PROVIDER and bool(
        manifest.commands or (manifest.templates and role is ExtensionType.WORKFLOW)
    )


def _file_problems(source: Source, manifest: Manifest, folder: Path) -> Iterator[Problem]:
    """Yield what is wrong with the files that the manifest names; nothing in them is read."""
    files: dict[Sequence[str], str] = {
        ("templates", name, "file"): one.file for name, one in manifest.templates.items()
    }
    if manifest.config.schema_file is not None:
        files["config", "schema"] = manifest.config.schema_file
    for keys, name in files.items():
        path = folder / name
        if leads_out(path, folder):
            yield source.problem(keys, f"{name!r} leads out of the extension's folder")
        elif not os.path.isfile(path):  # noqa: PTH113 - it does not raise either
            yield source.problem(keys, f"there is no file {name!r} beside the manifest")
