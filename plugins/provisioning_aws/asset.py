"""EC2's volumes, subnets, key pairs and security groups as the field's assets, and what is put onto one of ours.

Root disks carry the tags of their instance, too, so what was made for its own sake has a tag more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from provisioning.contract import Asset, AssetKind, AssetSpec, Firewall, FirewallRule, KeyPair, Network, Volume
from provisioning_aws.instance import TOKEN_TAG, as_tags

__all__ = ["ASSET_TAG", "as_asset", "asset_tags", "is_answer_to", "permission", "wanted_rules", "written"]

ASSET_TAG = "provisioning-asset"
"""The tag of an asset; its value is the kind."""

_RULES_TAG = "provisioning-rules-"
_LONGEST = 240
_OWN = ("Name", TOKEN_TAG, ASSET_TAG)


def asset_tags(
    kind: AssetKind, name: str, token: str, labels: Mapping[str, str], rules: str = ""
) -> list[dict[str, str]]:
    """Return the tags of a new asset; the rules of a firewall stand there until all are in force."""
    pieces = [rules[start : start + _LONGEST] for start in range(0, len(rules), _LONGEST)]
    own = {ASSET_TAG: str(kind), **{f"{_RULES_TAG}{number}": piece for number, piece in enumerate(pieces)}}
    return as_tags(name, token, {**labels, **own})


def as_asset(kind: AssetKind, shown: Mapping[str, Any], provider: str) -> Asset[Any]:
    """Return what EC2 describes."""
    tags = {tag["Key"]: tag["Value"] for tag in shown.get("Tags", ())}
    name = tags.get("Name", "")
    spec: Any
    raw: Mapping[str, Any] = {}
    if kind is AssetKind.VOLUME:
        attached = [one for one in shown.get("Attachments", ()) if one.get("State") != "detached"]
        spec, asset_id = Volume(name, shown.get("Size"), shown.get("AvailabilityZone")), shown["VolumeId"]
        is_ready, holder = shown["State"] in ("available", "in-use"), attached[0]["InstanceId"] if attached else None
        raw = {"device": attached[0]["Device"]} if attached else {}
    elif kind is AssetKind.NETWORK:
        spec, asset_id = Network(name, shown.get("CidrBlock"), shown.get("AvailabilityZone")), shown["SubnetId"]
        is_ready, holder = shown["State"] == "available", None
    elif kind is AssetKind.KEY_PAIR:
        spec, asset_id = KeyPair(name, (shown.get("PublicKey") or "").strip()), shown["KeyName"]
        is_ready, holder = True, None
    else:
        rules = _rules_of(shown)
        spec, asset_id = Firewall(name, rules), shown["GroupId"]
        is_ready, holder = set(wanted_rules(tags)) <= set(rules), None
    created = shown.get("CreateTime")
    return Asset(
        id=asset_id,
        spec=spec,
        provider=provider,
        is_ready=is_ready,
        attached_to=holder,
        labels={key: value for key, value in tags.items() if _is_label(key)},
        client_token=tags.get(TOKEN_TAG),
        raw=raw,
        created_at=None if created is None else created.isoformat().replace("+00:00", "Z"),
    )


def _rules_of(shown: Mapping[str, Any]) -> tuple[FirewallRule, ...]:
    """Return the rules that a security group has in force, in an order of their own."""
    found = [
        FirewallRule(one["IpProtocol"], one["FromPort"], one["ToPort"], source["CidrIp"])
        for one in shown.get("IpPermissions", ())
        for source in one.get("IpRanges", ())
        if "FromPort" in one
    ]
    return tuple(sorted(found, key=written))


def written(rule: FirewallRule) -> str:
    """Return a rule as a tag holds it."""
    return f"{rule.protocol}/{rule.first_port}-{rule.last_port}/{rule.source}"


def wanted_rules(tags: Mapping[str, str]) -> Sequence[FirewallRule]:
    """Return the rules that a security group is to have, as its tags tell."""
    keys = sorted((key for key in tags if key.startswith(_RULES_TAG)), key=lambda key: int(key[len(_RULES_TAG) :]))
    rules = []
    for text in filter(None, "".join(tags[key] for key in keys).split(" ")):
        protocol, ports, source = text.split("/", 2)
        first, _, last = ports.partition("-")
        rules.append(FirewallRule(protocol, int(first), int(last), source))
    return rules


def is_answer_to(wanted: AssetSpec, made: AssetSpec) -> bool:
    """Whether what was made is what is asked for, as far as that says; rules may not all be in force yet."""
    if isinstance(wanted, Firewall) and isinstance(made, Firewall):
        return wanted.name == made.name and set(made.rules) <= set(wanted.rules)
    if isinstance(wanted, KeyPair) and isinstance(made, KeyPair):  # EC2 may keep another comment
        return wanted.name == made.name and wanted.public_key.split()[:2] == made.public_key.split()[:2]
    return all(asked in (None, getattr(made, name)) for name, asked in asdict(wanted).items())


def permission(rule: FirewallRule) -> dict[str, Any]:
    """Return a rule as EC2 takes it."""
    return {
        "IpProtocol": rule.protocol,
        "FromPort": rule.first_port,
        "ToPort": rule.last_port,
        "IpRanges": [{"CidrIp": rule.source}],
    }


def _is_label(key: str) -> bool:
    return key not in _OWN and not key.startswith(("aws:", _RULES_TAG))
