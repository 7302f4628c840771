"""Contracts of deletion: idempotent, and in the end nothing is seen of the server."""

import pytest

from provisioning.contract import Server
from provisioning.testing.conformance.trial import Trial

__all__ = ["DeletionContracts"]


class DeletionContracts:
    """What `delete_server` promises."""

    def test_delete_twice_is_a_success(self, trial: Trial) -> None:
        """delete_server is idempotent: a server that is being deleted, or is gone, is a success.

        A rollback that was killed deletes again. Take the cloud's "no such server" for what was wanted.
        """
        created = trial.create()
        trial.delete(created)
        trial.provider.delete_server(created.id, trial.context)
        _wait_until_gone(trial, created)
        trial.provider.delete_server(created.id, trial.context)

    def test_delete_what_never_was_is_a_success(self, trial: Trial) -> None:
        """delete_server of an id that there never was is a success.

        Nobody can tell it from a server that is long gone.
        """
        trial.provider.delete_server(trial.setup.unknown_id, trial.context)

    def test_a_deleted_server_is_gone(self, trial: Trial) -> None:
        """A deleted server is neither found nor listed in the end, or is shown as `deleted`.

        delete_server may return before that: the engine looks until get_server raises NotFound or shows `deleted`.
        Where a server must be stopped first, let delete_server do the next step each time it is called: it is called
        again until the server is gone, or is shown as `deleting`.
        """
        token = trial.new_token()
        created = trial.create(token)
        trial.soon(trial.listed, lambda listed: len(listed) > 0)
        trial.delete(created)
        _wait_until_gone(trial, created)
        found = trial.soon(lambda: trial.provider.find_server(token, trial.context), _is_gone)
        assert _is_gone(found), f"it is deleted, and its token finds it as {found and found.state}"
        listed = trial.soon(trial.listed, lambda listed: not listed)
        assert listed == [], "it is deleted, and is listed still"

    def test_another_server_stays(self, trial: Trial) -> None:
        """delete_server deletes the server of that id and no other."""
        created, other = trial.create(), trial.create()
        trial.delete(created)
        _wait_until_gone(trial, created)
        seen = trial.soon(lambda: trial.get(other), lambda seen: not _is_gone(seen))
        assert not _is_gone(seen), f"server {created.id} was deleted, and {other.id} is gone"


def _is_gone(server: Server | None) -> bool:
    return server is None or server.state.is_gone


def _wait_until_gone(trial: Trial, server: Server) -> None:
    seen = trial.deleted(server.id, lambda seen: seen is None or seen.state == "deleted")
    if seen is not None and seen.state != "deleted":
        pytest.fail(f"server {server.id} was deleted, and is {seen.state} after {trial.setup.patience:g} s")
