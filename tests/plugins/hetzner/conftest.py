"""A project at a fake of Hetzner's cloud, and a provider that uses it as the application would."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from provisioning.contract import OperationContext, ServerSpec
from provisioning.dispatch import ProviderHandle
from provisioning.testing import ProviderSetup
from provisioning.testing.conformance.subject import Subject
from provisioning.testing.fakes import Clock, FakeHetzner

TOKEN = "correct-horse-battery-staple"
SPEC = ServerSpec("web", size="cx22", image="debian-12", zone="hel1")


@dataclass
class Project:
    """A fake, its clock, and what is configured to use it."""

    fake: FakeHetzner
    clock: Clock

    @property
    def config(self) -> Mapping[str, Any]:
        return {"api_endpoint": self.fake.endpoint, "token": TOKEN}

    @property
    def setup(self) -> ProviderSetup:
        return ProviderSetup(
            "hetzner",
            config=self.config,
            spec=SPEC,
            unreachable={**self.config, "api_endpoint": "http://127.0.0.1:1/v1"},
            unknown_id="999999",
            odd_labels={"a b": 'x=1, y="2"', "ключ": "värde\n", "": "", "u-x-u": "-", "long": "x/" * 100},
            heeds_context=["list_servers"],
            trouble=self.fake.trouble("POST /servers$", {**self.config, "read_timeout": 1}),
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
def project(monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project of its own for each test, which no proxy stands before."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    clock = Clock()
    with FakeHetzner(TOKEN, clock=clock.read) as fake:
        yield Project(fake, clock)
