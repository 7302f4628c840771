"""An account at a fake of UpCloud, and a provider that uses it as the application would."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from provisioning.contract import OperationContext, ServerSpec
from provisioning.dispatch import ProviderHandle
from provisioning.testing import ProviderSetup
from provisioning.testing.conformance.subject import Subject
from provisioning.testing.fakes import Clock, FakeUpCloud

PASSWORD = "correct-horse-battery-staple"
NOBODY = "00000000-0000-4000-8000-000000000000"
SPEC = ServerSpec("web", size="1xCPU-1GB", image="Debian GNU/Linux 12 (Bookworm)", zone="fi-hel1")


@dataclass
class Account:
    """A fake, its clock, and what is configured to use it."""

    fake: FakeUpCloud
    clock: Clock

    @property
    def config(self) -> Mapping[str, Any]:
        return {"api_endpoint": self.fake.endpoint, "username": "robot", "password": PASSWORD}

    @property
    def setup(self) -> ProviderSetup:
        return ProviderSetup(
            "upcloud",
            config=self.config,
            spec=SPEC,
            unreachable={**self.config, "api_endpoint": "http://127.0.0.1:1/1.3"},
            unknown_id=NOBODY,
            odd_labels={"Key_with-9": 'x=1, y="2" & ключ/värde', "empty": ""},
            heeds_context=["list_servers"],
            trouble=self.fake.trouble("POST /server$", {**self.config, "read_timeout": 1}),
            sleep=self.clock.sleep,
            clock=self.clock.read,
        )

    @cached_property
    def subject(self) -> Subject:
        """The provider as the kit finds and makes it."""
        return Subject(self.setup)

    def provider(self, **config: Any) -> ProviderHandle:
        """Return a provider instance with some changes of its configuration."""
        return self.subject.instance(self.subject.make({**self.config, **config}))

    @property
    def context(self) -> OperationContext:
        return OperationContext(clock=self.clock.read)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account of its own for each test, which no proxy stands before."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    clock = Clock()
    with FakeUpCloud("robot", PASSWORD, clock=clock.read) as fake:
        yield Account(fake, clock)
