"""An EC2 instance as the field's server, and what is put onto one that makes it ours."""

from collections.abc import Mapping
from typing import Any

from provisioning.contract import Server, ServerState

__all__ = ["TOKEN_TAG", "as_server", "as_tags", "filters_for"]

TOKEN_TAG = "provisioning-token"  # noqa: S105 - a key, not a secret
"""The tag that holds the client token: EC2's own filter for tokens forgets them with the instance's end."""

_NAME_TAG = "Name"
_STATES = {
    "pending": ServerState.PENDING,
    "running": ServerState.RUNNING,
    "stopping": ServerState.STOPPING,
    "stopped": ServerState.STOPPED,
    "shutting-down": ServerState.DELETING,
    "terminated": ServerState.DELETED,
}


def as_server(instance: Mapping[str, Any], provider: str) -> Server:
    """Return an instance, as EC2 describes it, as a server."""
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", ())}
    launched = instance.get("LaunchTime")
    return Server(
        id=instance["InstanceId"],
        name=tags.get(_NAME_TAG) or instance["InstanceId"],
        state=_STATES.get(instance.get("State", {}).get("Name", ""), ServerState.UNKNOWN),
        provider=provider,
        zone=instance.get("Placement", {}).get("AvailabilityZone"),
        size=instance.get("InstanceType"),
        image=instance.get("ImageId"),
        public_ips=tuple(filter(None, [instance.get("PublicIpAddress")])),
        private_ips=tuple(filter(None, [instance.get("PrivateIpAddress")])),
        labels={key: value for key, value in tags.items() if key not in (_NAME_TAG, TOKEN_TAG) and key[:4] != "aws:"},
        client_token=tags.get(TOKEN_TAG) or instance.get("ClientToken") or None,
        created_at=None if launched is None else launched.isoformat().replace("+00:00", "Z"),
        raw={name: instance[key] for key, name in _RAW.items() if instance.get(key)},
    )


_RAW = {"VpcId": "vpc", "SubnetId": "subnet", "Architecture": "architecture", "PublicDnsName": "public_dns"}


def as_tags(name: str, client_token: str, labels: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the tags of a new instance."""
    tags = {**labels, _NAME_TAG: name, TOKEN_TAG: client_token}
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def filters_for(labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return EC2's filters for instances that are not gone and may carry these labels.

    A value that holds one of EC2's wildcards is left out: whoever asks looks at the labels of what comes.
    """
    states = [name for name, state in _STATES.items() if state is not ServerState.DELETED]
    plain = {key: value for key, value in labels.items() if value and not set(value) & set("*?\\")}
    wanted = [{"Name": f"tag:{key}", "Values": [value]} for key, value in plain.items()]
    return [{"Name": "instance-state-name", "Values": states}, *wanted]
