"""Contracts of volumes, networks, key pairs and firewalls: made once for a token, and gone when they are deleted."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from provisioning.contract import Asset, AssetSpec, Capability, ServerState, Volume
from provisioning.errors import NotFound, ProviderError
from provisioning.testing.conformance.trial import Trial

__all__ = ["AssetContracts"]


class AssetContracts:
    """What the hooks of assets promise, of each that `ProviderSetup.assets` names."""

    def test_an_asset_is_made_once_for_a_token(self, trial: Trial) -> None:
        """create_asset with a token that was used answers with what it made, and token and labels are on it.

        find_asset finds it, get_asset shows it, and list_assets lists it by its labels.
        """
        for spec in _specs(trial):
            with _made(trial, spec) as made:
                again = trial.provider.create_asset(spec, _token(made), trial.labels, trial.context)
                assert again.id == made.id, f"one token made two, {made.id} and {again.id}"
                found = _found(trial, made)
                assert found is not None, f"the {spec.kind.words} is not found by its token"
                assert found.id == made.id, f"the token of {made.id} finds {found.id}"
                assert found.labels == trial.labels, f"its labels are {dict(found.labels)}"
                listed = [one.id for one in trial.provider.list_assets(type(spec), trial.labels, trial.context)]
                assert listed == [made.id], f"listed by its labels are {listed}"

    def test_an_unknown_asset_is_not_found(self, trial: Trial) -> None:
        """get_asset raises NotFound for an id that there never was, and find_asset returns None for such a token."""
        for spec in _specs(trial):
            with pytest.raises(NotFound):
                trial.provider.get_asset(type(spec), trial.setup.unknown_asset_id, trial.context)
            found = trial.provider.find_asset(type(spec), trial.new_token(), trial.context)
            assert found is None, f"a token that was never used finds {found and found.id}"

    def test_an_asset_is_deleted_once_and_for_all(self, trial: Trial) -> None:
        """delete_asset is idempotent: what is gone, or never was, is a success; then nothing is found of it."""
        for spec in _specs(trial):
            with _made(trial, spec) as made:
                for _ in range(2):
                    trial.provider.delete_asset(type(spec), made.id, trial.context)
                seen = trial.eventually(lambda: _look(trial, made), lambda seen: seen is None)
                assert seen is None, f"the {spec.kind.words} {made.id} was deleted, and is there"
                assert trial.provider.find_asset(type(spec), _token(made), trial.context) is None
            trial.provider.delete_asset(type(spec), trial.setup.unknown_asset_id, trial.context)

    def test_a_volume_outlives_its_server(self, trial: Trial) -> None:
        """attach_volume gives a volume to a server; when that is deleted, the volume stays, and no server has it.

        What somebody made for its own sake is deleted for its own sake. Asked twice, it is once.
        """
        trial.needs(Capability.VOLUME_ATTACHMENT)
        volumes = [spec for spec in _specs(trial) if isinstance(spec, Volume)]
        if not volumes:
            trial.not_applicable("no volume is tried: ProviderSetup.assets")
        with _made(trial, volumes[0]) as made:
            server = trial.settled(trial.create(), ServerState.RUNNING)
            for _ in range(2):
                trial.provider.attach_volume(made.id, server.id, trial.context)
            held = trial.eventually(
                lambda: _look(trial, made), lambda seen: seen is None or seen.attached_to is not None
            )
            assert held is not None, "the volume is gone when it is attached"
            assert held.attached_to == server.id, f"it was given to server {server.id}, and {held.attached_to} has it"
            trial.delete(server)
            trial.deleted(server.id, lambda seen: seen is None or seen.state is ServerState.DELETED)
            left = trial.eventually(lambda: _look(trial, made), lambda seen: seen is None or seen.attached_to is None)
            assert left is not None, "the volume went with its server"
            assert left.attached_to is None, f"server {server.id} is gone, and has the volume still"


def _specs(trial: Trial) -> Sequence[AssetSpec]:
    found = [spec for spec in trial.setup.assets if trial.has(spec.kind.capability)]
    if not found:
        trial.not_applicable("the manifest declares no kind of asset, or none is tried: ProviderSetup.assets")
    return found


def _token(made: Asset[Any]) -> str:
    assert made.client_token is not None, "an asset does not show its client token"
    return made.client_token


@contextmanager
def _made(trial: Trial, spec: AssetSpec) -> Iterator[Asset[Any]]:
    """Make an asset that can be used; delete it afterwards, when its server is gone."""
    made: Asset[Any] = trial.provider.create_asset(spec, trial.new_token(), trial.labels, trial.context)
    try:
        seen = trial.eventually(lambda: _look(trial, made), lambda seen: seen is not None and seen.is_ready)
        assert seen is not None, f"the {spec.kind.words} {made.id} was made, and is not there"
        assert seen.is_ready, f"the {spec.kind.words} {made.id} cannot be used after {trial.setup.patience:g} s"
        assert seen.name == spec.name, f"it is called {seen.name!r}, not {spec.name!r}"
        yield made
    finally:
        trial.eventually(lambda: _is_taken(trial, made), bool)


def _look(trial: Trial, made: Asset[Any]) -> Asset[Any] | None:
    try:
        return trial.provider.get_asset(type(made.spec), made.id, trial.context)
    except NotFound:
        return None


def _found(trial: Trial, made: Asset[Any]) -> Asset[Any] | None:
    """Return what the token finds, once the cloud shows it."""

    def find() -> Asset[Any] | None:
        return trial.provider.find_asset(type(made.spec), _token(made), trial.context)

    return trial.soon(find, lambda seen: seen is not None)


def _is_taken(trial: Trial, made: Asset[Any]) -> bool:
    """Delete an asset; return False while it is refused for now."""
    try:
        seen = _look(trial, made)
        if seen is not None and seen.attached_to is not None and trial.has(Capability.VOLUME_ATTACHMENT):
            trial.provider.detach_volume(made.id, trial.context)
        trial.provider.delete_asset(type(made.spec), made.id, trial.context)
    except ProviderError as error:
        if not error.retryable:
            raise
        return False
    return True
