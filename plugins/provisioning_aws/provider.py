"""The AWS provider: the hooks of the contract, each one a call of EC2's API."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioning.contract import (
    ConnectionStatus,
    Image,
    OperationContext,
    Server,
    ServerSpec,
    ServerState,
    Size,
    Zone,
    hookimpl,
)
from provisioning.errors import (
    AccessDenied,
    InvalidCredentials,
    InvalidRequest,
    NotFound,
    ProviderError,
    ResourceConflict,
)
from provisioning_aws.assets import AssetHooks
from provisioning_aws.images import Images
from provisioning_aws.instance import TOKEN_TAG, as_server, as_tags, filters_for
from provisioning_aws.permissions import missing_permissions
from provisioning_aws.session import Session
from provisioning_aws.translation import code_of, translated

__all__ = ["AwsProvider"]

PAGE = 1000
"""How many servers come at once: the most that EC2 allows."""

LONGEST_NAME = 256
"""How long the value of a tag may be, in characters: the name is one."""

_EXTRA = frozenset({"disk_gib", "iam_profile", "security_groups", "spot"})


class AwsProvider(AssetHooks):
    """One configured use of EC2: an account, seen through a region. Making it touches nothing."""

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self._name = name
        self._config = config
        self._session = Session(name, config)
        self._images = Images(self._session, config["images"])

    @hookimpl
    def check_connection(self, context: OperationContext) -> ConnectionStatus:
        """Ask who the credentials are, and what they may do."""
        begin = context.clock()
        try:
            with translated(self._name, "say who this is"):
                identity = self._session.client("sts").get_caller_identity()
            latency = context.clock() - begin
            region = self._session.client("ec2").meta.region_name
            with translated(self._name, "say what is allowed"):
                missing = missing_permissions(self._session)
        except (InvalidCredentials, AccessDenied) as error:
            return ConnectionStatus(
                True, authenticated=False, message=error.message, sdk=self._session.sdk, hint=error.hint
            )
        except ProviderError as error:
            return ConnectionStatus(reachable=False, message=error.message, sdk=self._session.sdk, hint=error.hint)
        return ConnectionStatus(
            reachable=True,
            authenticated=True,
            message=f"account {identity['Account']} in {region}",
            latency=latency,
            details={"account": identity["Account"], "arn": identity["Arn"], "region": region},
            permissions_missing=missing,
            sdk=self._session.sdk,
            hint="let the user or role do what is missing (IAM)" if missing else None,
        )

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None) -> Iterator[Server]:
        """Yield the instances that carry all of `labels`, page by page."""
        wanted = dict(labels or {})
        request = {"Filters": filters_for(wanted), "PaginationConfig": {"PageSize": PAGE}}
        for server in self._described("list servers", **request):
            if wanted.items() <= server.labels.items():
                yield server

    @hookimpl
    def get_server(self, server_id: str) -> Server:
        """Return one instance; raise `NotFound` when it is terminated, or was never there."""
        doing = f"find server {server_id}"
        found = next(self._described(doing, InstanceIds=[server_id]), None)
        if found is None or found.state is ServerState.DELETED:
            raise NotFound(f"{self._name} has no server {server_id}", provider=self._name)
        return found

    @hookimpl
    def create_server(self, spec: ServerSpec, client_token: str, labels: Mapping[str, str]) -> Server:
        """Run an instance. EC2 itself answers the same token with the same instance."""
        request = self._request(spec, client_token, labels)
        try:
            with translated(self._name, f"create server {spec.name}"):
                answer = self._session.client("ec2").run_instances(**request)
        except ResourceConflict as error:
            found = self.find_server(client_token) if code_of(error) == "IdempotentParameterMismatch" else None
            if found is None:
                raise
            return found  # an alias of an image means a newer one by now; the server is the token's all the same
        return as_server(answer["Instances"][0], self._name)

    @hookimpl
    def find_server(self, client_token: str) -> Server | None:
        """Return the instance that carries this token, or None."""
        return next(self._described("find a server by its token", Filters=filters_for({TOKEN_TAG: client_token})), None)

    @hookimpl
    def delete_server(self, server_id: str) -> None:
        """Terminate an instance, which deletes the disks that it was made with; one that is gone is a success."""
        try:
            with translated(self._name, f"delete server {server_id}"):
                self._session.client("ec2").terminate_instances(InstanceIds=[server_id])
        except NotFound:
            return

    @hookimpl
    def start_server(self, server_id: str) -> None:
        """Start an instance; one that runs is a success."""
        with translated(self._name, f"start server {server_id}"):
            self._session.client("ec2").start_instances(InstanceIds=[server_id])

    @hookimpl
    def stop_server(self, server_id: str) -> None:
        """Stop an instance; one that is stopped is a success."""
        with translated(self._name, f"stop server {server_id}"):
            self._session.client("ec2").stop_instances(InstanceIds=[server_id])

    @hookimpl
    def reboot_server(self, server_id: str) -> None:
        """Reboot a running instance."""
        state = self.get_server(server_id).state
        if state is not ServerState.RUNNING:
            raise ResourceConflict(f"{self._name} cannot reboot server {server_id}: it is {state}", provider=self._name)
        with translated(self._name, f"reboot server {server_id}"):
            self._session.client("ec2").reboot_instances(InstanceIds=[server_id])

    @hookimpl
    def list_sizes(self) -> Sequence[Size]:
        """Return the instance types of the region's current generations."""
        filters = [{"Name": "current-generation", "Values": ["true"]}]
        with translated(self._name, "list sizes"):
            pages = self._session.client("ec2").get_paginator("describe_instance_types").paginate(Filters=filters)
            return sorted((_as_size(one) for page in pages for one in page["InstanceTypes"]), key=lambda one: one.name)

    @hookimpl
    def list_images(self) -> Sequence[Image]:
        """Return the aliases of images."""
        return self._images.offered()

    @hookimpl
    def list_zones(self) -> Sequence[Zone]:
        """Return the availability zones of the region."""
        with translated(self._name, "list zones"):
            answer = self._session.client("ec2").describe_availability_zones()
        zones = answer["AvailabilityZones"]
        return [Zone(zone["ZoneName"], zone.get("RegionName"), zone["State"] == "available") for zone in zones]

    # -- requests ------------------------------------------------------------------------------------------------

    def _described(self, doing: str, **request: Any) -> Iterator[Server]:
        """Yield instances page by page; an id that EC2 does not know, or that can be none, yields nothing."""
        try:
            with translated(self._name, doing):
                pages = self._session.client("ec2").get_paginator("describe_instances").paginate(**request)
                for page in pages:
                    for reservation in page["Reservations"]:
                        for instance in reservation["Instances"]:
                            yield as_server(instance, self._name)
        except NotFound:
            return

    def _request(self, spec: ServerSpec, client_token: str, labels: Mapping[str, str]) -> dict[str, Any]:
        """Return what `RunInstances` takes; raise `InvalidRequest` for what EC2 has no place for."""
        self._check(spec)
        tags = as_tags(spec.name, client_token, labels)
        image = self._images.find(spec.image or self._config["default_image"])
        subnets = [name for name in spec.networks if name.startswith("subnet-")]
        groups = [*self._config["security_groups"], *spec.extra.get("security_groups", ())]
        groups += [*(name for name in spec.networks if name.startswith("sg-")), *spec.firewalls]
        optional = {
            "UserData": spec.user_data,
            "KeyName": spec.key_pairs[0] if spec.key_pairs else None,
            "SubnetId": subnets[0] if subnets else None,
            "SecurityGroupIds": groups,
            "Placement": {"AvailabilityZone": spec.zone} if spec.zone else None,
            "IamInstanceProfile": {"Name": spec.extra["iam_profile"]} if "iam_profile" in spec.extra else None,
            "InstanceMarketOptions": {"MarketType": "spot"} if spec.extra.get("spot") else None,
            "BlockDeviceMappings": self._disks(spec, image),
        }
        return {
            "ClientToken": client_token,
            "ImageId": image,
            "InstanceType": spec.size or self._config["default_size"],
            "MinCount": 1,
            "MaxCount": 1,
            "MetadataOptions": {"HttpTokens": self._config["metadata_tokens"], "HttpEndpoint": "enabled"},
            "TagSpecifications": [{"ResourceType": kind, "Tags": tags} for kind in ("instance", "volume")],
            **{key: value for key, value in optional.items() if value},
        }

    def _check(self, spec: ServerSpec) -> None:
        problems = [
            f"{key!r} under extra is not known; known: {', '.join(sorted(_EXTRA))}"
            for key in spec.extra
            if key not in _EXTRA
        ]
        if len(spec.name) > LONGEST_NAME:
            problems.append(f"a name has at most {LONGEST_NAME} characters")
        if spec.volumes:
            problems.append("EC2 gives volumes to instances that run: use `volume_attach`")
        if len(spec.key_pairs) > 1:
            problems.append("EC2 takes one key pair")
        if strange := [name for name in spec.networks if not name.startswith(("subnet-", "sg-"))]:
            problems.append(f"{strange[0]!r} is no id of a subnet (subnet-...) or a security group (sg-...)")
        if sum(name.startswith("subnet-") for name in spec.networks) > 1:
            problems.append("EC2 takes one subnet")
        if problems:
            raise InvalidRequest(
                f"{self._name} cannot create server {spec.name}: {'; '.join(problems)}", provider=self._name
            )

    def _disks(self, spec: ServerSpec, image: str) -> list[dict[str, Any]]:
        """Return the disks that the image would leave behind, and the root disk in another size.

        Each is deleted with the instance, whatever the image says; the others are as the image has them.
        """
        try:
            with translated(self._name, f"create server {spec.name}"):
                found = self._session.client("ec2").describe_images(ImageIds=[image])["Images"]
        except NotFound:
            return []  # `RunInstances` says so itself
        root = found[0].get("RootDeviceName") if found else None
        mapped = found[0].get("BlockDeviceMappings", ()) if found else ()
        disks = {one["DeviceName"]: one["Ebs"] for one in mapped if "Ebs" in one}
        asked = spec.extra.get("disk_gib")
        kept = {
            device: {"DeleteOnTermination": True, "VolumeSize": disk.get("VolumeSize")}
            for device, disk in disks.items()
            if not disk.get("DeleteOnTermination")
        }
        if asked is not None and root is not None:
            kept[root] = {"DeleteOnTermination": True, "VolumeSize": asked}
        return [
            {"DeviceName": device, "Ebs": {name: value for name, value in disk.items() if value is not None}}
            for device, disk in kept.items()
        ]


def _as_size(described: Mapping[str, Any]) -> Size:
    return Size(
        described["InstanceType"],
        cpus=described.get("VCpuInfo", {}).get("DefaultVCpus"),
        memory_mib=described.get("MemoryInfo", {}).get("SizeInMiB"),
        disk_gib=described.get("InstanceStorageInfo", {}).get("TotalSizeInGB"),
    )
