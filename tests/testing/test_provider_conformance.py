"""The suite for providers: a good one passes whole, and each broken one fails the contract that it breaks."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from provisioning.contract import ServerSpec, ServerState, Volume
from provisioning.errors import ConfigurationError, ExtensionNotFound, ServiceInternalError
from provisioning.testing import ProviderConformance, ProviderSetup, Trial
from tests.testing.memory import ACCOUNTS, BROKEN, CLOCK, LAG, PASSWORD, Account

FOLDER = Path(__file__).with_name("memory-cloud")

SUITES = """
import pytest
from tests.testing.memory import BROKEN
from tests.testing.test_provider_conformance import suite_of

for name in BROKEN:
    globals()[f"Test{name}"] = suite_of(name)
"""

COUNT = len(ProviderConformance.shipped_contracts)

EXPECTED = {
    "CreatesSlowly": {"create_answers_at_once_with_a_server_that_is_there"},
    "AnswersWithoutLabels": {"token_and_labels_are_on_the_server"},
    "ForgetsTokens": {"the_same_token_is_the_same_server"},
    "ForgetsTokensOfOthers": {
        "the_same_token_from_another_instance_is_the_same_server",
        "a_lost_reply_is_ambiguous_and_the_server_is_found",
    },
    "RacesWithItself": {"the_same_token_from_two_threads_is_one_server"},
    "KnowsServersByTheirTime": {
        "another_token_is_another_server",
        "a_listing_by_labels_matches_all_of_them",
        "another_server_stays",
        "after_a_deletion_the_same_can_be_made_again",
    },
    "NeverRuns": {
        "an_unknown_state_is_unknown",
        "a_volume_outlives_its_server",
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
    "FindsNoToken": {"a_server_is_found_by_its_token", "a_lost_reply_is_ambiguous_and_the_server_is_found"},
    "FindsAnything": {"an_unknown_token_finds_nothing"},
    "HopesForUnknownServers": {"an_unknown_id_is_not_found", "a_cloud_that_hangs_is_left"},
    "ListsOnePage": {"what_was_created_is_listed", "more_servers_than_a_page_holds_are_listed_lazily"},
    "GathersFirst": {"a_listing_is_lazy", "more_servers_than_a_page_holds_are_listed_lazily"},
    "MatchesAnyLabel": {"a_listing_by_labels_matches_all_of_them"},
    "WritesLabelsSmall": {"labels_come_back_as_they_were_given"},
    "DeletesOnce": {
        "delete_twice_is_a_success",
        "a_server_that_is_still_being_created_can_be_deleted",
        "an_unknown_state_is_unknown",
    },
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
    "SaysThatNothingWasMade": {"a_lost_reply_is_ambiguous_and_the_server_is_found"},
    "ForgetsWhenToComeBack": {"throttling_says_when_to_come_back"},
    "GivesUp": {"an_error_of_the_cloud_is_retryable"},
    "TakesSilenceForAnAnswer": {"a_cloud_that_hangs_is_left"},
    "KnowsAllStates": {"an_unknown_state_is_unknown"},
    "ReadsAllPagesFirst": {"more_servers_than_a_page_holds_are_listed_lazily"},
    "DeletesOnlyWhatRuns": {
        "a_server_that_is_still_being_created_can_be_deleted",
        "after_a_deletion_the_same_can_be_made_again",
        "another_server_stays",
        "another_token_is_another_server",
        "delete_twice_is_a_success",
        "the_same_token_is_the_same_server",
    },
    "KeepsNames": {"after_a_deletion_the_same_can_be_made_again"},
    "StartsTheDead": {"what_is_deleted_cannot_be_started"},
    "LogsItsPassword": {"no_secret_is_logged"},
    "ForgetsTokensOfAssets": {"an_asset_is_made_once_for_a_token"},
    "FindsAnyAsset": {"an_unknown_asset_is_not_found"},
    "DeletesAssetsOnce": {"an_asset_is_deleted_once_and_for_all"},
    "DeletesVolumesWithServers": {"a_volume_outlives_its_server"},
}


def setup_of(cloud: str, account: str, **changes: object) -> ProviderSetup:
    """Return how a cloud in memory is tried, each test with an account of its own."""
    config = {"cloud": cloud, "account": account, "password": PASSWORD}
    given = {
        "config": config,
        "spec": ServerSpec("web", size="small", image="debian", zone="a"),
        "unreachable": {**config, "offline": True},
        "trouble": replace(ACCOUNTS.setdefault(account, Account()).trouble, impatient=config),
        "heeds_context": ["stop_server"],
        "assets": [Volume("data", 1)],
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
        if report.failed:
            _, cloud, name = report.nodeid.split("::")
            failed[cloud.removeprefix("Test")].add(name.removeprefix("test_"))
    assert failed == EXPECTED


def test_every_contract_is_broken_by_somebody() -> None:
    """A contract that nothing can fail proves nothing; two have a test of their own."""
    contracts = {name.removeprefix("test_") for name in ProviderConformance.shipped_contracts}
    assert contracts - set().union(*EXPECTED.values()) == {
        "its_hooks_are_those_that_the_manifest_declares",
        "killed_between_call_and_reply_the_server_is_found",
    }


@pytest.mark.parametrize("forgets", [False, True])
def test_a_cloud_is_killed_in_a_process_of_its_own(forgets: bool, pytester: pytest.Pytester, tmp_path: Path) -> None:
    """One that writes the token with the server passes; one that writes it afterwards leaves a server unknown."""
    folder = Path(__file__).with_name("file-cloud")
    changes = {
        "extension": f"Path({str(folder)!r})",
        "config": repr({"folder": str(tmp_path), "forgets": forgets}),
        "spec": "ServerSpec('web')",
        "sleep": "lambda _: None",
        "heeds_context": "()",
        "trouble": f"Trouble(hold_reply=Path({str(tmp_path / 'hold')!r}).touch)",
    }
    given = ", ".join(f"{name}={value}" for name, value in changes.items())
    setup = f"dataclasses.replace(setup_of('Cloud', 'none'), {given})"
    result = one_test(pytester, "killed_between", setup)
    result.assert_outcomes(**({"failed": 1} if forgets else {"passed": 1}), deselected=COUNT - 1)
    if forgets:
        result.stdout.fnmatch_lines(["*before its token found a server*"])


def one_test(pytester: pytest.Pytester, name: str, setup: str, *options: str) -> pytest.RunResult:
    """Run one contract with a setup that is given as text."""
    pytester.makepyfile(
        test_one=f"""
        import dataclasses
        import pytest
        from pathlib import Path
        from provisioning import ServerSpec
        from provisioning.testing import ProviderConformance, Trouble
        from tests.testing.test_provider_conformance import setup_of

        class TestOne(ProviderConformance):
            @pytest.fixture
            def provider_setup(self, request):
                return {setup}
        """
    )
    return pytester.runpytest_inprocess("-rs", *options, "-k", name)


def test_a_failure_says_what_the_contract_is(pytester: pytest.Pytester) -> None:
    """What was found, what was promised, and what to do."""
    name = "the_same_token_is_the_same_server"
    result = one_test(pytester, name, "setup_of('ForgetsTokens', 'says')")
    result.assert_outcomes(failed=1, deselected=COUNT - 1)
    result.stdout.fnmatch_lines(
        [
            "E*AssertionError: one token made two servers, i-1 and i-2",
            "E*the contract: create_server with a token that was used for the same request returns the server that*",
            "E*Hand the token to the cloud where it knows such tokens; else look for a server that carries it first.",
        ]
    )


def test_an_error_of_the_provider_says_it_too(pytester: pytest.Pytester) -> None:
    """An error that no contract expects is shown with the contract that it breaks."""
    result = one_test(pytester, "delete_what_never_was", "setup_of('DeletesWhatItKnows', 'error')")
    result.stdout.fnmatch_lines(
        [
            "E*NotFound: there is no server no-such-server",
            "E*the contract: delete_server of an id that there never was is a success.",
        ]
    )


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("an_unknown_size", "unknown_size=None", "the cloud takes any size: ProviderSetup.unknown_size"),
        ("an_unknown_image", "unknown_image=None", "the cloud takes any image: ProviderSetup.unknown_image"),
        ("a_bad_name", "bad_name=None", "the cloud takes any name: ProviderSetup.bad_name"),
        (
            "an_unreachable_cloud",
            "unreachable=None",
            "no configuration with which the cloud cannot be reached: ProviderSetup.unreachable",
        ),
        ("a_cancelled_call_ends", "heeds_context=[]", "no hook waits long: ProviderSetup.heeds_context"),
        (
            "no_secret_is_told",
            "config={'account': 'a'}",
            "no secret: mark it as writeOnly in the schema, or name it in ProviderSetup.secrets",
        ),
    ],
)
def test_what_says_nothing_of_a_provider_is_not_applicable(
    pytester: pytest.Pytester, name: str, change: str, reason: str
) -> None:
    """It is skipped, and the report shows why, and by which setting it can be tried."""
    result = one_test(pytester, name, f"setup_of('Cloud', 'skip', {change})")
    result.assert_outcomes(skipped=1, deselected=COUNT - 1)
    result.stdout.fnmatch_lines([f"SKIPPED*: not applicable: {reason}"])


def test_a_capability_that_is_not_declared_is_not_applicable(pytester: pytest.Pytester, tmp_path: Path) -> None:
    """But a provider that has its hooks all the same is refused, with what does not fit."""
    folder = shutil.copytree(FOLDER, tmp_path / "memory-cloud")
    manifest = folder / "extension.toml"
    manifest.write_text(manifest.read_text().replace('"reboot", ', ""))
    changed = f"dataclasses.replace(setup_of('Cloud', 'caps'), extension=Path({str(folder)!r}))"
    result = one_test(pytester, "hooks_are_those or reboots", changed)
    result.assert_outcomes(failed=1, errors=1, deselected=COUNT - 2)
    result.stdout.fnmatch_lines(
        ["E*: reboot_server is there and the manifest does not declare its capability, reboot", "E*the contract: *"]
    )
    (folder / "cloud.py").write_text(
        "from tests.testing.memory import Cloud\n"
        "left_out = {'reboot_server', '__dict__', '__weakref__'}\n"
        "hooks = {name: value for name, value in vars(Cloud).items() if name not in left_out}\n"
        "def make(name, config):\n"
        "    return type('Small', (), hooks)(name, config)\n"
    )
    result = one_test(pytester, "hooks_are_those or reboots", changed)
    result.assert_outcomes(passed=1, skipped=1, deselected=COUNT - 2)
    result.stdout.fnmatch_lines(["SKIPPED*: not applicable: the manifest does not declare the capability reboot"])


def test_what_is_created_is_deleted_and_nothing_else() -> None:
    """Also what a refused or a lost call has made; what carries no label of the trial is left alone, listed or not."""
    others = Trial(setup_of("Cloud", "shared"))
    stranger = others.create()
    trial = Trial(setup_of("MatchesAnything", "shared"))
    kept, deleted = trial.create(), trial.create()
    trial.delete(deleted)
    unknown = trial.provider.create_server(trial.setup.spec, trial.new_token(), trial.labels)
    CLOCK.sleep(LAG)
    trial.close()
    CLOCK.sleep(LAG)
    assert [trial.get(server) for server in (kept, deleted, unknown)] == [None, None, None]
    assert others.get(stranger) == replace(stranger, state=ServerState.RUNNING)


def test_a_strangers_server_is_not_touched() -> None:
    """A provider that answers with some other server fails, before anything is done to that one."""
    others = Trial(setup_of("Cloud", "crowded"))
    stranger = others.create()
    trial = Trial(setup_of("KnowsServersByTheirTime", "crowded"))
    with pytest.raises(AssertionError, match=f"^create_server answered with server {stranger.id}, which was not asked"):
        trial.create()
    trial.close()
    CLOCK.sleep(LAG)
    assert others.get(stranger) == replace(stranger, state=ServerState.RUNNING)


def test_what_cannot_be_deleted_is_said() -> None:
    """A server that stays behind costs money: the error names it."""
    trial = Trial(setup_of("DeletesNothing", "stuck"))
    server = trial.create()
    with pytest.raises(ServiceInternalError) as caught:
        trial.close()
    assert caught.value.__notes__ == [f"the conformance suite could not delete server {server.id}: delete it by hand"]


def test_an_extension_is_named_or_its_folder_is_given() -> None:
    """A name is one that is installed here; what is wrong with an extension is said as the application says it."""
    with pytest.raises(ExtensionNotFound, match="there is no provider type 'nobody'"):
        Trial(ProviderSetup("nobody"))
    with pytest.raises(ConfigurationError, match="account"):
        Trial(ProviderSetup(FOLDER))
