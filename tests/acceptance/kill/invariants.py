"""What is true of a world whenever nobody drives its run: the promise, as assertions."""

from collections import Counter
from collections.abc import Mapping

from provisioning.contract import AssetKind, OperationRecord, OperationState, RunState, ServerState
from tests.acceptance.kill.world import ID, World

__all__ = ["check_end", "check_journal", "records"]

LABEL = "provisioning-operation"
_STANDING = (OperationState.SUCCEEDED, OperationState.WAITING)


def records(world: World) -> Mapping[str, OperationRecord]:
    """Return what the journal knows of each operation."""
    with world.journal() as journal:
        return {record.operation_id: record for record in journal.list_operations(ID)}


def check_end(world: World, state: RunState) -> None:
    """A run that has succeeded has exactly what it says, and one that is rolled back has left nothing."""
    known = {
        name: resource.id
        for name, record in records(world).items()
        if record.state in _STANDING
        for resource in record.resources
        if resource.type == "server"
    }
    running = {server.labels[LABEL]: server.id for server in world.cloud.servers()}
    assert running == (known if state is RunState.SUCCEEDED else {}), "servers running minus servers known"
    assert len(running) == len(world.cloud.servers()), "an operation has two servers"
    tokens = Counter(server.client_token for server in world.cloud.made())
    assert [token for token, number in tokens.items() if number > 1] == [], "a token made two servers"
    _check_assets(world, state)
    check_journal(world)


def _check_assets(world: World, state: RunState) -> None:
    """What stays of volumes and networks is what the journal knows, and a token made one of them."""
    known = {
        resource.id
        for record in records(world).values()
        if record.state in _STANDING
        for resource in record.resources
        if resource.type in list(AssetKind)
    }
    there = [asset.id for asset in world.cloud.assets.existing()]
    assert sorted(there) == sorted(known if state is RunState.SUCCEEDED else ()), "assets there minus assets known"
    tokens = Counter(asset.client_token for asset in world.cloud.assets.made())
    assert [token for token, number in tokens.items() if number > 1] == [], "a token made two assets"


def check_results(world: World) -> None:
    """No result is lost: each operation that made a server has answered with the one that runs."""
    servers = {server.labels[LABEL]: server for server in world.cloud.servers()}
    for name, record in records(world).items():
        assert record.state is OperationState.SUCCEEDED, name
        if record.kind == "server_create":
            assert record.result is not None
            assert (record.result["id"], record.result["client_token"]) == (servers[name].id, record.client_token)
            assert servers[name].state in (ServerState.RUNNING, ServerState.STOPPED)


def check_journal(world: World) -> None:
    """The file is whole, every state is one there is, and the events tell the same story as the records."""
    with world.journal() as journal:
        with journal._readers.read() as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        now = journal.checkpoint(ID)
        told = journal.checkpoint(ID, step=now.step)
        assert told.current_state == now.current_state
        assert told.metadata["state"] == now.metadata["state"]
        sequences = [event.sequence for event in journal.list_events(ID, limit=100_000)]
        assert sequences == list(range(1, len(sequences) + 1))
