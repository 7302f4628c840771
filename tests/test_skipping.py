"""Where everything that a test needs has been made available, a skipped test is a failure."""

from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")
PARALLEL = pytest.mark.parametrize("options", [["-p", "no:xdist"], ["-n", "1"]], ids=["alone", "parallel"])

SKIPPED = """
    import pytest

    @pytest.mark.skipif(True, reason="no database here")
    def test_marked():
        pass

    def test_called():
        pytest.skip("no network here")

    def test_not_meant():
        pytest.skip("not applicable: there is no such thing here")

    @pytest.mark.xfail(reason="known")
    def test_expected_to_fail():
        assert False
"""


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty folder of tests, under the same rules as these."""
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    monkeypatch.setenv("CI", "true")
    return pytester


@PARALLEL
def test_a_skipped_test_fails(folder: pytest.Pytester, options: list[str]) -> None:
    """However it is skipped, the reason is shown; what does not concern anybody here is none."""
    folder.makepyfile(SKIPPED)
    result = folder.runpytest_inprocess(*options)
    result.assert_outcomes(errors=1, failed=1, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "*Skipped: no *here",
            "A test that continuous integration is meant to run was skipped.",
            "*Skipped: no *here",
            "A test that continuous integration is meant to run was skipped.",
        ]
    )
    assert pytest.ExitCode.TESTS_FAILED == result.ret


@PARALLEL
def test_a_skipped_module_fails(folder: pytest.Pytester, options: list[str]) -> None:
    """A module whose import is missing is not passed over in silence."""
    folder.makepyfile("import pytest\npytest.importorskip('a_module_that_is_nowhere')\ndef test(): pass")
    result = folder.runpytest_inprocess(*options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*Skipped: could not import 'a_module_that_is_nowhere'*"])
    assert result.ret in {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}


def test_elsewhere_a_skipped_test_is_skipped(folder: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """On somebody's own machine, what cannot run there is skipped."""
    monkeypatch.delenv("CI")
    folder.makepyfile(SKIPPED)
    result = folder.runpytest_inprocess()
    result.assert_outcomes(skipped=3, xfailed=1)
    assert pytest.ExitCode.OK == result.ret
