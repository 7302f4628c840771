"""What is frozen of the extensions of a workspace: a document that another machine can be made equal to."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from provisioning._version import __version__
from provisioning.dispatch import JsonSchema
from provisioning.errors import ConfigurationError, Problem
from provisioning.extensions.folder_tree import folder_digest
from provisioning.extensions.problem import ProblemCode
from provisioning.extensions.record import ExtensionRecord, Status
from provisioning.source import Format, Source, parse_source, read_text

__all__ = ["Frozen", "FrozenExtension", "can_be_frozen", "freeze_schema", "is_enabled", "read_frozen", "write_frozen"]

_FORMAT = 1
_LARGEST = 4 * 1024 * 1024  # bytes
_TITLE = "What `provisioning extension restore` brings back; written by `provisioning extension freeze`."
_VERSION = r"[0-9A-Za-z][0-9A-Za-z.!+_-]*"
_PIN = rf"[A-Za-z0-9][A-Za-z0-9._-]*=={_VERSION}"
_OFF = frozenset({ProblemCode.DISABLED_BY_CONFIG, ProblemCode.DISABLED_BY_DEFAULT})
_FROZEN = frozenset({Status.READY, Status.ACTIVE, Status.DISABLED})

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
VersionText = Annotated[str, Field(pattern=f"^{_VERSION}$")]
Pin = Annotated[str, Field(pattern=f"^{_PIN}$")]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class _Table(BaseModel):
    """A table that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class FrozenExtension(_Table):
    """One extension."""

    name: Name
    """Its name."""
    version: VersionText
    """The version in its manifest."""
    origin: Literal["bundled", "package", "folder_project", "folder_user", "folder_explicit"]
    """Where it comes from; what is `bundled` comes with provisioning itself."""
    enabled: bool
    """Whether the configuration, or its own default, has it used."""
    distribution: Pin | None = None
    """For a package, its distribution and version: `provisioning-hetzner==1.2.0`."""
    folder: str | None = None
    """For a folder in the workspace, its path from there."""
    digest: Digest | None = None
    """For a folder, a digest over the names and the contents of all its files."""

    @property
    def requirement(self) -> Requirement:
        """The distribution of a package, as an installer is asked for it."""
        return Requirement(str(self.distribution))


class Frozen(_Table):
    """The extensions of a workspace: which, in which versions, and whether each is used."""

    format: Literal[1]
    """The version of this form."""
    provisioning: VersionText
    """The version of provisioning that wrote it."""
    extensions: list[FrozenExtension] = []
    """All extensions, by name."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, without what does not apply."""
        return self.model_dump(mode="json", exclude_none=True)

    def as_toml(self) -> str:
        """Return the document as it is written; the same extensions always give the same text."""
        import tomlkit  # noqa: PLC0415 - slow to import, and rarely needed

        data = self.as_dict()
        tables = data.pop("extensions")
        document = tomlkit.document()
        document.add(tomlkit.comment(_TITLE))
        document.update(data)
        if tables:
            document.add("extensions", tomlkit.item(tables))
        return tomlkit.dumps(document)

    @classmethod
    def of(cls, records: Iterable[ExtensionRecord], workspace: Path) -> Self:
        """Freeze what can be used or is disabled; raises `ConfigurationError` for a folder that cannot be read."""
        found = [_frozen(record, workspace) for record in records if can_be_frozen(record)]
        found.sort(key=lambda one: (one.name, one.origin, one.distribution or "", one.digest or ""))
        return cls(format=_FORMAT, provisioning=__version__, extensions=found)


def can_be_frozen(record: ExtensionRecord) -> bool:
    """Whether an extension is one that can be used, or could be if it were enabled."""
    if record.status not in _FROZEN or record.declared is None:
        return False
    return record.origin.kind.is_folder or re.fullmatch(_PIN, _pin(record)) is not None


def is_enabled(record: ExtensionRecord) -> bool:
    """Whether the configuration, or the extension's default, has it used; options of one invocation do not count."""
    return not any(problem.code in _OFF for problem in record.problems)


def freeze_schema() -> dict[str, Any]:
    """Return the JSON Schema of what `freeze` writes."""
    return Frozen.model_json_schema()


def read_frozen(path: str | Path) -> Frozen:
    """Read a frozen document; raises `ConfigurationError` with everything that is wrong with it, each with its line."""
    source = parse_source(read_text(path, limit=_LARGEST), Format.TOML, str(path))
    written = source.data.get("format")
    if isinstance(written, int) and written > _FORMAT:
        problem = source.problem(["format"], f"is {written}, and this version of provisioning knows {_FORMAT}")
        raise ConfigurationError.from_problems(source.name, [problem])
    schema = JsonSchema(freeze_schema(), extension="provisioning", subject="frozen extensions")
    problems = [source.problem(place, message) for place, message in schema.problems(source.data)]
    if problems:
        raise ConfigurationError.from_problems(source.name, problems)
    try:
        frozen = Frozen.model_validate(source.data)
    except ValidationError as error:  # to jsonschema a pattern fits before a line's end, to pydantic it does not
        problems = [source.problem(one["loc"], "holds a line's end") for one in error.errors(include_url=False)]
    else:
        problems = list(_contradictions(source, frozen))
    if problems:
        raise ConfigurationError.from_problems(source.name, problems)
    return frozen


def write_frozen(path: Path, frozen: Frozen) -> None:
    """Write a frozen document, over an older one too; raises `ConfigurationError` where anything else is there."""
    if path.exists():
        _check_replaceable(path)
    try:
        path.write_text(frozen.as_toml(), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written: {error.strerror or error}") from error


def _check_replaceable(path: Path) -> None:
    try:
        is_one = {"format", "provisioning"} <= set(parse_source(read_text(path), Format.TOML, str(path)).data)
    except ConfigurationError:
        is_one = False
    if not is_one:
        raise ConfigurationError(f"{path} exists already, and is no frozen document", hint="name another file")


def _contradictions(source: Source, frozen: Frozen) -> Iterator[Problem]:
    """Yield what is right by itself and does not fit the rest."""
    versions: dict[str, str] = {}
    for place, one in enumerate(frozen.extensions):
        key = {"bundled": None, "package": "distribution"}.get(one.origin, "digest")
        if key is not None and getattr(one, key) is None:
            yield source.problem(("extensions", place), f"{one.name} is of origin {one.origin} and has no {key}")
        if one.origin == "package" and one.distribution is not None:
            yield from _bad_pin(source, place, one, versions)


def _bad_pin(source: Source, place: int, one: FrozenExtension, versions: dict[str, str]) -> Iterator[Problem]:
    where = ("extensions", place, "distribution")
    try:
        wanted = one.requirement
    except InvalidRequirement:
        yield source.problem(where, f"{one.distribution!r} is not a distribution and its version (PEP 440)")
        return
    version = str(wanted.specifier)
    if versions.setdefault(canonicalize_name(wanted.name), version) != version:
        yield source.problem(where, f"{wanted.name} stands here in two versions")


def _frozen(record: ExtensionRecord, workspace: Path) -> FrozenExtension:
    origin, more = record.origin, dict[str, Any]()
    if origin.is_bundled:
        kind = "bundled"
    elif origin.kind.is_folder:
        kind = str(origin.kind)
        folder = Path(os.path.abspath(str(record.location)))  # noqa: PTH100 - `absolute` leaves a .. in it
        more["digest"] = folder_digest(folder)
        if folder.is_relative_to(workspace):
            more["folder"] = folder.relative_to(workspace).as_posix()
    else:
        kind = str(origin.kind)
        more["distribution"] = _pin(record)
    return FrozenExtension.model_validate(
        {
            "name": record.name,
            "version": str(record.version).strip(),
            "origin": kind,
            "enabled": is_enabled(record),
            **more,
        }
    )


def _pin(record: ExtensionRecord) -> str:
    return f"{record.origin.distribution}=={record.origin.distribution_version}"
