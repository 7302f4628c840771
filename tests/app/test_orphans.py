"""Orphans on real local servers: what no record accounts for is found, and only what is provably ours is deleted."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from provisioning.app import App, Standing, Stray
from provisioning.app.orphans import Orphans
from provisioning.contract import (
    Batch,
    Capability,
    Firewall,
    KeyPair,
    Network,
    OperationState,
    RunState,
    Server,
    ServerSpec,
    ServerState,
    Volume,
)
from provisioning.dispatch import ProviderHandle
from provisioning.errors import ConfigurationError
from provisioning.testing.cloud import FakeCloud, FakeProvider
from provisioning.workflow import Ownership


def make(app: App, token: str, **labels: str) -> Server:
    """Create a server behind the journal's back."""
    return app.provider("local").create_server(ServerSpec(name=token), token, labels)


def ours(app: App, workflow_id: str = "wf-gone", operation_id: str = "web") -> dict[str, str]:
    return Ownership(app.journal.installation_id, workflow_id, operation_id).as_labels()


def create(app: App, workflow_id: str) -> str:
    """Create a server by a run; return its id."""
    operation = {"id": "web", "kind": "server_create", "provider": "local", "parameters": {"name": "web"}}
    report = app.run({"name": "create", "operations": [operation]}, workflow_id=workflow_id)
    return report.resources[0].id


def seen(app: App, **options: Any) -> dict[str, tuple[str, str]]:
    report = app.orphans(**{"older_than": 0.0, **options})
    return {stray.found.name: (str(stray.standing), stray.reason) for stray in report.strays}


def test_what_a_run_made_is_no_orphan(app: App) -> None:
    """As long as the journal knows it, whatever anybody else created beside it."""
    create(app, "wf-1")
    make(app, "somebodys")
    make(app, "labelled", team="red")

    assert app.orphans(older_than=0).strays == []


def test_run_that_the_journal_does_not_know(app: App) -> None:
    """A server with our labels whose run is gone is an orphan, and is deleted by a run of its own."""
    server = make(app, "lost", **ours(app))
    (orphan,) = app.orphans(older_than=0).orphans
    assert (orphan.found.id, orphan.reason) == (server.id, "the journal has no such run")
    assert orphan.age is not None
    assert orphan.age < 600

    assert app.run(orphan.deletion()).state is RunState.SUCCEEDED
    assert [each.id for each in app.servers()] == []
    assert app.orphans(older_than=0).strays == []


def test_run_that_was_pruned(app: App) -> None:
    """A run that was forgotten although it held a server leaves an orphan."""
    server_id = create(app, "wf-1")
    care = app.journal_care
    (candidate,) = care.candidates(-1)
    assert candidate.holds == ("server web of operation web",)
    care.forget([candidate])

    assert [stray.found.id for stray in app.orphans(older_than=0).orphans] == [server_id]


def test_operation_that_made_another_server(app: App) -> None:
    """A second server with the labels of an operation that knows the first one: its token was never proved absent."""
    create(app, "wf-1")
    make(app, "twin", **ours(app, "wf-1"))
    make(app, "stranger", **ours(app, "wf-1", "db"))

    assert seen(app) == {
        "twin": ("orphan", "its operation has made another server since"),
        "stranger": ("orphan", "the run has begun no such operation"),
    }


def test_server_that_came_back(app: App) -> None:
    """What the journal says is undone, and is there all the same, is an orphan."""
    create(app, "wf-1")
    (record,) = app.operations("wf-1")
    app.rollback("wf-1").wait()
    make(app, record.client_token, **ours(app, "wf-1"))

    assert list(seen(app).values()) == [("orphan", "its operation is undone")]


def test_server_in_doubt_is_left_to_its_run(app: App) -> None:
    """Created, and the process killed before it was recorded: the run that can be resumed knows its token."""
    create(app, "wf-1")
    (record,) = app.operations("wf-1")
    token = record.client_token
    record.state, record.resources, record.result = OperationState.STARTED, (), None
    writer = app.journal.acquire("wf-1", "nobody")
    writer.commit(Batch([record], state=RunState.RUNNING))
    writer.release()
    assert [server.client_token for server in app.servers()] == [token]

    assert seen(app) == {}


def test_other_installations_are_listed_and_left_alone(app: App, workspace: Path) -> None:
    """A journal that was deleted behind its run leaves servers of an installation that nobody knows any more."""
    create(app, "wf-1")
    theirs = app.journal.installation_id
    app.close()
    for path in (workspace / ".provisioning").iterdir():
        path.unlink()
    assert seen(app) == {"web": ("foreign", f"journal {theirs} made it")}
    (stray,) = app.orphans(older_than=0).strays
    with pytest.raises(ConfigurationError) as caught:
        stray.deletion()
    message = f"server {stray.found.id} is not deleted: it is no orphan, but foreign"
    assert message == caught.value.message


def test_labels_that_name_no_operation(app: App) -> None:
    """Our installation alone proves nothing: anybody may copy a label."""
    half = Ownership(app.journal.installation_id, "wf-1", None).as_labels()
    make(app, "half", **half)

    assert seen(app) == {"half": ("unclear", "its labels name no run, or no operation")}


def test_run_that_is_being_driven(app: App, tmp_path: Path) -> None:
    """Whatever a run has made that goes on, it is the run's to say so."""
    gate = tmp_path / "gate"
    script = f"while [ ! -e {gate} ]; do sleep 0.05; done"
    operation = {"id": "wait", "kind": "command", "parameters": {"command": ["sh", "-c", script]}}
    run = app.start({"name": "waits", "operations": [operation]}, workflow_id="wf-1")
    next(event for event in run.events() if event.kind == "OperationStarted")
    make(app, "early", **ours(app, "wf-1"))

    assert seen(app) == {"early": ("in_flight", "run wf-1 is being driven")}
    gate.touch()
    run.wait()
    assert seen(app) == {"early": ("orphan", "the run has begun no such operation")}


def test_young_servers_are_left_alone(app: App) -> None:
    """Younger than asked, ten minutes by default, is not said to be an orphan yet."""
    make(app, "new", **ours(app))

    assert seen(app, older_than=600.0) == {"new": ("young", "the journal has no such run; wait until it is older")}
    assert [stray.standing for stray in app.orphans().strays] == [Standing.YOUNG]


def test_listing_lag_is_the_least(workspace: Path, tmp_path: Path) -> None:
    """Whatever is asked for: what the cloud may still hide is not told from what is gone."""
    overrides = {"providers.local.directory": str(tmp_path / "cloud"), "providers.local.listing_lag": 300}
    with App.open(workspace, overrides=overrides, environ={"HOME": str(tmp_path)}) as app:
        server = make(app, "new", **ours(app))
        try:
            assert seen(app) == {"new": ("young", "the journal has no such run; wait until it is older")}
            later = Orphans(app.journal, app._parts.providers, lambda: time.time() + 301)
            assert [stray.standing for stray in later.search(None, 0.0).strays] == [Standing.ORPHAN]
        finally:
            app.provider("local").delete_server(server.id)


@pytest.mark.parametrize(
    ("created_at", "least", "standing"),
    [
        (None, 0.0, Standing.ORPHAN),
        (None, 1.0, Standing.YOUNG),
        ("yesterday", 1.0, Standing.YOUNG),
        ("2020-01-01T00:00:00", 1.0, Standing.YOUNG),
        ("2020-01-01T00:00:00Z", 1.0, Standing.ORPHAN),
        ("2020-01-01T00:00:00+02:00", 1e12, Standing.YOUNG),
    ],
)
def test_age_that_is_not_told(app: App, created_at: str | None, least: float, standing: Standing) -> None:
    """A server of which nobody knows how old it is counts as young, unless any age will do."""
    owner = Ownership(app.journal.installation_id, "wf-gone", "web")
    server = Server("srv-1", "web", ServerState.RUNNING, "local", created_at=created_at)
    stray = Orphans(app.journal, app._parts.providers)._judge(server, owner, least)

    assert stray is not None
    assert stray.standing is standing


def test_token_that_is_not_told(app: App) -> None:
    """Where a cloud tells no token, an operation in doubt accounts for a server with its labels."""
    create(app, "wf-1")
    (record,) = app.operations("wf-1")
    server = Server("srv-other", "web", ServerState.RUNNING, "local")
    owner = Ownership(app.journal.installation_id, "wf-1", "web")
    judge = Orphans(app.journal, app._parts.providers)._judge
    assert isinstance(judge(server, owner, 0.0), Stray)

    record.resources = ()
    writer = app.journal.acquire("wf-1", "nobody")
    writer.commit(Batch([record]))
    assert judge(server, owner, 0.0) is None


def test_one_provider_that_fails_hides_no_other(workspace: Path, tmp_path: Path) -> None:
    """It is told of, with why; what the others have is found."""
    (tmp_path / "file").touch()
    overrides = {
        "providers.local.directory": str(tmp_path / "cloud"),
        "providers.broken.type": "local",
        "providers.broken.directory": str(tmp_path / "file" / "below"),
        "providers.nowhere.type": "no-such-type",
    }
    with App.open(workspace, overrides=overrides, environ={**os.environ, "HOME": str(tmp_path)}) as app:
        server = make(app, "lost", **ours(app))
        try:
            report = app.orphans(older_than=0)
            assert [stray.found.id for stray in report.orphans] == [server.id]
            assert (sorted(report.failures), report.asked) == (["broken", "nowhere"], 3)
            assert app.orphans("local", older_than=0).failures == {}
            with pytest.raises(ConfigurationError):
                app.orphans("none")
        finally:
            app.provider("local").delete_server(server.id)


class OneCloud:
    """The catalog of a workspace with a single provider instance."""

    def __init__(self, handle: ProviderHandle) -> None:
        self._handle = handle

    def get(self, name: str) -> ProviderHandle:
        return self._handle

    def names(self) -> list[str]:
        return ["cloud"]


def test_assets_are_orphans_too(app: App) -> None:
    """Each kind is found and named, servers before what they use, and is deleted by the operation of its kind."""
    cloud = FakeCloud(clock=lambda: 0.0)
    handle = ProviderHandle(
        "cloud", "fake", lambda: FakeProvider("cloud", {}, cloud), capabilities=frozenset(Capability)
    )
    specs = (Network("net"), KeyPair("key", "ssh-ed25519 AAAA"), Firewall("wall"), Volume("disk"))
    made = {spec.name: handle.create_asset(spec, spec.name, ours(app)).id for spec in specs}
    handle.create_asset(Volume("somebodys"), "other", {})
    handle.create_server(ServerSpec("web", volumes=(made["disk"],)), "web", ours(app))

    report = Orphans(app.journal, OneCloud(handle)).search(None, 0.0)  # type: ignore[arg-type]
    assert [(stray.kind, stray.found.name) for stray in report.orphans] == [
        ("server", "web"),
        ("volume", "disk"),
        ("firewall", "wall"),
        ("key_pair", "key"),
        ("network", "net"),
    ]
    (_, disk, *_) = report.orphans
    assert disk.as_dict()["resource"]["size_gib"] is None
    [operation] = disk.deletion()["operations"]
    assert (operation["kind"], operation["parameters"]) == ("volume_delete", {"volume_id": made["disk"]})


def test_an_asset_that_a_run_made_is_no_orphan(app: App) -> None:
    """The record of its operation accounts for it, by its id, and for no second one with the same labels."""
    cloud = FakeCloud(clock=lambda: 0.0)
    handle = ProviderHandle(
        "cloud", "fake", lambda: FakeProvider("cloud", {}, cloud), capabilities=frozenset(Capability)
    )
    search = Orphans(app.journal, OneCloud(handle))  # type: ignore[arg-type]
    create(app, "wf-1")
    record = app.journal.get_operation("wf-1", "web")
    assert record is not None
    handle.create_asset(Volume("mine"), record.client_token, ours(app, "wf-1"))
    assert search.search(None, 0.0).strays == []
    handle.create_asset(Volume("twin"), "another", ours(app, "wf-1"))
    assert [stray.reason for stray in search.search(None, 0.0).strays] == [
        "its operation has made another volume since"
    ]
