"""Extensions examined, with what is configured of them, and with their code where that is wanted."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from provisioning.app.options import Options
from provisioning.app.templates import template_problems
from provisioning.config import Configuration
from provisioning.dispatch import ProviderHandle
from provisioning.errors import ConfigurationError, ExtensionError
from provisioning.extensions import (
    Examination,
    ExtensionProblem,
    ExtensionRecord,
    Life,
    ProblemCode,
    brought_kinds,
    examine,
    load_command,
    load_plugin,
    load_provider,
)

__all__ = ["examined"]


def examined(
    record: ExtensionRecord, configuration: Configuration, options: Options, *, with_code: bool = False
) -> Examination:
    """Return everything that is wrong with an extension and with what is configured of it.

    `with_code` imports it as well, with its commands, makes its plugins, and asks them (`extension_validate`,
    `extension_info`); nothing is activated. That is left out for an extension of which anything else is wrong.
    """
    found = examine(record)
    found = replace(found, problems=(*found.problems, *template_problems(record)))
    if not any(problem.code is ProblemCode.CONFIG_SCHEMA_INVALID for problem in found.problems):
        found = replace(found, problems=(*found.problems, *_option_problems(record, configuration, options)))
    if not with_code or found.problems:
        return found
    if not record.is_ready:
        return replace(found, problems=tuple(record.problems))
    return _with_code(found, configuration, options)


def _option_problems(
    record: ExtensionRecord, configuration: Configuration, options: Options
) -> Iterator[ExtensionProblem]:
    for problem in options.problems_of_record(record):
        message = configuration.redactor.redact_text(str(problem))
        yield ExtensionProblem(ProblemCode.CONFIG_INVALID, message, problem.hint)


def _with_code(found: Examination, configuration: Configuration, options: Options) -> Examination:
    record, info, problems = found.record, dict[str, Any](), list[ExtensionProblem]()
    for role in ("workflow", "hooks"):
        if record.is_ready and record.manifest.target(role) is not None:
            with _noting(record, problems):
                said, flaws = _asked(record, role, options.of_extension(record), configuration.workspace)
                info |= said
                problems += (ExtensionProblem(ProblemCode.VALIDATION_FAILED, flaw) for flaw in flaws)
    if record.is_ready and record.manifest.target("provider") is not None:
        with _noting(record, problems):
            _try_provider(record, configuration, options)
    for name in record.commands:
        if record.is_ready:
            with _noting(record, problems):
                load_command(record, name)
    redact = configuration.redactor.redact
    clean = [replace(problem, message=redact(problem.message)) for problem in problems]
    return replace(found, problems=tuple(clean), info=redact(info))


def _asked(
    record: ExtensionRecord, role: str, options: Mapping[str, Any], directory: Path
) -> tuple[Mapping[str, Any], Sequence[str]]:
    """Make one plugin, and return what it says of itself and what keeps it from working."""
    plugin = load_plugin(record, role)
    if role == "workflow":
        brought_kinds(record, plugin)
    return Life(record, plugin, options, directory).examine()


def _try_provider(record: ExtensionRecord, configuration: Configuration, options: Options) -> None:
    """Import a provider's class, and make each of its configured instances; none of them is connected."""
    make = load_provider(record)
    for name in configuration.providers:
        settings = configuration.provider(name)
        if settings.type == record.name:
            checked = options.of_provider(record, settings)
            capabilities = frozenset(record.manifest.provider.capabilities)
            made = partial(make, name, checked)
            handle = ProviderHandle(name, record.name, made, capabilities=capabilities)
            handle.open()
            handle.close()


@contextmanager
def _noting(record: ExtensionRecord, problems: list[ExtensionProblem]) -> Iterator[None]:
    """Turn an error of the extension into a problem: the one that its record has learnt, or a new one."""
    known = len(record.problems)
    try:
        yield
    except (ConfigurationError, ExtensionError) as error:
        learnt = record.problems[known:]
        problems += learnt or [ExtensionProblem(ProblemCode.PLUGIN_FAILED, error.message, error.hint)]
