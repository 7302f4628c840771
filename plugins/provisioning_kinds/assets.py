"""The kinds that make and delete volumes, networks, key pairs and firewalls: what each takes."""

from collections.abc import Mapping
from typing import Any

from provisioning.contract import AssetSpec, Firewall, FirewallRule, KeyPair, Network, Volume
from provisioning_kinds.asset_create import creation
from provisioning_kinds.asset_delete import deletion
from provisioning_kinds.shape import of_type, table

__all__ = ["ASSET_KINDS"]

_NAME = of_type("string", "Its name.", minLength=1)
_ZONE = of_type("string", "Where it lies, by the provider's own name.")
_PORT = {"minimum": 1, "maximum": 65535}
_RULE = table(
    "What is let in.",
    {
        "protocol": of_type("string", "The protocol.", enum=["tcp", "udp"]),
        "first_port": of_type("integer", "The first port.", **_PORT),
        "last_port": of_type("integer", "The last port; the first one without it.", **_PORT),
        "source": of_type("string", "From which addresses, in CIDR notation.", default="0.0.0.0/0"),
    },
    required=["protocol", "first_port"],
)


def _firewall(given: Mapping[str, Any]) -> Firewall:
    rules = (
        FirewallRule(
            rule["protocol"],
            rule["first_port"],
            rule.get("last_port", rule["first_port"]),
            rule.get("source", "0.0.0.0/0"),
        )
        for rule in given.get("rules", ())
    )
    return Firewall(given["name"], tuple(rules))


_PARTS: tuple[type[AssetSpec], ...] = (Volume, Network, KeyPair, Firewall)

ASSET_KINDS = (
    creation(
        Volume,
        {"name": _NAME, "size_gib": of_type("integer", "Its size in GiB.", minimum=1), "zone": _ZONE},
        lambda given: Volume(given["name"], given.get("size_gib"), given.get("zone")),
    ),
    creation(
        Network,
        {"name": _NAME, "cidr": of_type("string", "Its addresses, in CIDR notation."), "zone": _ZONE},
        lambda given: Network(given["name"], given.get("cidr"), given.get("zone")),
    ),
    creation(
        KeyPair,
        {"name": _NAME, "public_key": of_type("string", "The public half, in OpenSSH's form.", minLength=1)},
        lambda given: KeyPair(given["name"], given["public_key"]),
    ),
    creation(
        Firewall,
        {"name": _NAME, "rules": of_type("array", "What is let in; nothing without it.", items=_RULE)},
        _firewall,
    ),
    *(deletion(part) for part in _PARTS),
)
"""In the order in which the documentation tells of them."""
