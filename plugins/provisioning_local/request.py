"""What somebody asks for: a specification, checked against the catalog and written down as a new record."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from provisioning.contract import ServerSpec
from provisioning.errors import InvalidRequest
from provisioning_local.catalog import DEFAULT_IMAGE, DEFAULT_SIZE, DEFAULT_ZONE, SIZES, ZONES, images, unknown
from provisioning_local.record import FORMAT, PENDING, Record
from provisioning_local.settings import Command, Settings

__all__ = ["Request"]

_LONGEST_NAME = 255
_ABSENT: Any = object()


class Request:
    """One call of `create_server`, in JSON values."""

    def __init__(self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], provider: str) -> None:
        self.provider = provider
        self.spec = spec
        self.client_token = client_token
        self.labels = dict(labels)
        self.asked = self._as_json()

    def _as_json(self) -> dict[str, Any]:
        document = {
            "name": self.spec.name,
            "size": self.spec.size,
            "image": self.spec.image,
            "zone": self.spec.zone,
            "user_data": self.spec.user_data,
            "key_pairs": self.spec.key_pairs,
            "networks": self.spec.networks,
            "volumes": self.spec.volumes,
            "extra": dict(self.spec.extra),
        }
        try:
            asked: dict[str, Any] = json.loads(json.dumps(document))
        except (TypeError, ValueError) as error:
            raise self.refusal([f"it is not made of JSON values ({error})"]) from error
        return asked

    def refusal(self, problems: list[str], hint: str | None = None) -> InvalidRequest:
        """Return the error that says all that is wrong with this request."""
        message = f"server {self.spec.name!r} cannot be created by provider {self.provider}: {'; '.join(problems)}"
        return InvalidRequest(message, provider=self.provider, hint=hint, details={"problems": problems})

    def check_same(self, server_id: str, before: Mapping[str, Any], labels: Mapping[str, str]) -> None:
        """Raise `InvalidRequest` when the token was used for something else (EC2: IdempotentParameterMismatch)."""
        names = [name for name, value in self.asked.items() if value != before.get(name)]
        names += ["labels"] if self.labels != labels else []
        if names:
            raise InvalidRequest(
                f"provider {self.provider} made server {server_id} with this client token for another request: "
                f"{', '.join(names)} differ",
                provider=self.provider,
                hint="use a new client token for a new server",
                details={"server_id": server_id, "differ": names},
            )

    def as_record(self, server_id: str, settings: Settings, now: datetime) -> Record:
        """Return the record of a server to be started; raise `InvalidRequest` with all that is wrong."""
        if problems := list(self._problems(settings)):
            raise self.refusal(problems)
        command, environment = self._command(settings)
        return {
            "format": FORMAT,
            "id": server_id,
            "name": self.spec.name,
            "client_token": self.client_token,
            "created_at": now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "labels": self.labels,
            "asked": self.asked,
            "size": self.spec.size or DEFAULT_SIZE,
            "zone": self.spec.zone or DEFAULT_ZONE,
            "image": "command" if self.spec.extra else self.spec.image or DEFAULT_IMAGE,
            "command": command,
            "environment": environment,
            "stop_timeout": settings.stop_timeout,
            "state": PENDING,
            "port": None,
            "boots": 0,
            "error": None,
            "exit_status": None,
        }

    def _problems(self, settings: Settings) -> Iterator[str]:
        yield from self.common_problems()
        if self.spec.networks:
            yield "there are no networks here, only the loopback interface"
        if self.spec.volumes:
            yield "there are no volumes here, only its own directory"
        yield from self._command_problems(settings)

    def common_problems(self) -> Iterator[str]:
        """Yield what is wrong whichever the driver is."""
        spec = self.spec
        if not spec.name or len(spec.name) > _LONGEST_NAME or not spec.name.isprintable():
            yield f"its name must be 1 to {_LONGEST_NAME} printable characters"
        if not self.client_token:
            yield "the client token is empty"
        if any(not isinstance(part, str) for item in self.labels.items() for part in item):
            yield "labels are names and values, all of them text"
        yield from filter(None, [spec.size is not None and unknown("size", spec.size, SIZES)])
        yield from filter(None, [spec.zone is not None and unknown("zone", spec.zone, ZONES)])
        if spec.key_pairs:
            yield "there are no key pairs here"

    def _command_problems(self, settings: Settings) -> Iterator[str]:
        name = self.spec.image
        if name is not None and (wrong := unknown("image", name, images(settings.images))):
            yield wrong
            return
        if self.spec.extra and name is not None:
            yield f"it names the image {name!r} and a command, and can run only one of them"
        try:
            command = self._chosen(settings)
        except ValueError as error:
            yield f"{'extra' if self.spec.extra else f'image {name or DEFAULT_IMAGE!r}'} {error}"
            return
        if command is not None and shutil.which(command.arguments[0]) is None:
            yield f"there is no program {command.arguments[0]!r} that can be run"

    def _chosen(self, settings: Settings) -> Command | None:
        """Return the command asked for, None for the built-in image; raise `ValueError` when it is unusable."""
        if self.spec.extra:
            return Command.from_config(self.spec.extra)
        configured = settings.images.get(self.spec.image or DEFAULT_IMAGE, _ABSENT)
        return None if configured is _ABSENT else Command.from_config(configured)

    def _command(self, settings: Settings) -> tuple[list[str] | None, dict[str, str]]:
        """Return the command as the record keeps it: the program by its full path, for it starts elsewhere."""
        command = self._chosen(settings)
        if command is None:
            return None, {}
        program, *arguments = command.arguments
        found = shutil.which(program) or program
        return [os.path.abspath(found), *arguments], dict(command.environment)  # noqa: PTH100 - links stay links
