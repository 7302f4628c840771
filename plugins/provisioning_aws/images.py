"""Images by id, by alias, by public parameter, or by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from provisioning.contract import Image
from provisioning.errors import InvalidRequest, NotFound
from provisioning_aws.session import Session
from provisioning_aws.translation import translated

__all__ = ["ALIASES", "Images"]

_AMAZON = "ssm:/aws/service/ami-amazon-linux-latest"
_UBUNTU = "ssm:/aws/service/canonical/ubuntu/server"
_DEBIAN = "ssm:/aws/service/debian/release"

ALIASES: Mapping[str, str] = {
    "amazon-linux-2023": f"{_AMAZON}/al2023-ami-kernel-default-x86_64",
    "amazon-linux-2023-arm": f"{_AMAZON}/al2023-ami-kernel-default-arm64",
    "ubuntu-24.04": f"{_UBUNTU}/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
    "ubuntu-24.04-arm": f"{_UBUNTU}/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
    "debian-12": f"{_DEBIAN}/12/latest/amd64",
    "debian-12-arm": f"{_DEBIAN}/12/latest/arm64",
}
"""The aliases that are known without configuration: parameters that the publishers keep at their newest image."""


class Images:
    """Finds images; `aliases` are the configuration's own, which win over the built-in ones."""

    def __init__(self, session: Session, aliases: Mapping[str, str]) -> None:
        self._session = session
        self._aliases = {**ALIASES, **aliases}

    def offered(self) -> Sequence[Image]:
        """Return the aliases; an id or a name with wildcards may be given as well."""
        return [Image(name, description=target) for name, target in self._aliases.items()]

    def find(self, name: str) -> str:
        """Return the id of an image; raise `InvalidRequest` when there is none."""
        target = self._aliases.get(name, name)
        if target.startswith("ami-"):
            return target
        return self._by_parameter(name, target[4:]) if target.startswith("ssm:") else self._newest(target)

    def _by_parameter(self, name: str, parameter: str) -> str:
        try:
            with translated(self._session.provider, f"find image {name}"):
                answer = self._session.client("ssm").get_parameter(Name=parameter)
        except NotFound as error:
            raise self._unknown(name) from error
        value: str = answer["Parameter"]["Value"]
        return value

    def _newest(self, pattern: str) -> str:
        with translated(self._session.provider, f"find image {pattern}"):
            pages = self._session.client("ec2").get_paginator("describe_images")
            filters = [{"Name": "name", "Values": [pattern]}, {"Name": "state", "Values": ["available"]}]
            found: list[Any] = [image for page in pages.paginate(Filters=filters) for image in page["Images"]]
        if not found:
            raise self._unknown(pattern)
        newest: str = max(found, key=lambda image: image.get("CreationDate", ""))["ImageId"]
        return newest

    def _unknown(self, name: str) -> InvalidRequest:
        return InvalidRequest(
            f"{self._session.provider} has no image {name}",
            provider=self._session.provider,
            hint=f"give an id (ami-...), a name, or one of the aliases: {', '.join(self._aliases)}",
        )
