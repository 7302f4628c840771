"""The settings that the core itself knows: their types, bounds and defaults, as models that also give the schema.

Durations are seconds. A number may be written as text, because what comes from an environment variable is text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "EngineSettings",
    "ExtensionsSettings",
    "ProviderSettings",
    "ProviderTable",
    "RetrySettings",
    "Settings",
    "StoreSettings",
    "WorkflowSettings",
    "built_in_defaults",
    "config_schema",
]

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")


def _number(value: Any) -> Any:
    if not (isinstance(value, str) and _NUMBER.fullmatch(value.strip())):
        return value
    return float(value) if "." in value else int(value)


_Count = Annotated[int, BeforeValidator(_number), Field(ge=1)]
_Seconds = Annotated[float, BeforeValidator(_number), Field(ge=0)]
_Rate = Annotated[float, BeforeValidator(_number), Field(gt=0, allow_inf_nan=False)]
_TimeLimit = Annotated[float, BeforeValidator(_number), Field(gt=0)]


class _Table(BaseModel):
    """A table that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class StoreSettings(_Table):
    """Where the journal is kept."""

    url: str = "sqlite:///.provisioning/journal.db"
    """The journal's URL. A relative SQLite path is taken from the workspace; other schemes are those of extensions."""


class EngineSettings(_Table):
    """What runs the operations."""

    type: str = "threads"
    """The engine: `threads` runs them in this process; others are those of extensions."""


class RetrySettings(_Table):
    """How an operation is tried again after an error that may pass."""

    attempts: _Count = 3
    """How often an operation is tried in all."""
    initial_delay: _Seconds = 1.0
    """Seconds before the second attempt."""
    factor: Annotated[float, BeforeValidator(_number), Field(ge=1)] = 2.0
    """By how much the delay grows from one attempt to the next."""
    max_delay: _Seconds = 60.0
    """The longest delay, in seconds."""
    jitter: Annotated[float, BeforeValidator(_number), Field(ge=0, le=1)] = 0.1
    """How much of a delay is left to chance, from 0 to 1."""


class WorkflowSettings(_Table):
    """How a workflow runs where its document does not say otherwise."""

    parallelism: _Count = 10
    """How many operations run at once."""
    on_failure: Literal["rollback", "stop", "continue"] = "rollback"
    """What happens after a failed operation."""
    retry: RetrySettings = RetrySettings()
    timeout: _TimeLimit = 600.0
    """Seconds that one operation may take."""
    run_timeout: _TimeLimit | None = None
    """Seconds that a whole run may take, from each start or resume; no limit when left out."""


class ExtensionsSettings(_Table):
    """Which extensions are looked for, and which are used."""

    paths: list[str] = []
    """Further folders that hold extensions. A relative one is taken from the workspace."""
    enabled: list[str] = []
    """Names of extensions that are used although their manifests say that they are off until they are enabled."""
    disabled: list[str] = []
    """Names of extensions that are not used, whatever `enabled` says."""
    prefer: dict[str, str] = {}
    """For a name of two extensions: the origin that is used. For what both bring: the name of the one that is used."""
    options: dict[str, dict[str, Any]] = {}
    """The options of each extension by its name, checked against its own schema. A provider's are its instance's."""


class ProviderTable(BaseModel):
    """One provider instance. Keys beyond these are the provider's own, checked against its own schema."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, use_attribute_docstrings=True)

    type: str | None = None
    """The provider's type; the instance's name when left out."""
    timeout: _TimeLimit | None = None
    """Seconds that one call to the provider may take."""
    max_parallel: _Count | None = None
    """How many operations use this instance at once."""
    requests_per_second: _Rate | None = None
    """How many calls to the provider go out in a second, evenly spaced."""
    listing_lag: _Seconds | None = None
    """Seconds after which everything that was created is certainly listed."""
    pool: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=40)] = "default"
    """Whose workers call it, where operations run in workers."""


class Settings(_Table):
    """The configuration of `provisioning`."""

    store: StoreSettings = StoreSettings()
    engine: EngineSettings = EngineSettings()
    workflow: WorkflowSettings = WorkflowSettings()
    paths: dict[str, str] = {}
    """Folders by name, for references: `{{paths.base}}` is the workspace unless it is set."""
    extensions: ExtensionsSettings = ExtensionsSettings()
    providers: dict[str, ProviderTable] = {}
    """The provider instances by name."""
    vars: dict[str, Any] = {}
    """Values of your own, for references in the configuration and in workflows."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """One configured provider instance, its references resolved.

    `timeout` and `listing_lag` are seconds; None is for what was not said. `options` are the provider's own keys.
    """

    name: str
    type: str
    timeout: float | None
    max_parallel: int | None
    requests_per_second: float | None
    listing_lag: float | None
    options: Mapping[str, Any]
    pool: str = "default"

    @classmethod
    def from_table(cls, name: str, table: ProviderTable) -> "ProviderSettings":
        """Make the settings of the instance `name`."""
        return cls(
            name=name,
            type=table.type or name,
            timeout=table.timeout,
            max_parallel=table.max_parallel,
            requests_per_second=table.requests_per_second,
            listing_lag=table.listing_lag,
            options=table.model_extra or {},
            pool=table.pool,
        )


def built_in_defaults(workspace: Path, providers: list[str]) -> dict[str, Any]:
    """Return what the program does when nothing is said; each instance of `providers` is of the type of its name."""
    defaults = Settings().model_dump(exclude_none=True)
    defaults["paths"] = {"base": str(workspace)}
    defaults["providers"] = {name: {"type": name} for name in providers}
    return defaults


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of a configuration file."""
    schema = Settings.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
