"""A JSON Schema that an extension brings, and what a value lacks to fit it.

Dialect 2020-12, checked by jsonschema, which is imported when a value does not certainly fit (`quick_check`). A schema
is a stranger's: nothing is fetched for it, and what is wrong with it is said as the extension's defect.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from provisioning.dispatch.quick_check import quick_check
from provisioning.dispatch.secrecy import secret_paths
from provisioning.errors import ExtensionBroken

__all__ = ["JsonSchema", "Path"]

Path = tuple[str | int, ...]
"""Where in a value something is: names of keys, and positions counted from 0."""

_CONTENT_KEYWORDS = frozenset({"not", "if", "enum", "const", "contains", "uniqueItems"})
"""Keywords that judge a whole list or table by what is in it, and cannot while that is not known."""


def _never(_text: str) -> bool:
    return False


class JsonSchema:
    """One schema of the extension `extension`; `subject` says in messages what it describes."""

    def __init__(self, document: Any, *, extension: str, subject: str) -> None:
        self._document = document
        self._extension = extension
        self._subject = subject
        self._is_surely_valid = quick_check(document)
        self._validator: tuple[Callable[[str], bool], Any] | None = None

    def problems(self, value: Any, allow_references: Callable[[str], bool] = _never) -> list[tuple[Path, str]]:
        """Return everything wrong with `value`, each with its path; no message holds any of the value itself.

        Text for which `allow_references` is true may stand for anything. Raises `ExtensionBroken` for a document
        that is no JSON Schema.
        """
        if self._is_surely_valid(value):
            return []
        from provisioning.dispatch.complaint import complaints_of  # noqa: PLC0415 - brings jsonschema

        validator = self._validator_for(allow_references)
        try:
            errors = list(validator.iter_errors(value))
        except Exception as error:  # references to nowhere, patterns that are none, circles
            raise self._broken(f"cannot be used: {type(error).__name__}: {error}") from error
        return [complaint for error in errors for complaint in complaints_of(error)]

    def check(self) -> None:
        """Raise `ExtensionBroken` when the document is no JSON Schema."""
        from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415

        try:
            Draft202012Validator.check_schema(self._document)
        except SchemaError as error:
            place = ".".join(map(str, error.absolute_path)) or "its top"
            raise self._broken(f"is no JSON Schema: {error.message} (at {place})") from error

    def filled(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return a copy of `value` with the `default` of each property that is not there, in inner tables too."""
        return _filled(self._document, value)

    def secrets(self, value: Any) -> list[Path]:
        """Return where in `value` the schema says that a secret stands (`writeOnly`, or the format `password`)."""
        return list(dict.fromkeys(secret_paths(self._document, value)))

    def _validator_for(self, is_reference: Callable[[str], bool]) -> Any:
        kept = self._validator
        if kept is None or kept[0] is not is_reference:
            self.check()
            kept = self._validator = (is_reference, _patient_validator(self._document, is_reference))
        return kept[1]

    def _broken(self, what: str) -> ExtensionBroken:
        return ExtensionBroken(
            f"the schema of the {self._subject} {what}",
            extension=self._extension,
            hint=f"the author of {self._extension} has to mend the schema",
        )


def _filled(schema: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(value)
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    for name, part in (properties or {}).items():
        if name not in result:
            if isinstance(part, Mapping) and "default" in part:
                result[name] = deepcopy(part["default"])
        elif isinstance(result[name], Mapping):
            result[name] = _filled(part, result[name])
    return result


def _patient_validator(schema: Any, is_reference: Callable[[str], bool]) -> Any:
    """Return a validator to which text that is not resolved yet fits everywhere."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415
    from jsonschema.validators import extend  # noqa: PLC0415
    from referencing.jsonschema import EMPTY_REGISTRY  # noqa: PLC0415 - the default one fetches from the network

    known = Draft202012Validator.VALIDATORS
    patient = {name: _patient(name, known[name], known["anyOf"], is_reference) for name in known}
    kind: Any = extend(Draft202012Validator, patient)  # type: ignore[no-untyped-call]
    if isinstance(schema, Mapping):  # with "$schema" jsonschema would go back to its own validator
        schema = {key: value for key, value in schema.items() if key != "$schema"}
    return kind(schema, registry=EMPTY_REGISTRY)


def _patient(keyword: str, check: Any, any_of: Any, is_reference: Callable[[str], bool]) -> Any:
    def patient(validator: Any, argument: Any, instance: Any, schema: Any) -> Any:
        if isinstance(instance, str):
            return None if is_reference(instance) else check(validator, argument, instance, schema)
        if keyword in _CONTENT_KEYWORDS and _holds(instance, is_reference):
            return None
        if keyword == "oneOf" and _holds(instance, is_reference):
            return any_of(validator, argument, instance, schema)
        return check(validator, argument, instance, schema)

    return patient


def _holds(value: Any, is_reference: Callable[[str], bool]) -> bool:
    if isinstance(value, str):
        return is_reference(value)
    if isinstance(value, Mapping):
        return any(_holds(item, is_reference) for item in value.values())
    return isinstance(value, list) and any(_holds(item, is_reference) for item in value)
