"""The suite for providers: a good one passes whole, and each broken one fails the contract that it breaks."""

from pathlib import Path

import pytest

from provisioning.contract import ServerSpec
from provisioning.testing import ProviderConformance, ProviderSetup
from tests.testing.memory import BROKEN, CLOCK, PASSWORD

FOLDER = Path(__file__).with_name("memory-cloud")

SUITES = """
import pytest
from tests.testing.memory import BROKEN
from tests.testing.test_provider_conformance import suite_of

for name in BROKEN:
    globals()[f"Test{name}"] = suite_of(name)
"""

EXPECTED = {
    "CreatesSlowly": {"create_answers_at_once_with_a_server_that_is_there"},
    "AnswersWithoutLabels": {"token_and_labels_are_on_the_server"},
    "ForgetsTokens": {"the_same_token_is_the_same_server"},
    "ForgetsTokensOfOthers": {"the_same_token_from_another_instance_is_the_same_server"},
    "RacesWithItself": {"the_same_token_from_two_threads_is_one_server"},
    "KnowsServersByTheirTime": {
        "another_token_is_another_server",
        "a_listing_by_labels_matches_all_of_them",
        "another_server_stays",
    },
    "NeverRuns": {
        "a_created_server_settles_to_running",
        "a_server_stops_and_starts",
        "stop_what_is_stopped_is_a_success",
        "start_what_runs_is_a_success",
        "a_server_reboots",
        "a_cancelled_call_ends",
        "a_call_ends_with_its_time",
    },
    "TakesAnySize": {"an_unknown_size_is_refused"},
    "TakesAnyImage": {"an_unknown_image_is_refused"},
    "RefusesImagesForNow": {"an_unknown_image_is_refused"},
    "TakesAnyName": {"a_bad_name_is_refused"},
    "FindsNoToken": {"a_server_is_found_by_its_token"},
    "FindsAnything": {"an_unknown_token_finds_nothing"},
    "HopesForUnknownServers": {"an_unknown_id_is_not_found"},
    "ListsOnePage": {"what_was_created_is_listed"},
    "GathersFirst": {"a_listing_is_lazy"},
    "MatchesAnyLabel": {"a_listing_by_labels_matches_all_of_them"},
    "WritesLabelsSmall": {"labels_come_back_as_they_were_given"},
    "DeletesOnce": {"delete_twice_is_a_success"},
    "DeletesWhatItKnows": {"delete_what_never_was_is_a_success"},
    "ListsTheDead": {"a_deleted_server_is_gone"},
    "DeletesAll": {"another_server_stays"},
    "IsNeverReachable": {"check_connection_answers"},
    "RaisesWhenOffline": {"an_unreachable_cloud_is_an_answer"},
    "StaysStopped": {"a_server_stops_and_starts"},
    "StopsOnce": {"stop_what_is_stopped_is_a_success"},
    "StartsOnce": {"start_what_runs_is_a_success"},
    "StopsWhatIsNotThere": {"start_and_stop_of_an_unknown_id_are_not_found"},
    "RebootsForEver": {"a_server_reboots"},
    "OffersTooLittle": {"the_catalog_offers_what_can_be_asked_for"},
    "TellsObjects": {"values_survive_json"},
    "TellsLocalTimes": {"times_are_in_utc"},
    "TellsItsPassword": {"no_secret_is_told"},
    "HearsNoCancellation": {"a_cancelled_call_ends"},
    "HearsNoDeadline": {"a_call_ends_with_its_time"},
}


def setup_of(cloud: str, account: str, **changes: object) -> ProviderSetup:
    """Return how a cloud in memory is tried, each test with an account of its own."""
    config = {"cloud": cloud, "account": account, "password": PASSWORD}
    given = {
        "config": config,
        "spec": ServerSpec("web", size="small", image="debian", zone="a"),
        "unreachable": {**config, "offline": True},
        "heeds_context": ["stop_server"],
        "sleep": CLOCK.sleep,
        "clock": CLOCK.read,
        **changes,
    }
    return ProviderSetup(FOLDER, **given)


def suite_of(cloud: str) -> type[ProviderConformance]:
    """Return the suite of a cloud in memory."""

    class Suite(ProviderConformance):
        @pytest.fixture
        def provider_setup(self, request: pytest.FixtureRequest) -> ProviderSetup:
            return setup_of(cloud, request.node.nodeid)

    return Suite


class TestGoodCloud(suite_of("Cloud")):
    """A cloud that keeps every contract passes, though it hides new servers and takes time for everything."""


def test_each_contract_is_failed_by_whoever_breaks_it(pytester: pytest.Pytester) -> None:
    """A broken cloud fails what it breaks, and what cannot hold without it, and nothing else."""
    pytester.makepyfile(SUITES)
    run = pytester.inline_run("--tb=no", "-p", "no:cacheprovider")
    failed: dict[str, set[str]] = {name: set() for name in BROKEN}
    for report in run.getreports("pytest_runtest_logreport"):
        if not report.passed:
            _, cloud, name = report.nodeid.split("::")
            failed[cloud.removeprefix("Test")].add(name.removeprefix("test_"))
    assert failed == EXPECTED


def test_every_contract_is_broken_by_somebody() -> None:
    """A contract that nothing can fail proves nothing; the one about the manifest has a test of its own."""
    contracts = {name.removeprefix("test_") for name in ProviderConformance.shipped_contracts}
    assert contracts - set().union(*EXPECTED.values()) == {"its_hooks_are_those_that_the_manifest_declares"}
