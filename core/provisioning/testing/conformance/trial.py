"""One trial of a provider: the calls that a contract makes, and the servers that are deleted after it."""

import dataclasses
import secrets
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

import pytest

from provisioning.contract import OperationContext, Server, ServerSpec, ServerState
from provisioning.dispatch import HookSet, ProviderHandle
from provisioning.errors import NotFound, ProvisioningError
from provisioning.testing.conformance.setup import ProviderSetup
from provisioning.testing.conformance.subject import Subject

__all__ = ["LABEL", "Trial"]

T = TypeVar("T")

LABEL = "provisioning-conformance"
"""The label that every server of a trial carries; its value is the trial's own."""

_SHORTEST_PAUSE = 0.05
_LONGEST_PAUSE = 5.0


class Trial:
    """A provider instance in the hands of one test, and everything that the test created with it."""

    def __init__(self, setup: ProviderSetup) -> None:
        self.setup = setup
        self.id = secrets.token_hex(4)
        self._subject = Subject(setup)
        self.owner = self._subject.make()
        """The provider's object."""
        self.provider: ProviderHandle = self._subject.instance(self.owner)
        """The provider instance, as the engine uses it."""
        self._tokens: list[str] = []
        self._left: set[str] = set()

    @property
    def hooks(self) -> HookSet:
        """The same provider's bare hooks, with nothing before them."""
        return self._subject.hooks(self.owner)

    @property
    def context(self) -> OperationContext:
        """A context without a deadline."""
        return OperationContext(clock=self.setup.clock)

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels that everything in this trial carries."""
        return {LABEL: self.id}

    @property
    def secrets(self) -> frozenset[str]:
        """Everything in the configuration that nobody may be shown."""
        return self._subject.secrets

    def another(self) -> ProviderHandle:
        """Return another instance of the same configuration: what a second process would use."""
        return self._subject.instance(self._subject.make())

    def unreachable(self) -> HookSet:
        """Return the bare hooks of an instance whose cloud cannot be reached, or leave the test as not applicable."""
        if self.setup.unreachable is None:
            self.not_applicable("no configuration with which the cloud cannot be reached: ProviderSetup.unreachable")
        return self._subject.hooks(self._subject.make(self.setup.unreachable))

    def another_with(self, config: Mapping[str, Any]) -> ProviderHandle:
        """Return an instance of another configuration."""
        return self._subject.instance(self._subject.make(config))

    def power(self, name: str) -> Any:
        """Return a power over the cloud of the tests, or leave the test as not applicable where it has none."""
        found = getattr(self.setup.trouble, name)
        if found is None:
            self.not_applicable(f"the cloud of these tests has no such power: Trouble.{name}")
        return found

    def has(self, capability: str) -> bool:
        """Whether the manifest declares a capability."""
        return capability in self._subject.capabilities

    def needs(self, capability: str) -> None:
        """Leave the test as not applicable when the manifest does not declare a capability."""
        if capability not in self._subject.capabilities:
            self.not_applicable(f"the manifest does not declare the capability {capability}")

    def not_applicable(self, reason: str) -> NoReturn:
        """Leave the test: the contract says nothing of this provider, and the report shows why."""
        pytest.skip(f"not applicable: {reason}")

    # -- creating and deleting -----------------------------------------------------------------------------------

    def new_token(self) -> str:
        """Return a client token that nobody has used."""
        self._tokens.append(f"conformance-{self.id}-{len(self._tokens) + 1}")
        return self._tokens[-1]

    def create(
        self,
        token: str | None = None,
        labels: Mapping[str, str] | None = None,
        provider: ProviderHandle | None = None,
        **changes: Any,
    ) -> Server:
        """Create a server of the author's spec with some `changes`, under a token of its own unless one is given.

        Its name is made from the token, so that the same token asks for the same server. Fails when the provider
        answers with a server that was not asked for: it may be a stranger's, and nothing more is done to it.
        """
        token = token or self.new_token()
        spec = self.named(token, **changes)
        server = (provider or self.provider).create_server(spec, token, {**self.labels, **(labels or {})}, self.context)
        assert self._is_ours(server), f"create_server answered with server {server.id}, which was not asked for"
        self._left.add(server.id)
        return server

    def named(self, token: str, **changes: Any) -> ServerSpec:
        """Return the author's spec with a name that is made from a token, and some `changes`."""
        name = f"{self.setup.spec.name}-{token.removeprefix('conformance-')}"
        return dataclasses.replace(self.setup.spec, **{"name": name, **changes})

    def delete(self, server: Server) -> None:
        """Delete a server."""
        self.provider.delete_server(server.id, self.context)
        self._left.discard(server.id)

    def deleted(self, server_id: str, is_enough: Callable[[Server | None], bool]) -> Server | None:
        """Look at a server until it is as `is_enough` says; return what was seen last, None for nothing.

        As the engine does it, the deletion is asked for again as long as the server is there and is not being deleted.
        """

        def look() -> Server | None:
            try:
                seen = self.provider.get_server(server_id, self.context)
            except NotFound:
                return None
            if not seen.state.is_gone:
                self.provider.delete_server(server_id, self.context)
            return seen

        return self.eventually(look, is_enough)

    # -- looking and waiting -------------------------------------------------------------------------------------

    def get(self, server: Server) -> Server | None:
        """Return a server as the cloud shows it now; None when it is not found."""
        try:
            return self.provider.get_server(server.id, self.context)
        except NotFound:
            return None

    def listed(self, labels: Mapping[str, str] | None = None) -> list[Server]:
        """Return the servers that are listed by this trial's label and `labels`, without those that are gone."""
        found = self.provider.list_servers({**self.labels, **(labels or {})}, self.context)
        return [server for server in found if not server.state.is_gone]

    def soon(self, look: Callable[[], T], is_enough: Callable[[T], bool]) -> T:
        """Look until it is enough, as long as the cloud may hide what it has; return what was seen last."""
        return self._look(look, is_enough, self._subject.listing_lag)

    def eventually(self, look: Callable[[], T], is_enough: Callable[[T], bool]) -> T:
        """Look until it is enough, as long as the author's patience lasts; return what was seen last."""
        return self._look(look, is_enough, self.setup.patience)

    def settled(self, server: Server, state: ServerState) -> Server:
        """Return a server once it is in a state, or is as it was when the author's patience ended."""

        def is_enough(seen: Server | None) -> bool:
            return seen is not None and seen.state in (state, ServerState.ERROR)

        seen = self.eventually(lambda: self.get(server), is_enough)
        assert seen is not None, f"server {server.id} was created and is not found"
        assert seen.state is state, f"server {server.id} is {seen.state} after {self.setup.patience:g} s, not {state}"
        return seen

    def _look(self, look: Callable[[], T], is_enough: Callable[[T], bool], seconds: float) -> T:
        end, pause = self.setup.clock() + seconds, _SHORTEST_PAUSE
        while not is_enough(seen := look()) and (left := end - self.setup.clock()) > 0:
            self.setup.sleep(min(pause, left))
            pause = min(_LONGEST_PAUSE, pause * 1.5)
        return seen

    # -- the end -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Delete every server that is left, known by its answer, found by its token, or by the label of this trial.

        No listing is believed: only what is seen to be of this trial is deleted. Raises the first error at the end.
        """
        errors: list[ProvisioningError] = []
        for find in (self._found_by_token, self._found_by_label):
            try:
                self._left |= find()
            except ProvisioningError as error:
                errors.append(error)
        for server_id in sorted(self._left):
            try:
                self.provider.delete_server(server_id, self.context)
                self.deleted(server_id, lambda seen: seen is None or seen.state.is_gone)
            except ProvisioningError as error:
                error.add_note(f"the conformance suite could not delete server {server_id}: delete it by hand")
                errors.append(error)
        self._subject.close()
        if errors:
            raise errors[0]

    def _found_by_token(self) -> set[str]:
        found = [self.provider.find_server(token, self.context) for token in self._tokens]
        return {server.id for server in found if server is not None and self._is_left(server)}

    def _found_by_label(self) -> set[str]:
        return {server.id for server in self.listed() if self._is_left(server)}

    def _is_left(self, server: Server) -> bool:
        return self._is_ours(server) and not server.state.is_gone

    def _is_ours(self, server: Server) -> bool:
        """Whether a server carries something of this trial; a broken provider may forget the rest."""
        return server.labels.get(LABEL) == self.id or server.client_token in self._tokens or self.id in server.name
