"""Contracts of the capabilities: what the manifest declares works, and what it does not declare is not there."""

from collections.abc import Sequence

import pytest

from provisioning.contract import Capability, Image, Server, ServerState, Size, Zone
from provisioning.dispatch import check_provider
from provisioning.errors import NotFound, ProviderError
from provisioning.testing.conformance.setup import ProviderSetup
from provisioning.testing.conformance.subject import Subject
from provisioning.testing.conformance.trial import Trial

__all__ = ["CapabilityContracts"]


class CapabilityContracts:
    """What the hooks of the capabilities promise, and how they fit the manifest."""

    def test_its_hooks_are_those_that_the_manifest_declares(self, provider_setup: ProviderSetup) -> None:
        """A provider has the mandatory hooks, those of each capability in its manifest, and no others.

        Implement the hook, or correct `capabilities` under [provider] in extension.toml. Until both agree the
        provider is refused whole, and no other contract can be tried.
        """
        subject = Subject(provider_setup)
        check_provider(subject.make(), subject.record.name, subject.capabilities)

    def test_a_server_stops_and_starts(self, trial: Trial) -> None:
        """stop_server brings a running server to `stopped`, and start_server brings it back to `running`.

        Both may return before that. A stopped server is kept, with its id and its labels.
        """
        trial.needs(Capability.START_STOP)
        created = _running(trial)
        trial.provider.stop_server(created.id, trial.context)
        stopped = trial.settled(created, ServerState.STOPPED)
        assert trial.labels.items() <= stopped.labels.items(), f"stopped, its labels are {dict(stopped.labels)}"
        trial.provider.start_server(created.id, trial.context)
        trial.settled(created, ServerState.RUNNING)

    def test_stop_what_is_stopped_is_a_success(self, trial: Trial) -> None:
        """stop_server of a server that is stopped is a success, and changes nothing.

        A run that was killed stops it again.
        """
        trial.needs(Capability.START_STOP)
        created = _running(trial)
        trial.provider.stop_server(created.id, trial.context)
        trial.settled(created, ServerState.STOPPED)
        trial.provider.stop_server(created.id, trial.context)
        trial.settled(created, ServerState.STOPPED)

    def test_start_what_runs_is_a_success(self, trial: Trial) -> None:
        """start_server of a server that runs is a success, and changes nothing.

        A run that was killed starts it again.
        """
        trial.needs(Capability.START_STOP)
        created = _running(trial)
        trial.provider.start_server(created.id, trial.context)
        trial.settled(created, ServerState.RUNNING)

    def test_start_and_stop_of_an_unknown_id_are_not_found(self, trial: Trial) -> None:
        """start_server and stop_server raise NotFound for an id that there never was."""
        trial.needs(Capability.START_STOP)
        for change in (trial.provider.start_server, trial.provider.stop_server):
            with pytest.raises(NotFound):
                change(trial.setup.unknown_id, trial.context)

    def test_what_is_deleted_cannot_be_started(self, trial: Trial) -> None:
        """start_server and stop_server of a server that was deleted are errors, as NotFound, and never a success."""
        trial.needs(Capability.START_STOP)
        created = trial.create()
        trial.soon(lambda: trial.get(created), lambda seen: seen is not None)
        trial.delete(created)
        trial.deleted(created.id, lambda seen: seen is None or seen.state is ServerState.DELETED)
        for change in (trial.provider.start_server, trial.provider.stop_server):
            with pytest.raises(ProviderError):
                change(created.id, trial.context)

    def test_a_server_reboots(self, trial: Trial) -> None:
        """reboot_server of a running server brings it back to `running`.

        It may return before that; meanwhile the server is `rebooting`, or whatever the cloud shows.
        """
        trial.needs(Capability.REBOOT)
        created = _running(trial)
        trial.provider.reboot_server(created.id, trial.context)
        trial.settled(created, ServerState.RUNNING)

    def test_the_catalog_offers_what_can_be_asked_for(self, trial: Trial) -> None:
        """list_sizes, list_images and list_zones name what a ServerSpec may name, each once.

        An image may be asked for by its name or by its id.
        """
        trial.needs(Capability.CATALOG)
        sizes, images, zones = (
            trial.provider.list_sizes(trial.context),
            trial.provider.list_images(trial.context),
            trial.provider.list_zones(trial.context),
        )
        spec = trial.setup.spec
        _check_offers("size", spec.size, sizes, [size.name for size in sizes])
        _check_offers("image", spec.image, images, [word for image in images for word in {image.name, image.id}])
        _check_offers("zone", spec.zone, zones, [zone.name for zone in zones])


def _running(trial: Trial) -> Server:
    return trial.settled(trial.create(), ServerState.RUNNING)


def _check_offers(noun: str, asked: str | None, offers: Sequence[Size | Image | Zone], words: list[str | None]) -> None:
    names = [offer.name for offer in offers]
    assert names, f"there is no {noun}"
    if noun != "image":  # images of one name may differ in their ids
        assert len(set(names)) == len(names), f"a {noun} is there twice: {names}"
    assert asked is None or asked in words, f"the spec asks for the {noun} {asked!r}, which is not in {words}"
