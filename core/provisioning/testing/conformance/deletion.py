"""Contracts of deletion: idempotent, and in the end nothing is seen of the server."""

import pytest

from provisioning.contract import Server
from provisioning.errors import ProviderError
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

    def test_a_server_that_is_still_being_created_can_be_deleted(self, trial: Trial) -> None:
        """delete_server of a server that does not run yet deletes it in the end.

        A run that is cancelled undoes what it has just begun. Do the first step where the cloud refuses the last one:
        the engine asks again.
        """
        created = trial.create()
        taken = trial.eventually(lambda: _takes_deletion(trial, created), bool)
        assert taken, f"server {created.id} could not be deleted in {trial.setup.patience:g} s"
        trial.soon(lambda: trial.get(created), lambda seen: not _is_gone(seen))
        _wait_until_gone(trial, created)

    def test_after_a_deletion_the_same_can_be_made_again(self, trial: Trial) -> None:
        """A server like one that was deleted can be made, under a new token, and is another one."""
        first = trial.create()
        trial.delete(first)
        _wait_until_gone(trial, first)
        again = trial.create(name=first.name)
        assert again.id != first.id, f"a new token answers with server {first.id}, which was deleted"

    def test_another_server_stays(self, trial: Trial) -> None:
        """delete_server deletes the server of that id and no other."""
        created, other = trial.create(), trial.create()
        trial.delete(created)
        _wait_until_gone(trial, created)
        seen = trial.soon(lambda: trial.get(other), lambda seen: not _is_gone(seen))
        assert not _is_gone(seen), f"server {created.id} was deleted, and {other.id} is gone"


def _takes_deletion(trial: Trial, server: Server) -> bool:
    """Ask for the deletion; return False when it is refused for now."""
    try:
        trial.provider.delete_server(server.id, trial.context)
    except ProviderError as error:
        if not error.retryable:
            raise
        return False
    return True


def _is_gone(server: Server | None) -> bool:
    return server is None or server.state.is_gone


def _wait_until_gone(trial: Trial, server: Server) -> None:
    seen = trial.deleted(server.id, lambda seen: seen is None or seen.state == "deleted")
    if seen is not None and seen.state != "deleted":
        pytest.fail(f"server {server.id} was deleted, and is {seen.state} after {trial.setup.patience:g} s")
