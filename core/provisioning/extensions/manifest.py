"""The manifest, `extension.toml`: what an extension says of itself, known before any of its code is imported."""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema

from provisioning.config import CORE_ENGINE, CORE_SCHEME, REFERENCE_ROOTS
from provisioning.contract import Capability
from provisioning.dispatch import all_hooks
from provisioning.extensions.entry_point import CommandTarget, Target, Word
from provisioning.extensions.extension_type import ExtensionType
from provisioning.extensions.manifest_table import CLOSED, Flaw, pattern
from provisioning.extensions.reserved import RESERVED_COMMANDS

__all__ = [
    "ApiTable",
    "CommandTable",
    "CompatibilityTable",
    "ConfigSourceTable",
    "ConfigTable",
    "EngineTable",
    "EntryPointsTable",
    "ExtensionTable",
    "HealthTable",
    "HooksTable",
    "Manifest",
    "ProviderTable",
    "SecretsTable",
    "StoreTable",
    "TemplateTable",
    "WorkflowTable",
    "manifest_schema",
]

_NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_KIND = r"^[a-z][a-z0-9_]*$"
_ROOT = r"^[a-z][a-z0-9_-]*$"
_SCHEME = r"^[a-z][a-z0-9+.-]*$"
_HOOK_API = r"^[1-9]\d{0,5}$"


CORE_CHECKS = "core"
"""What stands before the names of the checks that `doctor` brings itself."""

STATUS_CHECK = "status"
"""The check that `doctor` makes of every extension itself."""

_ROLES = ("provider", "workflow", "hooks")


def _name(value: str) -> str:
    if re.fullmatch(_NAME, value):
        return value
    normal = str(canonicalize_name(value)).strip("-")
    hint = f"write {normal!r}" if re.fullmatch(_NAME, normal) else "use lower-case letters, digits and single hyphens"
    raise Flaw(f"{value!r} is not a normalised name (PEP 503)", hint)


def _version(value: str) -> str:
    try:
        Version(value)
    except InvalidVersion:
        raise Flaw(f"{value!r} is not a version (PEP 440)", "write it like 1.2.0") from None
    return value


def _specifier(value: str) -> str:
    try:
        SpecifierSet(value)
    except InvalidSpecifier:
        raise Flaw(f"{value!r} is not a range of versions (PEP 440)", "write it like >=1.0,<2") from None
    return value


def _requirement(value: str) -> str:
    try:
        found = Requirement(value)
    except InvalidRequirement:
        found = None
    if found is None or found.url or found.extras or found.marker:
        raise Flaw(f"{value!r} is not an extension's name with a range of versions", "write it like aws>=1.0")
    _name(found.name)
    return value


def _one_of(what: str, known: Callable[[], Iterable[str]]) -> Callable[[str], str]:
    def check(value: str) -> str:
        names = sorted(known())
        if value in names:
            return value
        near = get_close_matches(value, names, n=1)
        raise Flaw(
            f"there is no {what} {value!r}", f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}"
        )

    return check


def _kind(value: str) -> str:
    if not re.fullmatch(_KIND, value):
        raise Flaw(f"{value!r} is not a name for a kind of operation", "use lower-case letters, digits and underscores")
    return value


def _plain_name(value: str) -> str:
    if not re.fullmatch(_NAME, value):
        raise Flaw(f"{value!r} is not a name", "use lower-case letters, digits and single hyphens")
    return value


def _command_name(value: str) -> str:
    if value in RESERVED_COMMANDS:
        raise Flaw(f"{value!r} is a command of provisioning itself", "give it another name")
    return _plain_name(value)


def _own(what: str, pattern: str, form: str, taken: Iterable[str] = ()) -> Callable[[str], str]:
    """Return a check of the name of something that an extension brings beside what is there already."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise Flaw(f"{value!r} is not a name for {what}", form)
        if value in taken:
            raise Flaw(f"{value!r} is taken: it cannot be the name of {what}", "give it another name")
        return value

    return check


def _hook_api(value: str) -> str:
    if not re.fullmatch(_HOOK_API, value):
        raise Flaw(f"{value!r} is not a version of the hook interface", 'write the number as text, like "1"')
    return value


Name = Annotated[str, AfterValidator(_name), pattern(_NAME)]
VersionText = Annotated[str, AfterValidator(_version)]
Versions = Annotated[str, AfterValidator(_specifier)]
Need = Annotated[str, AfterValidator(_requirement)]
HookApi = Annotated[str, AfterValidator(_hook_api), pattern(_HOOK_API)]
KindName = Annotated[str, AfterValidator(_kind), pattern(_KIND)]
TemplateName = Annotated[str, AfterValidator(_plain_name), pattern(_NAME)]
CommandName = Annotated[str, AfterValidator(_command_name), pattern(_NAME)]
SecretsName = Annotated[
    str,
    AfterValidator(_own("a secret resolver", _ROOT, "use lower-case letters, digits, - and _", REFERENCE_ROOTS)),
    pattern(_ROOT),
]
EngineType = Annotated[
    str,
    AfterValidator(_own("an engine", _NAME, "use lower-case letters, digits and single hyphens", [CORE_ENGINE])),
    pattern(_NAME),
]
Scheme = Annotated[
    str,
    AfterValidator(_own("a store's scheme", _SCHEME, "write it as it stands before :// in a URL", [CORE_SCHEME])),
    pattern(_SCHEME),
]
CheckName = Annotated[
    str,
    AfterValidator(_own("a check", _NAME, "use lower-case letters, digits and single hyphens", [STATUS_CHECK])),
    pattern(_NAME),
]
HookName = Annotated[str, AfterValidator(_one_of("hook", all_hooks))]
CapabilityName = Annotated[
    str,
    AfterValidator(_one_of("capability", lambda: [str(member) for member in Capability])),
    WithJsonSchema({"type": "string", "enum": [str(member) for member in Capability]}),
]
_CLOSED = Field(json_schema_extra={"additionalProperties": False})


class _Table(BaseModel):
    """One table of the manifest."""

    model_config = CLOSED


class ExtensionTable(_Table):
    """What the extension is."""

    name: Name
    """Its name, normalised as PEP 503 says; unique, and the name of its folder where it is one."""
    version: VersionText
    """Its version (PEP 440); for a package the same as the distribution's."""
    type: Annotated[ExtensionType, Field(strict=False)]
    """What it is for: `provider`, `workflow` or `hooks`."""
    description: str = ""
    """One line for people."""
    default: Literal["enabled", "disabled"] = "enabled"
    """Whether it is used where the configuration says nothing: `disabled` waits for `extension enable`."""
    after: list[Name] = []
    """Other extensions that come before it where they are there: their plugins are activated and asked first."""


class CompatibilityTable(_Table):
    """What the extension fits, all of it checked before anything is imported."""

    provisioning: Versions
    """The versions of provisioning that it works with, like `>=1.0,<2`."""
    hook_api: HookApi
    """The version of the hook interface that it was written for, like `1`."""
    python: Versions = ""
    """The versions of Python that it works with, like `>=3.11`."""
    platforms: list[str] = []
    """The values of `sys.platform` that it works on (`linux`, `darwin`, `win32`); all of them when left out."""
    requires: list[Need] = []
    """Other extensions that it needs, like `aws>=1.0`."""
    conflicts: list[Need] = []
    """Other extensions that it cannot stand beside, like `old-audit<2`."""
    programs: list[Word] = []
    """Programs that it calls, like `jq`; each must be in `PATH`."""


class EntryPointsTable(_Table):
    """Where its code is: `package.module:Object`, or a program."""

    provider: Target | None = None
    """The provider's class, made once for each configured instance as `Class(name, config)`; or a program."""
    workflow: Target | None = None
    """The plugin that brings kinds of operations: a class, an object or a module; or a program."""
    hooks: Target | None = None
    """The plugin that watches, guards and wraps: a class, an object or a module; or a program."""


class ProviderTable(_Table):
    """What the provider can do."""

    capabilities: list[CapabilityName] = []
    """The optional parts of the provider interface that it implements."""
    listing_lag: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = 5.0
    """How long the cloud may hide from a listing what it has created, in seconds."""


class WorkflowTable(_Table):
    """What it brings to workflows."""

    operation_kinds: list[KindName] = []
    """The names of the kinds of operations, all of them."""


class HooksTable(_Table):
    """Which hooks its `hooks` plugin has."""

    implements: list[HookName] | None = None
    """The names of the hooks that it implements or wraps, all of them; unchecked when left out."""


class SecretsTable(_Table):
    """Which secrets it can resolve."""

    names: list[SecretsName] = []
    """What stands first in a reference to its secrets: `vault` for `{{vault.path}}`. Hook: `resolve_secret`."""


class ConfigSourceTable(_Table):
    """Whether it says anything of the configuration."""

    provides: bool = False
    """Whether it is a layer of the configuration, under every file. Hook: `load_config`."""


class HealthTable(_Table):
    """What `doctor` can look at with its help."""

    checks: list[CheckName] = []
    """The names of its checks, which people see behind its own: `NAME.check`. Hook: `health_checks`."""


class EngineTable(_Table):
    """Where it can run operations."""

    types: list[EngineType] = []
    """What `[engine] type` may say to mean it. Hook: `create_engine`."""
    remote: bool = False
    """Whether its operations run in workers, other processes. Hooks: `create_worker` and `cluster_status`."""


class StoreTable(_Table):
    """Where it can keep the journal."""

    schemes: list[Scheme] = []
    """The schemes of `[store] url` that mean it, like `postgresql`. Hook: `open_store`."""


class ApiTable(_Table):
    """Whether it answers over HTTP."""

    routes: bool = False
    """Whether it answers requests below `/extensions/NAME/`. Hook: `api_routes`."""


class ConfigTable(_Table):
    """How it is configured."""

    schema_file: Annotated[str | None, Field(alias="schema")] = None
    """The file with the JSON Schema of its configuration, relative to the manifest."""


class TemplateTable(_Table):
    """A workflow template: a document that is run by its name."""

    file: Annotated[str, Field(min_length=1)]
    """The workflow document, relative to the manifest."""
    description: str = ""
    """One line for people."""


class CommandTable(_Table):
    """A command, `provisioning <name> ...`."""

    entry: Target
    """What is called, as `package.module:object`: a function of a context and the arguments, or a `click.Command`; or a
    program."""
    help: Annotated[str, Field(min_length=1)]
    """One line for people."""


class Manifest(_Table):
    """One `extension.toml`."""

    extension: ExtensionTable
    """What the extension is."""
    compatibility: CompatibilityTable
    """What it fits; required from day one."""
    entry_points: EntryPointsTable = EntryPointsTable()
    """Where its code is; left out by one that brings only templates or commands."""
    provider: ProviderTable = ProviderTable()
    """What its provider can do."""
    workflow: WorkflowTable = WorkflowTable()
    """What it brings to workflows."""
    hooks: HooksTable = HooksTable()
    """Which hooks its plugin has."""
    secrets: SecretsTable = SecretsTable()
    """Which secrets it can resolve."""
    config_source: ConfigSourceTable = ConfigSourceTable()
    """Whether it says anything of the configuration."""
    health: HealthTable = HealthTable()
    """What `doctor` can look at with its help."""
    engine: EngineTable = EngineTable()
    """Where it can run operations."""
    store: StoreTable = StoreTable()
    """Where it can keep the journal."""
    api: ApiTable = ApiTable()
    """Whether it answers over HTTP."""
    config: ConfigTable = ConfigTable()
    """How it is configured."""
    templates: Annotated[dict[TemplateName, TemplateTable], _CLOSED] = {}
    """The workflow templates that it brings, by name: `provisioning workflow run <name>`."""
    commands: Annotated[dict[CommandName, CommandTable], _CLOSED] = {}
    """The commands that it brings, by name: `provisioning <name>`."""

    def target(self, role: str) -> str | CommandTarget | None:
        """Return where the code for `provider`, `workflow` or `hooks` is; None when it brings none."""
        found: str | CommandTarget | None = getattr(self.entry_points, role)
        return found

    def services(self) -> dict[str, str]:
        """Return the hooks that it announces of what it does for the program, each with the table that does so."""
        announced = {
            "resolve_secret": ("secrets", self.secrets.names),
            "load_config": ("config_source", self.config_source.provides),
            "health_checks": ("health", self.health.checks),
            "create_engine": ("engine", self.engine.types),
            "create_worker": ("engine", self.engine.remote),
            "cluster_status": ("engine", self.engine.remote),
            "open_store": ("store", self.store.schemes),
            "api_routes": ("api", self.api.routes),
        }
        return {hook: table for hook, (table, is_there) in announced.items() if is_there}

    def program(self, role: str) -> CommandTarget | None:
        """Return the program for a role; None where it is Python's, or nothing."""
        return self.programs().get(("entry_points", role))

    def programs(self) -> dict[tuple[str, ...], CommandTarget]:
        """Return every program, by the keys under which it stands."""
        targets: dict[tuple[str, ...], str | CommandTarget | None] = {
            ("entry_points", role): self.target(role) for role in _ROLES
        }
        targets |= {("commands", name, "entry"): command.entry for name, command in self.commands.items()}
        return {keys: target for keys, target in targets.items() if isinstance(target, CommandTarget)}

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, defaults filled in."""
        return self.model_dump(mode="json", by_alias=True)


def manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema of `extension.toml`."""
    return Manifest.model_json_schema()
