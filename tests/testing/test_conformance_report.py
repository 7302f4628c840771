"""The report of a conformance suite is a table that an author can put into a README."""

from pathlib import Path

import pytest

from provisioning.testing import ProviderConformance

SUITES = """
import pytest
from tests.testing.test_provider_conformance import suite_of

class TestGood(suite_of("Cloud")):
    pass

class TestBad(suite_of("TakesAnySize")):
    @pytest.fixture
    def provider_setup(self, request):
        from tests.testing.test_provider_conformance import setup_of
        return setup_of("TakesAnySize", request.node.nodeid, title="bad", bad_name=None)
"""
COUNT = len(ProviderConformance.shipped_contracts)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "in workers"])
def test_each_contract_has_a_row_and_each_provider_a_column(
    workers: tuple[str, ...], pytester: pytest.Pytester
) -> None:
    """Kept, broken, or not applicable with the reason, and the sum of each; whoever ran the tests."""
    pytester.makepyfile(SUITES)
    pytester.runpytest_inprocess("--conformance-report=report.md", "-p", "no:cacheprovider", *workers)
    lines = (pytester.path / "report.md").read_text(encoding="utf-8").splitlines()
    rows = {cells[0]: cells[1:] for line in lines if line.startswith("|") for cells in [line.strip("| ").split(" | ")]}
    assert list(rows)[:2] == ["contract", "---"]
    assert rows["contract"] == ["bad", "memory-cloud"]
    assert len(rows) == COUNT + 3
    assert rows["an unknown size is refused"] == ["**no**", "yes"]
    assert rows["a bad name is refused"] == ["n/a (1)", "yes"]
    assert "1. the cloud takes any name: ProviderSetup.bad_name" in lines
    assert rows["kept / broken / not applicable"] == [f"{COUNT - 3} / 1 / 2", f"{COUNT - 1} / 0 / 1"]


def test_it_is_shown_at_the_end_where_no_file_is_named(pytester: pytest.Pytester) -> None:
    """And nothing is shown when nobody asks."""
    pytester.makepyfile(SUITES)
    words = ("-k", "TestGood and values_survive_json", "-p", "no:cacheprovider")
    shown = pytester.runpytest_inprocess("--conformance-report", *words)
    shown.stdout.fnmatch_lines(["*conformance report*", "| contract | memory-cloud |", "| values survive json | yes |"])
    silent = pytester.runpytest_inprocess(*words)
    silent.stdout.no_fnmatch_line("*conformance*report*")


def test_the_published_table_has_every_contract() -> None:
    """The table in the documentation was made with the suite as it is."""
    text = (Path(__file__).parents[2] / "docs" / "clouds.md").read_text(encoding="utf-8")
    named = {name.removeprefix("test_").replace("_", " ") for name in ProviderConformance.shipped_contracts}
    rows = {line.strip("| ").split(" | ")[0] for line in text.splitlines() if line.startswith("| ")}
    assert named - rows == set()
    header = next(line for line in text.splitlines() if line.startswith("| contract |"))
    assert header == "| contract | aws | hetzner | local (docker) | local (processes) | upcloud |"
