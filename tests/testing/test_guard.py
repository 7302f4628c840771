"""The guard of a suite: what an author drops of it fails, and what he cannot keep he says."""

import pytest

from provisioning.testing import ProviderConformance

SUITE = """
    import pytest
    from provisioning.testing import ProviderConformance
    from tests.testing.test_provider_conformance import setup_of

    class TestCloud(ProviderConformance):
        @pytest.fixture
        def provider_setup(self, request):
            return setup_of("Cloud", request.node.nodeid)
"""

CONTRACT = "test_an_unknown_token_finds_nothing"
CONTRACTS = len(ProviderConformance.shipped_contracts)


def outcomes(pytester: pytest.Pytester, *lines: str, options: tuple[str, ...] = ()) -> pytest.RunResult:
    """Run the suite with these lines added to its class."""
    body = "".join(f"\n        {line}" for line in lines)
    pytester.makepyfile(test_cloud=SUITE + body + "\n")
    return pytester.runpytest_inprocess(*options)


def test_a_suite_as_it_is_shipped_passes(pytester: pytest.Pytester) -> None:
    """Every contract is a test of the author's class."""
    outcomes(pytester).assert_outcomes(passed=CONTRACTS - 1, skipped=1)  # nobody holds a reply in memory


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((f"{CONTRACT} = None",), "was deleted"),
        ((f"{CONTRACT} = property(lambda self: 1 / 0)",), "was deleted"),
        ((f"{CONTRACT} = None", "shipped_contracts = {}"), "was deleted"),
        ((f"def {CONTRACT}(self):", "    pass"), "was overridden"),
        (("@pytest.mark.xfail", f"def {CONTRACT}(self):", "    assert 0"), "was overridden"),
        (("@pytest.mark.xfail(reason='')", f"def {CONTRACT}(self):", "    assert 0"), "was overridden"),
        (("@pytest.mark.xfail(False, reason='x')", f"def {CONTRACT}(self):", "    pass"), "was overridden"),
        (("@pytest.mark.xfail(condition=False, reason='x')", f"def {CONTRACT}(self):", "    pass"), "was overridden"),
        (("@pytest.mark.skip(reason='x')", f"def {CONTRACT}(self):", "    pass"), "was overridden"),
        ((f"{CONTRACT} = ProviderConformance.test_delete_twice_is_a_success",), "was overridden"),
    ],
)
def test_a_contract_that_is_dropped_fails(pytester: pytest.Pytester, lines: tuple[str, ...], reason: str) -> None:
    """However it is dropped; a test of its name says which contract, what it says, and what to do."""
    result = outcomes(pytester, *lines, options=("-k", "token_finds or survive_json"))
    result.assert_outcomes(passed=1, failed=1, deselected=CONTRACTS - 2)
    result.stdout.fnmatch_lines(
        [
            f"*_ TestCloud.{CONTRACT} _*",
            f"TestCloud.{CONTRACT} {reason}, and it is a contract:",
            "",
            "find_server returns None for a token that made nothing, also when there are other servers.",
            "",
            "None, and no error: nothing was lost.",
            "",
            "Leave it as it is shipped. If it cannot hold, override it, and say why:",
            '@pytest.mark.xfail(reason="...")',
        ]
    )


def test_a_mark_on_the_shipped_test_drops_it_too(pytester: pytest.Pytester) -> None:
    """It is one function for every suite, and a mark on it would leave it out of all of them."""
    pytester.makepyfile(
        test_cloud=f"""
        import pytest
        from provisioning.testing import ProviderConformance
        class TestCloud(ProviderConformance):
            {CONTRACT} = pytest.mark.skip(reason="x")(ProviderConformance.{CONTRACT})
        """
    )
    result = pytester.runpytest_subprocess("-k", CONTRACT)  # of its own, or the mark would stay
    result.assert_outcomes(failed=1, deselected=CONTRACTS - 1)
    result.stdout.fnmatch_lines([f"TestCloud.{CONTRACT} was marked, and it is a contract:"])


def test_a_suite_that_pytest_cannot_collect_fails_whole(pytester: pytest.Pytester) -> None:
    """A class with a constructor, or other names for tests, leaves no contract out in silence."""
    options = ("-W", "ignore")
    result = outcomes(pytester, "def __init__(self):", "    pass", options=options)
    result.assert_outcomes(failed=CONTRACTS)
    result.stdout.fnmatch_lines([f"TestCloud.{CONTRACT} was not collected, and it is a contract:"])
    pytester.makeini("[pytest]\npython_functions = check_*")
    outcomes(pytester).assert_outcomes(failed=CONTRACTS)


def test_what_cannot_hold_is_said(pytester: pytest.Pytester) -> None:
    """An override that is marked xfail with a reason stands, and the report shows the reason."""
    result = outcomes(
        pytester,
        "@pytest.mark.xfail(reason='this cloud forgets tokens')",
        f"def {CONTRACT}(self, trial):",
        "    assert 0",
        options=("-rx", "-k", "token_finds or survive_json"),
    )
    result.assert_outcomes(passed=1, xfailed=1, deselected=CONTRACTS - 2)
    result.stdout.fnmatch_lines([f"XFAIL test_cloud.py::TestCloud::{CONTRACT} - this cloud forgets tokens*"])


def test_whoever_runs_it_may_select(pytester: pytest.Pytester) -> None:
    """`-k` and the name of a test leave out the others; a dropped one fails by its name too."""
    options = ("-k", "delete_twice or token_finds")
    outcomes(pytester, f"{CONTRACT} = None", options=options).assert_outcomes(
        passed=1, failed=1, deselected=CONTRACTS - 2
    )
    pytester.runpytest_inprocess(f"test_cloud.py::TestCloud::{CONTRACT}").assert_outcomes(failed=1)
    pytester.runpytest_inprocess("test_cloud.py::TestCloud::test_values_survive_json").assert_outcomes(passed=1)


def test_own_tests_stand_beside_the_contracts(pytester: pytest.Pytester) -> None:
    """What an author adds is tested, and parametrized, as any test."""
    lines = ("@pytest.mark.parametrize('x', [1, 2])", "def test_own(self, trial, x):", "    assert trial.create().id")
    outcomes(pytester, *lines, options=("-k", "test_own")).assert_outcomes(passed=2, deselected=CONTRACTS)


def test_a_suite_without_a_setup_says_what_it_needs(pytester: pytest.Pytester) -> None:
    """The one fixture is named."""
    pytester.makepyfile(
        """
        from provisioning.testing import ProviderConformance
        class TestCloud(ProviderConformance):
            pass
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=CONTRACTS)
    result.stdout.fnmatch_lines(["supply the fixture provider_setup: it returns a ProviderSetup"])
