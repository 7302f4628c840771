"""Contracts of finding: by the token, by the id, and in the listing by labels."""

import pytest

from provisioning.contract import Provider, Server
from provisioning.errors import NotFound
from provisioning.testing.conformance.trial import Trial

__all__ = ["FindingContracts"]


class FindingContracts:
    """What `find_server`, `get_server` and `list_servers` promise."""

    def test_a_server_is_found_by_its_token(self, trial: Trial) -> None:
        """find_server returns the server that a token made, within the listing lag, to another process as well.

        It is how the engine adopts what was created when the reply was lost. Say in the manifest how long the
        cloud may hide a new server: `listing_lag`.
        """
        token = trial.new_token()
        created = trial.create(token)
        for provider in (trial.provider, trial.another()):
            found = _find(trial, token, provider)
            assert found is not None, "it is not found by its token when the listing lag is over"
            assert found.id == created.id, f"the token of server {created.id} finds server {found.id}"

    def test_an_unknown_token_finds_nothing(self, trial: Trial) -> None:
        """find_server returns None for a token that made nothing, also when there are other servers.

        None, and no error: nothing was lost.
        """
        created = trial.create()
        trial.soon(trial.listed, lambda listed: len(listed) > 0)
        found = trial.provider.find_server(trial.new_token(), trial.context)
        assert found is None, f"a token that was never used finds server {found and found.id}; {created.id} has another"

    def test_an_unknown_id_is_not_found(self, trial: Trial) -> None:
        """get_server raises NotFound, which is not retryable, for an id that there never was.

        The engine takes NotFound for proof that a server is gone: map exactly this to it, and no other error.
        """
        with pytest.raises(NotFound) as caught:
            trial.provider.get_server(trial.setup.unknown_id, trial.context)
        assert not caught.value.retryable, "NotFound says that it is retryable"

    def test_what_was_created_is_listed(self, trial: Trial) -> None:
        """list_servers yields every server that was created, once each, within the listing lag.

        Follow the cloud's pages to the last one.
        """
        created = {trial.create().id, trial.create().id}
        listed = trial.soon(lambda: [server.id for server in trial.listed()], lambda ids: set(ids) >= created)
        assert sorted(listed) == sorted(created), "what is listed is not what was created"

    def test_a_listing_is_lazy(self, trial: Trial) -> None:
        """list_servers yields servers as their pages come; it does not gather them first.

        Write it as a generator: an account may have thousands of servers, and the first ones may be enough.
        """
        answer = trial.hooks.call("list_servers", labels=trial.labels, context=trial.context)
        assert not isinstance(answer, list | tuple | set | frozenset | dict), f"it returns a {type(answer).__name__}"

    def test_a_listing_by_labels_matches_all_of_them(self, trial: Trial) -> None:
        """list_servers with labels yields the servers that carry all of them, names and values, and no other.

        Filter at the cloud or in the provider; whoever looks for orphans deletes what is listed.
        """
        labels = {"conformance-tier": "web", "conformance-zone": "a"}
        created = trial.create(labels=labels)
        other = trial.create(labels={**labels, "conformance-zone": "b"})
        trial.soon(trial.listed, lambda listed: {server.id for server in listed} >= {created.id, other.id})
        for asked, expected in (
            (labels, [created.id]),
            ({"conformance-tier": "web"}, sorted([created.id, other.id])),
            ({"conformance-tier": "db"}, []),
            ({"conformance-nothing": "web"}, []),
        ):
            listed = sorted(server.id for server in trial.listed(asked))
            assert listed == expected, f"the labels {asked} list {listed}, not {expected}"

    def test_labels_come_back_as_they_were_given(self, trial: Trial) -> None:
        """Labels with every character that the cloud allows come back unchanged.

        Escape what the cloud cannot hold, and undo it when reading.
        """
        odd = dict(trial.setup.odd_labels)
        created = trial.create(labels=odd)
        listed = trial.soon(lambda: trial.listed(odd), lambda listed: len(listed) > 0)
        assert [server.id for server in listed] == [created.id], f"the labels {odd} do not list it"
        seen = {name: listed[0].labels.get(name) for name in odd}
        assert seen == odd, "the labels are others than were given"


def _find(trial: Trial, token: str, provider: Provider) -> Server | None:
    return trial.soon(lambda: provider.find_server(token, trial.context), lambda found: found is not None)
