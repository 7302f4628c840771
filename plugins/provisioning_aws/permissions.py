"""What the credentials may do, asked of EC2 itself: with `DryRun` it checks, and does nothing."""

from typing import Any

from provisioning_aws.session import Session

__all__ = ["missing_permissions"]

_NOBODY = "i-00000000000000000"
_REQUESTS: dict[str, dict[str, Any]] = {
    "describe_instances": {},
    "run_instances": {"ImageId": "ami-00000000000000000", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1},
    "start_instances": {"InstanceIds": [_NOBODY]},
    "stop_instances": {"InstanceIds": [_NOBODY]},
    "reboot_instances": {"InstanceIds": [_NOBODY]},
    "terminate_instances": {"InstanceIds": [_NOBODY]},
}


def missing_permissions(session: Session) -> tuple[str, ...]:
    """Return the actions that the credentials are refused; raises what botocore raises when EC2 gives no answer.

    A refusal is certain (`UnauthorizedOperation`). Any other error of a request is one that comes after the check.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow, and not there for everybody

    client, found = session.client("ec2"), []
    for name, request in _REQUESTS.items():
        try:
            getattr(client, name)(DryRun=True, **request)
        except ClientError as error:
            if error.response["Error"]["Code"] == "UnauthorizedOperation":
                found.append(f"ec2:{''.join(word.capitalize() for word in name.split('_'))}")
    return tuple(found)
