"""Clouds in memory: one that keeps every contract of providers, and for each contract one that breaks it alone.

Time is a clock of their own, which nobody waits for: a server starts, stops and ends within seconds of it, and is
hidden for a while when it is new.
"""

import itertools
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from provisioning.contract import (
    Asset,
    AssetKind,
    AssetSpec,
    ConnectionStatus,
    Image,
    OperationContext,
    Server,
    ServerSpec,
    ServerState,
    Size,
    Volume,
    Zone,
    hookimpl,
)
from provisioning.errors import (
    Ambiguous,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    ProviderError,
    ServiceInternalError,
    Throttling,
)
from provisioning.testing import Trouble
from provisioning.testing.fakes import Clock

__all__ = ["BROKEN", "CLOCK", "LAG", "PASSWORD", "Cloud", "make"]

LAG = 5.0
"""How long a new server is hidden at most, in seconds."""
HIDDEN = 3.0
PAGE = 100
PASSWORD = "correct-horse-battery-staple"
CLOCK = Clock()


@dataclass
class Machine:
    """A server of the cloud: what was asked, and the states that it will be in, each from some time on."""

    id: str
    spec: ServerSpec
    token: str
    labels: Mapping[str, str]
    born: float
    states: list[tuple[float, ServerState]]

    def become(self, *states: tuple[float, ServerState]) -> None:
        """Be in these states, each after some seconds from now."""
        self.states = [(CLOCK.now + after, state) for after, state in states]

    @property
    def state(self) -> ServerState:
        """The state at this time."""
        return [state for at, state in self.states if at <= CLOCK.now][-1]


@dataclass
class Account:
    """What everybody with one account shares."""

    machines: dict[str, Machine] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    assets: dict[str, Asset[Any]] = field(default_factory=dict)
    faults: dict[str, float] = field(default_factory=dict)
    odd: set[str] = field(default_factory=set)
    requests: int = 0

    @property
    def trouble(self) -> Trouble:
        """What may be done to whoever uses it."""
        return Trouble(
            lose_reply=lambda: self.faults.update(lose=0),
            throttle=lambda seconds: self.faults.update(throttle=seconds),
            break_down=lambda: self.faults.update(break_down=0),
            hang=lambda: self.faults.update(hang=0),
            show_state=self.odd.add,
            fill=self.fill,
            count_requests=lambda: self.requests,
            impatient={"cloud": "", "account": "", "password": PASSWORD},
        )

    def fill(self, count: int, labels: Mapping[str, str]) -> None:
        """Let there be so many servers."""
        for _ in range(count):
            machine = Machine(f"i-{next(self.numbers)}", ServerSpec("many"), "", dict(labels), CLOCK.now - LAG, [])
            machine.become((0, ServerState.RUNNING))
            self.machines[machine.id] = machine

    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))


ACCOUNTS: dict[str, Account] = {}


class Cloud:
    """A provider that keeps every contract."""

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self.config = config
        self.account = ACCOUNTS.setdefault(config["account"], Account())

    @hookimpl
    def check_connection(self) -> ConnectionStatus:
        """Answer, or say that nobody does."""
        if self.config.get("offline"):
            return ConnectionStatus(reachable=False, message="the cloud is offline")
        return ConnectionStatus(reachable=True, authenticated=True, details={"account": self.config["account"]})

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None) -> Iterable[Server]:
        """Yield those that can be seen, with all the labels."""
        self._meet_trouble()
        for place, machine in enumerate(list(self.account.machines.values())):
            self.account.requests += place % PAGE == 0
            if self._is_seen(machine) and (labels or {}).items() <= machine.labels.items():
                yield self._server(machine)

    @hookimpl
    def get_server(self, server_id: str) -> Server:
        """Return one that can be seen."""
        self._meet_trouble()
        return self._server(self._machine(server_id))

    @hookimpl
    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create one, or return the one of the token."""
        self._check(spec)
        with self.account.lock:
            for machine in self.account.machines.values():
                if machine.token == client_token:
                    return self._server(machine)
            return self._server(self._new(spec, client_token, labels))

    @hookimpl
    def find_server(self, client_token: str) -> Server | None:
        """Return the one of the token that can be seen."""
        found = (one for one in list(self.account.machines.values()) if one.token == client_token)
        return next((self._server(machine) for machine in found if self._is_seen(machine)), None)

    @hookimpl
    def delete_server(self, server_id: str) -> None:
        """Delete one, if it is there."""
        machine = self.account.machines.get(server_id)
        if machine is not None and not machine.state.is_gone:
            machine.become((0, ServerState.DELETING), (2, ServerState.DELETED))

    @hookimpl
    def start_server(self, server_id: str) -> None:
        """Start one."""
        machine = self._machine(server_id)
        if machine.state is not ServerState.RUNNING:
            machine.become((0, ServerState.STARTING), (2, ServerState.RUNNING))

    @hookimpl
    def stop_server(self, server_id: str, context: OperationContext) -> None:
        """Stop one."""
        machine = self._machine(server_id)
        context.check()
        if machine.state is not ServerState.STOPPED:
            machine.become((0, ServerState.STOPPING), (2, ServerState.STOPPED))

    @hookimpl
    def reboot_server(self, server_id: str) -> None:
        """Reboot one."""
        self._machine(server_id).become((0, ServerState.REBOOTING), (2, ServerState.RUNNING))

    @hookimpl
    def list_sizes(self) -> list[Size]:
        """Return the sizes."""
        return [Size("small")]

    @hookimpl
    def list_images(self) -> list[Image]:
        """Return the images."""
        return [Image("debian", id="img-1")]

    @hookimpl
    def list_zones(self) -> list[Zone]:
        """Return the zones."""
        return [Zone("a")]

    @hookimpl
    def create_asset(self, spec: AssetSpec, client_token: str, labels: Mapping[str, str]) -> Asset[Any]:
        """Make one, or return the one of the token."""
        with self.account.lock:
            return self.find_asset(spec.kind, client_token) or self._new_asset(spec, client_token, labels)

    def _new_asset(self, spec: AssetSpec, token: str, labels: Mapping[str, str]) -> Asset[Any]:
        asset: Asset[Any] = Asset(f"a-{next(self.account.numbers)}", spec, labels=dict(labels), client_token=token)
        self.account.assets[asset.id] = asset
        return asset

    @hookimpl
    def find_asset(self, kind: AssetKind, client_token: str) -> Asset[Any] | None:
        """Return the one of the token."""
        return next((one for one in self.account.assets.values() if one.client_token == client_token), None)

    @hookimpl
    def get_asset(self, kind: AssetKind, asset_id: str) -> Asset[Any]:
        """Return one; a server that is gone has none any more."""
        asset = self.account.assets.get(asset_id)
        if asset is None:
            raise NotFound(f"there is no {kind} {asset_id}")
        holder = self.account.machines.get(asset.attached_to or "")
        return asset if holder is not None and not holder.state.is_gone else replace(asset, attached_to=None)

    @hookimpl
    def list_assets(self, kind: AssetKind, labels: Mapping[str, str] | None) -> Iterable[Asset[Any]]:
        """Yield those with all the labels."""
        yield from (one for one in self.account.assets.values() if (labels or {}).items() <= one.labels.items())

    @hookimpl
    def delete_asset(self, kind: AssetKind, asset_id: str) -> None:
        """Delete one, if it is there."""
        self.account.assets.pop(asset_id, None)

    @hookimpl
    def attach_volume(self, volume_id: str, server_id: str) -> None:
        """Give one to a server."""
        self.account.assets[volume_id] = replace(self.account.assets[volume_id], attached_to=server_id)

    @hookimpl
    def detach_volume(self, volume_id: str) -> None:
        """Take one from its server."""
        self.account.assets[volume_id] = replace(self.account.assets[volume_id], attached_to=None)

    def _meet_trouble(self) -> None:
        """Say in the words of the house what the cloud says."""
        faults = self.account.faults
        if "throttle" in faults:
            raise Throttling("too many requests", retry_after=faults.pop("throttle"))
        if "break_down" in faults:
            del faults["break_down"]
            raise ServiceInternalError("the cloud is broken")
        if "hang" in faults:
            del faults["hang"]
            raise NetworkFailure("no answer in time")

    # -- the cloud behind ----------------------------------------------------------------------------------------

    def _check(self, spec: ServerSpec) -> None:
        if not spec.name or spec.size not in (None, "small") or spec.image not in (None, "debian"):
            raise InvalidRequest(f"the cloud does not take {spec}")

    def _new(self, spec: ServerSpec, token: str, labels: Mapping[str, str]) -> Machine:
        machine = Machine(f"i-{next(self.account.numbers)}", spec, token, dict(labels), CLOCK.now, [])
        machine.become((0, ServerState.PENDING), (2, ServerState.RUNNING))
        self.account.machines[machine.id] = machine
        if self.account.faults.pop("lose", None) is not None:
            raise self._lost()
        return machine

    def _lost(self) -> ProviderError:
        return Ambiguous("the reply is lost")

    def _is_seen(self, machine: Machine) -> bool:
        return machine.born + HIDDEN <= CLOCK.now and machine.state is not ServerState.DELETED

    def _machine(self, server_id: str) -> Machine:
        machine = self.account.machines.get(server_id)
        if machine is None or not self._is_seen(machine):
            raise NotFound(f"there is no server {server_id}")
        return machine

    def _server(self, machine: Machine) -> Server:
        return Server(
            machine.id,
            machine.spec.name,
            self._state_of(machine),
            labels=machine.labels,
            client_token=machine.token,
            created_at="2026-01-01T00:00:00Z",
            raw={"born": machine.born},
        )

    def _state_of(self, machine: Machine) -> ServerState:
        return ServerState.UNKNOWN if machine.id in self.account.odd else machine.state


def make(name: str, config: Mapping[str, Any]) -> Cloud:
    """Make the cloud that the configuration names."""
    return {**OTHERS, **BROKEN}[config["cloud"]](name, config)


# -- clouds for the kit itself ---------------------------------------------------------------------------------------


class MatchesAnything(Cloud):
    """It lists every server, whatever the labels."""

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None) -> Iterable[Server]:
        """Yield them all."""
        yield from super().list_servers(None)


class DeletesNothing(Cloud):
    """It fails whenever it has to delete."""

    @hookimpl
    def delete_server(self, server_id: str) -> None:
        """Fail."""
        raise ServiceInternalError(f"server {server_id} cannot be deleted")


OTHERS = {"Cloud": Cloud, "MatchesAnything": MatchesAnything, "DeletesNothing": DeletesNothing}


# -- one broken cloud for each contract ----------------------------------------------------------------------------


class CreatesSlowly(Cloud):
    """It waits until the server runs."""

    def _new(self, *arguments: Any) -> Machine:
        machine = super()._new(*arguments)
        CLOCK.sleep(100)
        return machine


class AnswersWithoutLabels(Cloud):
    """Its answer to a creation does not show the labels yet."""

    @hookimpl
    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create one."""
        return replace(super().create_server(spec, client_token, labels, context), labels={})


class ForgetsTokensOfOthers(Cloud):
    """It knows the tokens that this object was given, and no others."""

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        super().__init__(name, config)
        self.mine: dict[str, Server] = {}
        self.lock = threading.Lock()

    @hookimpl
    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create one."""
        with self.lock:
            self._check(spec)
            if client_token not in self.mine:
                self.mine[client_token] = self._server(self._new(spec, client_token, labels))
            return self.mine[client_token]


class ForgetsTokens(Cloud):
    """It makes one more server whenever it is asked twice in a row by one thread."""

    @hookimpl
    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create one."""
        with self.account.lock:
            same = [machine for machine in self.account.machines.values() if machine.token == client_token]
            if same and CLOCK.now == same[0].born and threading.current_thread() is threading.main_thread():
                return self._server(self._new(spec, client_token, labels))
        return super().create_server(spec, client_token, labels, context)


class RacesWithItself(Cloud):
    """It looks for the token, and creates a moment later."""

    barrier = threading.Barrier(2)

    @hookimpl
    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create one."""
        if threading.current_thread() is threading.main_thread():
            return super().create_server(spec, client_token, labels, context)
        self.barrier.wait(20)  # both have looked, and neither has found anything
        return self._server(self._new(spec, client_token, labels))


class KnowsServersByTheirTime(Cloud):
    """It takes two requests of one moment for one request."""

    @hookimpl
    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create one."""
        self._check(spec)
        with self.account.lock:
            same = [machine for machine in self.account.machines.values() if machine.born == CLOCK.now]
            if same and set(labels) == set(same[0].labels):
                return self._server(same[0])
        return super().create_server(spec, client_token, labels, context)


class NeverRuns(Cloud):
    """Its servers stay as they are made."""

    def _new(self, *arguments: Any) -> Machine:
        machine = super()._new(*arguments)
        machine.become((0, ServerState.PENDING))
        return machine


class TakesAnySize(Cloud):
    """It does not look at the size."""

    def _check(self, spec: ServerSpec) -> None:
        super()._check(replace(spec, size=None))


class TakesAnyImage(Cloud):
    """It does not look at the image."""

    def _check(self, spec: ServerSpec) -> None:
        super()._check(replace(spec, image=None))


class RefusesImagesForNow(Cloud):
    """It says that an unknown image may be known soon."""

    def _check(self, spec: ServerSpec) -> None:
        if spec.image not in (None, "debian"):
            raise InvalidRequest(f"there is no image {spec.image}", retryable=True)
        super()._check(spec)


class TakesAnyName(Cloud):
    """It does not look at the name."""

    def _check(self, spec: ServerSpec) -> None:
        super()._check(replace(spec, name="x"))


class FindsNoToken(Cloud):
    """It finds nothing by a token."""

    @hookimpl
    def find_server(self, client_token: str) -> Server | None:
        """Return nothing."""
        return None


class FindsAnything(Cloud):
    """It finds a server for any token."""

    @hookimpl
    def find_server(self, client_token: str) -> Server | None:
        """Return the one of the token, or else another one."""
        seen = (self._server(machine) for machine in self.account.machines.values() if self._is_seen(machine))
        return super().find_server(client_token) or next(seen, None)


class HopesForUnknownServers(Cloud):
    """It says that an unknown server may be there soon."""

    @hookimpl
    def get_server(self, server_id: str) -> Server:
        """Return one."""
        if server_id not in self.account.machines:
            raise NotFound(f"there is no server {server_id}", retryable=True)
        return super().get_server(server_id)


class ListsOnePage(Cloud):
    """A listing that is asked for one label ends after one server."""

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None) -> Iterable[Server]:
        """Yield too few."""
        yield from itertools.islice(super().list_servers(labels), 1 if len(labels or {}) == 1 else None)


class GathersFirst(Cloud):
    """It gathers all servers before it answers."""

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None) -> Iterable[Server]:
        """Return them all."""
        return list(super().list_servers(labels))


class MatchesAnyLabel(Cloud):
    """One of the labels is enough for it."""

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None) -> Iterable[Server]:
        """Yield those with one of the labels."""
        wanted = (labels or {}).items()
        yield from (server for server in super().list_servers(None) if wanted & server.labels.items())


class WritesLabelsSmall(Cloud):
    """It keeps labels in lower case."""

    def _new(self, spec: ServerSpec, token: str, labels: Mapping[str, str]) -> Machine:
        return super()._new(spec, token, {name: value.lower() for name, value in labels.items()})


class DeletesOnce(Cloud):
    """What is gone cannot be deleted."""

    @hookimpl
    def delete_server(self, server_id: str) -> None:
        """Delete one."""
        machine = self.account.machines.get(server_id)
        if machine is not None and machine.state.is_gone:
            raise NotFound(f"there is no server {server_id} any more")
        super().delete_server(server_id)


class DeletesWhatItKnows(Cloud):
    """What it does not know cannot be deleted."""

    @hookimpl
    def delete_server(self, server_id: str) -> None:
        """Delete one."""
        if server_id not in self.account.machines:
            raise NotFound(f"there is no server {server_id}")
        super().delete_server(server_id)


class ListsTheDead(Cloud):
    """It lists what is deleted as stopped."""

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None) -> Iterable[Server]:
        """Yield too many."""
        yield from super().list_servers(labels)
        dead = [one for one in self.account.machines.values() if one.state is ServerState.DELETED]
        yield from (replace(self._server(machine), state=ServerState.STOPPED) for machine in dead)


class DeletesAll(Cloud):
    """It deletes whatever there is."""

    @hookimpl
    def delete_server(self, server_id: str) -> None:
        """Delete all."""
        for one in list(self.account.machines):
            super().delete_server(one)


class IsNeverReachable(Cloud):
    """It says that the cloud does not answer."""

    @hookimpl
    def check_connection(self) -> ConnectionStatus:
        """Say so."""
        return ConnectionStatus(reachable=False, message="the cloud is offline")


class RaisesWhenOffline(Cloud):
    """It raises what its SDK raises."""

    @hookimpl
    def check_connection(self) -> ConnectionStatus:
        """Raise."""
        if self.config.get("offline"):
            raise NetworkFailure("the cloud is offline")
        return super().check_connection()


class StaysStopped(Cloud):
    """What is stopped does not start again."""

    @hookimpl
    def start_server(self, server_id: str) -> None:
        """Look at it."""
        self._machine(server_id)


class StopsOnce(Cloud):
    """What is stopped cannot be stopped."""

    @hookimpl
    def stop_server(self, server_id: str, context: OperationContext) -> None:
        """Stop one."""
        if self._machine(server_id).state is ServerState.STOPPED:
            raise ServiceInternalError(f"server {server_id} is stopped")
        super().stop_server(server_id, context)


class StartsOnce(Cloud):
    """What runs cannot be started."""

    @hookimpl
    def start_server(self, server_id: str) -> None:
        """Start one."""
        if self._machine(server_id).state is ServerState.RUNNING:
            raise ServiceInternalError(f"server {server_id} runs")
        super().start_server(server_id)


class StopsWhatIsNotThere(Cloud):
    """An unknown server counts as stopped."""

    @hookimpl
    def stop_server(self, server_id: str, context: OperationContext) -> None:
        """Stop one."""
        if server_id in self.account.machines:
            super().stop_server(server_id, context)


class RebootsForEver(Cloud):
    """What reboots does not come back."""

    @hookimpl
    def reboot_server(self, server_id: str) -> None:
        """Reboot one."""
        self._machine(server_id).become((0, ServerState.REBOOTING))


class OffersTooLittle(Cloud):
    """Its catalog does not name the size that it takes."""

    @hookimpl
    def list_sizes(self) -> list[Size]:
        """Return another one."""
        return [Size("large")]


class TellsObjects(Cloud):
    """Something that it tells is no JSON value."""

    def _server(self, machine: Machine) -> Server:
        return replace(super()._server(machine), raw={"ports": (80, 443)})


class TellsLocalTimes(Cloud):
    """Its times are those of its own place."""

    def _server(self, machine: Machine) -> Server:
        return replace(super()._server(machine), created_at="2026-01-01T02:00:00+02:00")


class TellsItsPassword(Cloud):
    """It shows its configuration when it is offline."""

    @hookimpl
    def check_connection(self) -> ConnectionStatus:
        """Say too much."""
        status = super().check_connection()
        return status if status.reachable else replace(status, message=f"no answer with {self.config}")


class HearsNoCancellation(Cloud):
    """It looks at the time alone."""

    @hookimpl
    def stop_server(self, server_id: str, context: OperationContext) -> None:
        """Stop one."""
        super().stop_server(server_id, replace(context, cancellation=OperationContext().cancellation))


class HearsNoDeadline(Cloud):
    """It looks at the cancellation alone."""

    @hookimpl
    def stop_server(self, server_id: str, context: OperationContext) -> None:
        """Stop one."""
        super().stop_server(server_id, replace(context, deadline=None))


class SaysThatNothingWasMade(Cloud):
    """It takes a lost reply for a refusal."""

    def _lost(self) -> ProviderError:
        return NetworkFailure("the connection was closed")


class ForgetsWhenToComeBack(Cloud):
    """It does not hand on what the cloud says of its limit."""

    def _meet_trouble(self) -> None:
        try:
            super()._meet_trouble()
        except Throttling as error:
            raise Throttling(error.message) from None


class GivesUp(Cloud):
    """It takes an error of the cloud's own for the last word."""

    def _meet_trouble(self) -> None:
        try:
            super()._meet_trouble()
        except ServiceInternalError as error:
            raise InvalidRequest(error.message) from None


class TakesSilenceForAnAnswer(Cloud):
    """A server that it hears nothing of is not there."""

    def _meet_trouble(self) -> None:
        try:
            super()._meet_trouble()
        except NetworkFailure as error:
            raise NotFound(error.message) from None


class KnowsAllStates(Cloud):
    """It takes a state that it does not know for an error."""

    def _state_of(self, machine: Machine) -> ServerState:
        return ServerState.ERROR if machine.id in self.account.odd else machine.state


class ReadsAllPagesFirst(Cloud):
    """It is a generator, and asks for everything before it yields anything."""

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None) -> Iterable[Server]:
        """Yield them all, late."""
        yield from list(super().list_servers(labels))


class DeletesOnlyWhatRuns(Cloud):
    """What does not run yet cannot be deleted."""

    @hookimpl
    def delete_server(self, server_id: str) -> None:
        """Delete one."""
        machine = self.account.machines.get(server_id)
        if machine is not None and machine.state is ServerState.PENDING:
            raise InvalidRequest(f"server {server_id} is not made yet")
        super().delete_server(server_id)


class KeepsNames(Cloud):
    """A name is used once for ever."""

    def _new(self, spec: ServerSpec, token: str, labels: Mapping[str, str]) -> Machine:
        if any(one.spec.name == spec.name and one.token != token for one in self.account.machines.values()):
            raise InvalidRequest(f"the name {spec.name} is taken")
        return super()._new(spec, token, labels)


class StartsTheDead(Cloud):
    """A server that is gone counts as started."""

    @hookimpl
    def start_server(self, server_id: str) -> None:
        """Start one."""
        machine = self.account.machines.get(server_id)
        if machine is None or machine.state is not ServerState.DELETED:
            super().start_server(server_id)


class LogsItsPassword(Cloud):
    """It writes its configuration into the log."""

    @hookimpl
    def check_connection(self) -> ConnectionStatus:
        """Log too much."""
        logging.getLogger("cloud").debug("connecting with %s", self.config)
        return super().check_connection()


class ForgetsTokensOfAssets(Cloud):
    """It makes one more asset whenever it is asked."""

    @hookimpl
    def create_asset(self, spec: AssetSpec, client_token: str, labels: Mapping[str, str]) -> Asset[Any]:
        """Make one."""
        return self._new_asset(spec, client_token, labels)


class FindsAnyAsset(Cloud):
    """It shows an asset for any id."""

    @hookimpl
    def get_asset(self, kind: AssetKind, asset_id: str) -> Asset[Any]:
        """Return one, or something like it."""
        if asset_id == "no-such-asset":
            return Asset(asset_id, Volume("something"))
        return super().get_asset(kind, asset_id)


class DeletesAssetsOnce(Cloud):
    """What is gone cannot be deleted."""

    @hookimpl
    def delete_asset(self, kind: AssetKind, asset_id: str) -> None:
        """Delete one."""
        if asset_id not in self.account.assets:
            raise InvalidRequest(f"there is no {kind} {asset_id}")
        super().delete_asset(kind, asset_id)


class DeletesVolumesWithServers(Cloud):
    """It takes a server's volumes along."""

    @hookimpl
    def delete_server(self, server_id: str) -> None:
        """Delete too much."""
        super().delete_server(server_id)
        for asset in list(self.account.assets.values()):
            if asset.attached_to == server_id:
                del self.account.assets[asset.id]


BROKEN: Mapping[str, type[Cloud]] = {
    name: kind
    for name, kind in list(globals().items())
    if isinstance(kind, type) and issubclass(kind, Cloud) and name not in OTHERS
}
"""Every broken cloud by its name."""
