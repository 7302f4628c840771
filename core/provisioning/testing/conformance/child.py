"""The process that is killed while it creates a server: its orders come on standard input."""

import json
import sys
from pathlib import Path
from typing import Any

from provisioning.contract import OperationContext, ServerSpec
from provisioning.testing.conformance.setup import ProviderSetup
from provisioning.testing.conformance.subject import Subject

__all__ = ["create"]


def create() -> None:
    """Create the server of the orders: `folder` or `name` of the extension, `config`, `spec`, `token` and `labels`."""
    orders = json.load(sys.stdin)
    place = Path(orders["folder"]) if orders["folder"] else orders["name"]
    subject = Subject(ProviderSetup(place, orders["config"]))
    wanted: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in orders["spec"].items()
    }
    provider = subject.instance(subject.make())
    provider.create_server(ServerSpec(**wanted), orders["token"], orders["labels"], OperationContext())
