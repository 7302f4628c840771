"""An operation's parameters with every reference resolved: whether they can be used, and their digest."""

import json
from collections.abc import Mapping
from typing import Any

from provisioning.contract import wire
from provisioning.errors import OperationFailed
from provisioning.source import dotted
from provisioning.workflow.flight import Flight
from provisioning.workflow.ports import MASK

__all__ = ["check_parameters", "digest_of"]


def check_parameters(flight: Flight, *, has_lost_secrets: bool) -> None:
    """Raise `OperationFailed` when they do not fit the kind, or hold a mask in the place of a secret."""
    assert flight.operation is not None  # noqa: S101 - resolved just now
    written, resolved = flight.node.parameters, flight.operation.parameters
    if resolved is written:
        return  # nothing to resolve: the plan has looked at them
    if flight.node.opened is None:
        for path, message in flight.kind.problems(resolved, lambda _: False):
            raise OperationFailed(f"operation {flight.id}: {dotted(('parameters', *path))}: {message}")
    if has_lost_secrets and MASK in _text(resolved) and MASK not in _text(written):
        raise OperationFailed(
            f"operation {flight.id} needs a secret out of an earlier result, and the journal keeps no secrets",
            hint="let it read the secret where it is kept, as {{env.NAME}} for one, or roll the run back",
        )


def digest_of(flight: Flight) -> str:
    """Return a SHA-256 of the resolved parameters: a token belongs to these and no others."""
    assert flight.operation is not None  # noqa: S101 - resolved just now
    return wire.digest_of(flight.operation.parameters)


def _text(parameters: Mapping[str, Any]) -> str:
    return json.dumps(parameters, sort_keys=True, separators=(",", ":"), default=str)
