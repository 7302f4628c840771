"""The kinds that work on servers act once, then only look, and find again what a crash cut off."""

from dataclasses import replace

import pytest

from provisioning.contract import (
    Absent,
    Compensation,
    CompensationAction,
    Done,
    EventKind,
    Pending,
    Resource,
    ServerState,
)
from provisioning.errors import NotFound, ResourceBroken, ResourceMissing

from .conftest import Bench, Cloud

S = ServerState
SERVER = Resource("server", "s-1", "mem", "web")
DELETION = Compensation(
    CompensationAction.DELETE_RESOURCE, "delete server web", {"client_token": "token-1", "name": "web"}
)
EXACT_DELETION = replace(DELETION, data={**DELETION.data, "server_id": "s-1"})


class TestCreate:
    """`server_create`."""

    def test_creates_then_looks_until_it_runs(self, bench: Bench) -> None:
        """The server is made known with the first answer, and looked at less and less often."""
        operation = bench.operation("server_create", {"name": "web", "size": "small"}, labels={"a": "b"})
        done = bench.finish("run", operation)

        assert bench.pendings == [
            Pending(0.05, {"server_id": "s-1", "after": 0.05}, (SERVER,), EXACT_DELETION),
            Pending(0.1, {"server_id": "s-1", "after": 0.1}),
        ]
        assert done == Done(bench.cloud.servers["s-1"].as_dict(), (SERVER,), EXACT_DELETION)
        assert (done.result["state"], done.result["size"], done.result["labels"]) == ("running", "small", {"a": "b"})
        assert bench.cloud.calls == ["create web"]

    def test_looks_at_last_every_two_seconds(self, bench: Bench) -> None:
        """However long it takes, a server is looked at every two seconds, and nothing new is told by then."""
        bench.cloud.boot = [S.PENDING] * 12 + [S.RUNNING]
        bench.finish("run", bench.operation("server_create", {"name": "web"}))

        assert [pending.after for pending in bench.pendings][:8] == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
        assert bench.pendings[-1] == bench.pendings[-2] == Pending(2.0, {"server_id": "s-1", "after": 2.0})

    @pytest.mark.parametrize(
        ("parameters", "boot"), [({}, [S.RUNNING]), ({"wait": False}, [S.PENDING]), ({"wait": False}, [S.ERROR])]
    )
    def test_does_not_wait_needlessly(self, bench: Bench, parameters: dict[str, bool], boot: list[ServerState]) -> None:
        """A server that runs at once, or that nobody wants to wait for, is done at once."""
        bench.cloud.boot = boot

        done = bench.call("run", bench.operation("server_create", {"name": "web", **parameters}))
        assert done == Done(bench.cloud.servers["s-1"].as_dict(), (SERVER,), EXACT_DELETION)

    def test_hands_on_all_that_was_asked_for(self, bench: Bench) -> None:
        """Every parameter reaches the provider as the field's word for it."""
        seen = []

        class Curious(Cloud):
            def create_server(self, spec, client_token, labels, context=None):  # type: ignore[no-untyped-def]
                seen.append((spec, client_token))
                return super().create_server(spec, client_token, labels, context)

        bench.cloud = Curious()
        given = {"size": "s", "image": "i", "zone": "z", "user_data": "u", "extra": {"x": 1}}
        lists = {"key_pairs": ["k"], "networks": ["n", "m"]}
        bench.call("run", bench.operation("server_create", {"name": "web", **given, **lists}))

        spec, token = seen[0]
        assert {name: getattr(spec, name) for name in given} == given
        assert (spec.name, spec.key_pairs, spec.networks, token) == ("web", ("k",), ("n", "m"), "token-1")

    @pytest.mark.parametrize(
        ("raw", "reason"), [({"error": "no disk left"}, "no disk left"), ({}, "the provider gives no reason")]
    )
    def test_failed_server_is_told_with_its_reason(self, bench: Bench, raw: dict[str, str], reason: str) -> None:
        """A server that failed will never run; the message says why, as far as the provider does."""
        bench.cloud.put(S.ERROR, raw=raw)
        operation = bench.operation("server_create", {"name": "web"}, state={"server_id": "s-1"})

        with pytest.raises(ResourceBroken) as caught:
            bench.call("run", operation)
        assert str(caught.value) == f"server web (s-1) failed and will not be running: {reason}"
        assert (caught.value.resource, caught.value.retryable) == ("server/s-1", False)

    @pytest.mark.parametrize(
        ("state", "kind", "message"),
        [
            (S.STOPPED, ResourceBroken, "server web (s-1) stopped before it was running"),
            (S.DELETING, ResourceMissing, "server web (s-1) is deleting and will not be running"),
            (S.DELETED, ResourceMissing, "server web (s-1) is deleted and will not be running"),
        ],
    )
    def test_server_that_will_not_run_is_told(
        self, bench: Bench, state: ServerState, kind: type[Exception], message: str
    ) -> None:
        """Nobody waits for a server that stopped, or that somebody deletes."""
        bench.cloud.put(state)
        operation = bench.operation("server_create", {"name": "web"}, state={"server_id": "s-1"})

        with pytest.raises(kind) as caught:
            bench.call("run", operation)
        assert str(caught.value) == message

    def test_new_server_may_be_hidden_for_a_while(self, bench: Bench) -> None:
        """A cloud that does not show at once what it made is asked again, eight times."""
        bench.cloud.hidden = 8
        assert isinstance(bench.finish("run", bench.operation("server_create", {"name": "web"})), Done)

        bench.cloud = Cloud()
        bench.cloud.hidden = 9
        with pytest.raises(ResourceMissing) as caught:
            bench.finish("run", bench.operation("server_create", {"name": "web"}))
        assert str(caught.value) == "server web (s-1) was created and cannot be found at mem"

    def test_prepared_deletion_knows_the_token(self, bench: Bench) -> None:
        """Before the call, undoing it means to delete what its token made."""
        assert bench.call("prepare", bench.operation("server_create", {"name": "web"})) == DELETION
        assert bench.cloud.calls == []

    def test_settling_finds_what_the_token_made(self, bench: Bench) -> None:
        """A server that a lost call made is adopted, then waited for like any other."""
        operation = bench.operation("server_create", {"name": "web"})
        assert bench.call("settle", operation) == Absent()

        bench.call("run", operation)
        found = bench.call("settle", operation)
        assert found == Pending(0.0, {"server_id": "s-1"}, (SERVER,), EXACT_DELETION)
        assert isinstance(bench.finish("run", replace(operation, state=found.state)), Done)
        assert bench.cloud.calls == ["create web"]

    def test_settling_passes_over_a_deleted_server(self, bench: Bench) -> None:
        """What is deleted was not made."""
        bench.cloud.put(S.DELETED, client_token="token-1")

        assert bench.call("settle", bench.operation("server_create", {"name": "web"})) == Absent()

    @pytest.mark.parametrize("compensation", [DELETION, EXACT_DELETION])
    def test_undoing_deletes_once_and_waits(self, bench: Bench, compensation: Compensation) -> None:
        """The server is found by id or token, deleted once, and looked at until it is gone."""
        operation = bench.operation("server_create", {"name": "web"})
        bench.finish("run", operation)
        bench.pendings.clear()

        assert bench.finish("compensate", operation, compensation=compensation) == Done({"deleted": "s-1"})
        assert bench.cloud.servers == {}
        assert bench.cloud.calls == ["create web", "delete s-1"]
        assert bench.pendings[0] == Pending(0.05, {"deleting": "s-1", "after": 0.05})

    def test_undoing_knows_the_server_from_the_last_look(self, bench: Bench) -> None:
        """The id that a look kept will do, where the token finds nothing."""
        bench.cloud.put(S.STARTING)
        operation = bench.operation("server_create", {"name": "web"}, state={"server_id": "s-1", "after": 2.0})

        assert bench.finish("compensate", operation, compensation=DELETION) == Done({"deleted": "s-1"})
        assert bench.pendings[0].after == 0.05

    def test_undoing_nothing_is_a_success(self, bench: Bench) -> None:
        """What was never made, or is gone, is undone."""
        operation = bench.operation("server_create", {"name": "web"})

        assert bench.call("compensate", operation, compensation=DELETION) == Done({"deleted": None})
        assert bench.call("compensate", operation, compensation=EXACT_DELETION) == Done({"deleted": "s-1"})


class TestDelete:
    """`server_delete`."""

    def test_deletes_and_tells_when_it_is_gone(self, bench: Bench) -> None:
        """The deletion is an event once the server is gone, not before."""
        bench.cloud.put(S.RUNNING)
        done = bench.finish("run", bench.operation("server_delete", {"server_id": "s-1"}))

        assert (done, bench.cloud.calls) == (Done({"server_id": "s-1"}), ["delete s-1"])
        assert bench.notes == [
            (EventKind.RESOURCE_DELETED, {"type": "server", "id": "s-1", "provider": "mem", "name": None})
        ]

    def test_gone_is_a_success(self, bench: Bench) -> None:
        """A server that is not there is deleted, even where the provider says that it does not know it."""

        class Strict(Cloud):
            def delete_server(self, server_id, context=None):  # type: ignore[no-untyped-def]
                raise NotFound(f"no server {server_id}")

        operation = bench.operation("server_delete", {"server_id": "s-9"})
        for bench.cloud in (Cloud(), Strict()):
            assert bench.call("run", operation) == Done({"server_id": "s-9"})

    def test_is_asked_for_until_it_has_begun(self, bench: Bench) -> None:
        """A cloud that stops a server first, and deletes only one that is stopped, is asked for each step."""

        class StopsFirst(Cloud):
            def delete_server(self, server_id, context=None):  # type: ignore[no-untyped-def]
                if self.servers[server_id].state is S.STOPPED:
                    super().delete_server(server_id)
                elif self.servers[server_id].state is S.RUNNING:
                    self.stop_server(server_id)

        bench.cloud = StopsFirst()
        bench.cloud.put(S.RUNNING)
        done = bench.finish("run", bench.operation("server_delete", {"server_id": "s-1"}))

        assert (done, bench.cloud.calls) == (Done({"server_id": "s-1"}), ["stop s-1", "delete s-1"])


class TestPower:
    """`server_start` and `server_stop`."""

    @pytest.mark.parametrize(
        ("kind", "before", "after", "verb", "back"),
        [
            ("server_start", S.STOPPED, S.RUNNING, "start", "stop"),
            ("server_stop", S.RUNNING, S.STOPPED, "stop", "start"),
        ],
    )
    def test_switches_and_switches_back(
        self, bench: Bench, kind: str, before: ServerState, after: ServerState, verb: str, back: str
    ) -> None:
        """The server is switched once and waited for; undoing does the same the other way round."""
        bench.cloud.put(before)
        operation = bench.operation(kind, {"server_id": "s-1"})
        compensation = bench.call("prepare", operation)
        data = {"server_id": "s-1", "state_before": str(before)}
        action = CompensationAction.REVERT_CONFIGURATION
        assert compensation == Compensation(action, f"{back} server web again", data)

        done = bench.finish("run", operation)
        assert (done.result["state"], bench.cloud.calls) == (str(after), [f"{verb} s-1"])

        stale = replace(operation, state=bench.pendings[-1].state)
        undone = bench.finish("compensate", stale, compensation=compensation)
        assert list(undone.result.values()) == ["s-1"]
        assert (bench.cloud.servers["s-1"].state, bench.cloud.calls) == (before, [f"{verb} s-1", f"{back} s-1"])

    @pytest.mark.parametrize(
        ("kind", "state"),
        [
            ("server_start", S.RUNNING),
            ("server_start", S.STARTING),
            ("server_stop", S.STOPPED),
            ("server_stop", S.STOPPING),
        ],
    )
    def test_nothing_to_undo_when_it_was_so_before(self, bench: Bench, kind: str, state: ServerState) -> None:
        """A server that was in that state before stays in it when the run is undone."""
        bench.cloud.put(state)

        assert bench.call("prepare", bench.operation(kind, {"server_id": "s-1"})) is None

    def test_gone_server_needs_no_stopping(self, bench: Bench) -> None:
        """Undoing a start is a success when the server is gone, in whatever way the cloud says so."""
        data = {"server_id": "s-1", "state_before": "stopped"}
        compensation = Compensation(CompensationAction.REVERT_CONFIGURATION, "stop server web again", data)
        operation = bench.operation("server_start", {"server_id": "s-1"})
        assert bench.call("compensate", operation, compensation=compensation) == Done({"stopped": None})

        bench.cloud.put(S.DELETED)
        asked = replace(operation, state={"asked": "stopped"})
        assert bench.call("compensate", asked, compensation=compensation) == Done({"stopped": None})

    @pytest.mark.parametrize("kind", ["server_start", "server_stop"])
    def test_missing_server_is_an_error(self, bench: Bench, kind: str) -> None:
        """What is not there can be neither started nor stopped."""
        with pytest.raises(NotFound):
            bench.call("prepare", bench.operation(kind, {"server_id": "s-1"}))


class TestReboot:
    """`server_reboot`."""

    def test_reboots_once_and_waits(self, bench: Bench) -> None:
        """The server is rebooted once, and looked at until it is running again."""
        bench.cloud.put(S.RUNNING)
        done = bench.finish("run", bench.operation("server_reboot", {"server_id": "s-1"}))

        assert (done.result["state"], bench.cloud.calls) == ("running", ["reboot s-1"])


class TestWait:
    """`server_wait`."""

    def test_waits_for_running_unless_told_otherwise(self, bench: Bench) -> None:
        """Without a state, `running` is meant; a stopped server may be started by somebody else."""
        bench.cloud.put(S.STOPPED)
        bench.cloud.send("s-1", S.STOPPED, S.STOPPED, S.STARTING, S.RUNNING)
        done = bench.finish("run", bench.operation("server_wait", {"server_id": "s-1"}))

        assert (done.result["state"], len(bench.pendings), bench.cloud.calls) == ("running", 2, [])

    @pytest.mark.parametrize("state", [S.ERROR, S.STOPPED, S.DELETED])
    def test_waits_for_any_state_that_lasts(self, bench: Bench, state: ServerState) -> None:
        """Every state in which a server stays can be waited for."""
        bench.cloud.put(S.DELETING if state is S.DELETED else S.RUNNING)
        bench.cloud.send("s-1", bench.cloud.servers["s-1"].state, state)
        done = bench.finish("run", bench.operation("server_wait", {"server_id": "s-1", "state": str(state)}))

        assert done.result["state"] == str(state)

    def test_missing_server_is_deleted(self, bench: Bench) -> None:
        """What is not there is deleted, and can be waited for as nothing else."""
        operation = bench.operation("server_wait", {"server_id": "s-1", "state": "deleted"})
        assert bench.call("run", operation) == Done({"id": "s-1", "name": "s-1", "state": "deleted"})

        with pytest.raises(NotFound):
            bench.call("run", bench.operation("server_wait", {"server_id": "s-1"}))
