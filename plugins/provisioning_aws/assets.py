"""The hooks of volumes, networks, key pairs and firewalls: an asset is looked for by its token before it is made.

What closes the gap between the look and the creation is EC2's own: a client token for a volume, addresses that cannot
overlap for a subnet, unique names for a key pair and a security group, made from the token.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.contract import (
    Asset,
    AssetKind,
    AssetSpec,
    Firewall,
    KeyPair,
    Network,
    Volume,
    hookimpl,
)
from provisioning.errors import AlreadyExists, InvalidRequest, NotFound, ResourceConflict
from provisioning_aws.asset import ASSET_TAG, as_asset, asset_tags, is_answer_to, permission, wanted_rules, written
from provisioning_aws.instance import TOKEN_TAG
from provisioning_aws.session import Session
from provisioning_aws.translation import translated

__all__ = ["AssetHooks"]

_CALLS = {
    AssetKind.VOLUME: ("describe_volumes", "Volumes", "VolumeIds", "volume"),
    AssetKind.NETWORK: ("describe_subnets", "Subnets", "SubnetIds", "subnet"),
    AssetKind.KEY_PAIR: ("describe_key_pairs", "KeyPairs", "KeyNames", "key-pair"),
    AssetKind.FIREWALL: ("describe_security_groups", "SecurityGroups", "GroupIds", "security-group"),
}
_DEVICES = [f"/dev/sd{letter}" for letter in "fghijklmnop"]
"""The names that EC2 recommends for volumes of data."""


class AssetHooks:
    """What a provider over EC2 keeps besides instances."""

    _name: str
    _session: Session
    _config: Mapping[str, Any]

    @hookimpl
    def create_asset(self, spec: AssetSpec, client_token: str, labels: Mapping[str, str]) -> Asset[Any]:
        """Make an asset, unless the token has; raise `InvalidRequest` when it was for another one."""
        made = self.find_asset(spec.kind, client_token) or self._new(spec, client_token, labels)
        if not is_answer_to(spec, made.spec) or made.labels != labels:
            raise InvalidRequest(
                f"{self._name} made {spec.kind.words} {made.id} with this client token for another request",
                provider=self._name,
                hint="use a new client token for a new one",
            )
        return made

    @hookimpl
    def find_asset(self, kind: AssetKind, client_token: str) -> Asset[Any] | None:
        """Return the asset that carries this token, or None. Rules that a firewall lacks still are put in force."""
        asked = {"Name": f"tag:{TOKEN_TAG}", "Values": [client_token]}
        shown = next(self._shown_assets(kind, Filters=[asked]), None)
        return None if shown is None else self._whole(kind, shown)

    @hookimpl
    def get_asset(self, kind: AssetKind, asset_id: str) -> Asset[Any]:
        """Return an asset; raise `NotFound` when it is gone. Rules that a firewall lacks still are put in force."""
        return self._whole(kind, self._known(kind, asset_id))

    @hookimpl
    def list_assets(self, kind: AssetKind, labels: Mapping[str, str] | None) -> Iterator[Asset[Any]]:
        """Yield the assets that carry all of `labels`."""
        wanted = dict(labels or {}).items()
        assets = (as_asset(kind, shown, self._name) for shown in self._shown_assets(kind))
        yield from (asset for asset in assets if wanted <= asset.labels.items())

    @hookimpl
    def delete_asset(self, kind: AssetKind, asset_id: str) -> None:
        """Delete an asset; one that is gone is a success, one that is in use a `ResourceConflict`."""
        client = self._session.client("ec2")
        try:
            self._known(kind, asset_id)  # what is not ours is not deleted
            with translated(self._name, f"delete {kind.words} {asset_id}"):
                if kind is AssetKind.VOLUME:
                    client.delete_volume(VolumeId=asset_id)
                elif kind is AssetKind.NETWORK:
                    client.delete_subnet(SubnetId=asset_id)
                elif kind is AssetKind.KEY_PAIR:
                    client.delete_key_pair(KeyName=asset_id)
                else:
                    client.delete_security_group(GroupId=asset_id)
        except NotFound:
            return

    @hookimpl
    def attach_volume(self, volume_id: str, server_id: str) -> None:
        """Give a volume to an instance; one that it has is a success."""
        holder = self.get_asset(AssetKind.VOLUME, volume_id).attached_to
        if holder == server_id:
            return
        if holder is not None:
            raise ResourceConflict(f"volume {volume_id} is attached to server {holder}", provider=self._name)
        client = self._session.client("ec2")
        with translated(self._name, f"attach volume {volume_id} to server {server_id}"):
            found = client.describe_instances(InstanceIds=[server_id])["Reservations"][0]["Instances"][0]
            used = {one["DeviceName"] for one in found.get("BlockDeviceMappings", ())}
            device = next((name for name in _DEVICES if name not in used), None)
            if device is None:
                raise InvalidRequest(f"server {server_id} has no place for one more volume", provider=self._name)
            client.attach_volume(VolumeId=volume_id, InstanceId=server_id, Device=device)

    @hookimpl
    def detach_volume(self, volume_id: str) -> None:
        """Take a volume from its instance; one that no instance has is a success."""
        volume = self.get_asset(AssetKind.VOLUME, volume_id)
        if volume.attached_to is not None:
            with translated(self._name, f"detach volume {volume_id}"):
                self._session.client("ec2").detach_volume(
                    VolumeId=volume_id, InstanceId=volume.attached_to, Device=volume.raw["device"]
                )

    # -- requests ------------------------------------------------------------------------------------------------

    def _shown_assets(self, kind: AssetKind, **request: Any) -> Iterator[Mapping[str, Any]]:
        """Yield what EC2 shows of the assets of a kind that were made here, page by page."""
        call, key, _, _ = _CALLS[kind]
        ours = {"Name": f"tag:{ASSET_TAG}", "Values": [str(kind)]}
        asked = {**request, "Filters": [ours, *request.get("Filters", ())]}
        if kind is AssetKind.KEY_PAIR:
            asked["IncludePublicKey"] = True
        client = self._session.client("ec2")
        try:
            with translated(self._name, f"look for {kind.words}s"):
                is_paged = client.can_paginate(call)
                pages = client.get_paginator(call).paginate(**asked) if is_paged else [getattr(client, call)(**asked)]
                for page in pages:
                    for shown in page[key]:
                        if shown.get("State") not in ("deleting", "deleted"):
                            yield shown
        except NotFound:
            return

    def _known(self, kind: AssetKind, asset_id: str) -> Mapping[str, Any]:
        """Return what EC2 shows of an asset; raise `NotFound` when it is gone."""
        shown = next(self._shown_assets(kind, **{_CALLS[kind][2]: [asset_id]}), None)
        if shown is None:
            raise NotFound(f"{self._name} has no {kind.words} {asset_id}", provider=self._name)
        return shown

    def _whole(self, kind: AssetKind, shown: Mapping[str, Any]) -> Asset[Any]:
        """Return an asset; a firewall whose creation was cut off before all its rules is completed."""
        asset = as_asset(kind, shown, self._name)
        if kind is AssetKind.FIREWALL and not asset.is_ready:
            self._allow(asset.id, shown)
            with translated(self._name, "look for firewalls"):
                answer = self._session.client("ec2").describe_security_groups(GroupIds=[asset.id])
            asset = as_asset(kind, answer["SecurityGroups"][0], self._name)
        return asset

    def _allow(self, group_id: str, shown: Mapping[str, Any]) -> None:
        for rule in wanted_rules({tag["Key"]: tag["Value"] for tag in shown.get("Tags", ())}):
            try:
                with translated(self._name, f"allow {written(rule)} in firewall {group_id}"):
                    self._session.client("ec2").authorize_security_group_ingress(
                        GroupId=group_id, IpPermissions=[permission(rule)]
                    )
            except AlreadyExists:
                continue

    def _new(self, spec: AssetSpec, token: str, labels: Mapping[str, str]) -> Asset[Any]:
        """Make an asset, or return the one that somebody as quick has made with this token."""
        try:
            with translated(self._name, f"create {spec.kind.words} {spec.name}"):
                return as_asset(spec.kind, self._make(spec, token, labels), self._name)
        except AlreadyExists as error:
            made = self.find_asset(spec.kind, token)
            if made is not None:
                return made
            if spec.kind is AssetKind.NETWORK:  # its addresses may be a stranger's
                raise
            message = f"{spec.kind.words} {spec.name} of {self._name} is being created by somebody else"
            raise ResourceConflict(message, provider=self._name) from error

    def _make(self, spec: AssetSpec, token: str, labels: Mapping[str, str]) -> Mapping[str, Any]:
        """Ask for an asset; return it as EC2 would describe it, which it may not do at once."""
        client = self._session.client("ec2")
        rules = " ".join(map(written, spec.rules)) if isinstance(spec, Firewall) else ""
        tags = asset_tags(spec.kind, spec.name, token, labels, rules)
        marks = [{"ResourceType": _CALLS[spec.kind][3], "Tags": tags}]
        unique = f"{spec.name[:200]}-{hashlib.sha256(token.encode()).hexdigest()[:12]}"
        if isinstance(spec, Volume):
            zone = spec.zone or client.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
            made = client.create_volume(
                AvailabilityZone=zone,
                Size=spec.size_gib or 1,
                VolumeType="gp3",
                ClientToken=token,
                TagSpecifications=marks,
            )
            return {**made, "Tags": tags}
        if isinstance(spec, KeyPair):
            client.import_key_pair(KeyName=unique, PublicKeyMaterial=spec.public_key.encode(), TagSpecifications=marks)
            return {"KeyName": unique, "PublicKey": spec.public_key, "Tags": tags}
        vpc = self._vpc(client)
        if isinstance(spec, Network):
            if spec.cidr is None:
                raise InvalidRequest(f"network {spec.name} needs a cidr within {vpc}", provider=self._name)
            place = {} if spec.zone is None else {"AvailabilityZone": spec.zone}
            made = client.create_subnet(VpcId=vpc, CidrBlock=spec.cidr, TagSpecifications=marks, **place)
            return {**made["Subnet"], "Tags": tags}
        made = client.create_security_group(
            GroupName=unique, Description=f"firewall {spec.name[:200]}", VpcId=vpc, TagSpecifications=marks
        )
        return {"GroupId": made["GroupId"], "Tags": tags}

    def _vpc(self, client: Any) -> str:
        """Return the VPC that is configured, else the region's default one."""
        if self._config.get("vpc"):
            return str(self._config["vpc"])
        found = client.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        if not found:
            raise InvalidRequest(f"{self._name} has no default VPC", provider=self._name, hint="set `vpc`")
        return str(found[0]["VpcId"])
