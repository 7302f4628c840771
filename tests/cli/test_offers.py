"""Sizes, images and zones from the command line, and what a plan would cost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.testing.fakes import FakeHetzner, Reply

PLAN = """
name = "priced"
[[operations]]
id = "web"
kind = "server_create"
provider = "hetzner"
for_each = 2
parameters = {{ name = "web-{{{{each.key}}}}", size = "{size}" }}
[[operations]]
id = "db"
kind = "server_create"
provider = "local"
parameters = {{ name = "db" }}
[[operations]]
id = "say"
kind = "command"
parameters = {{ command = ["true"] }}
"""


@pytest.fixture
def hetzner(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHetzner]:
    """A cloud that tells prices, beside the local one, which is free."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeHetzner("t0ken") as fake:
        text = f'[providers.local]\n[providers.hetzner]\napi_endpoint = "{fake.endpoint}"\ntoken = "t0ken"\n'
        (workspace / "config.user.toml").write_text(text, encoding="utf-8")
        yield fake


def names(result) -> list[str]:
    return [row["name"] for row in result.data["offers"]]


class TestOffers:
    """Every provider is asked, and one that fails hides nothing of the others."""

    def test_sizes_come_cheapest_first(self, run_anywhere, hetzner: FakeHetzner) -> None:
        """Of all providers, with their prices where they are told."""
        result = run_anywhere("server", "sizes", "-o", "json")
        assert names(result) == ["small", "medium", "large", "cax11", "cx22", "cpx11"]
        (cx22,) = [row for row in result.data["offers"] if row["name"] == "cx22"]
        assert (cx22["provider"], cx22["hourly_price"], cx22["currency"]) == ("hetzner", 0.006, "EUR")
        assert "cx22" in run_anywhere("server", "sizes").stdout

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            (("--cpus", "2", "--memory", "4GiB"), ["medium", "large", "cax11", "cx22"]),
            (("--memory", "4.1GB", "--provider", "hetzner"), ["cax11", "cx22"]),
            (("--name", "CX"), ["cx22"]),
            (("--cpus", "64"), []),
        ],
    )
    def test_sizes_are_filtered(self, words: tuple[str, ...], found: list[str], run_anywhere, hetzner) -> None:
        """By what they have at least, by name and by provider."""
        assert names(run_anywhere("server", "sizes", *words, "-o", "json")) == found

    def test_a_bare_number_is_no_amount_of_memory(self, run) -> None:
        """Everybody reads it differently."""
        result = run("server", "sizes", "--memory", "4")
        assert result.exit_code == 2
        assert "'4' is no amount of memory; write such as 512MiB, 4GiB or 4GB." in result.stderr

    def test_images_and_zones_are_listed(self, run_anywhere, hetzner: FakeHetzner) -> None:
        """With whose they are."""
        images = run_anywhere("server", "images", "--name", "debian", "-o", "json").data["offers"]
        assert {row["provider"] for row in images} == {"hetzner"}
        zones = run_anywhere("server", "zones", "-o", "json").data["offers"]
        assert {"local-a", "fsn1"} <= {row["name"] for row in zones}

    def test_a_cloud_that_fails_hides_nothing(self, run_anywhere, hetzner: FakeHetzner) -> None:
        """The exit code says that the answer is not whole."""
        hetzner.refuse(Reply(503, {"error": {"code": "unavailable", "message": "down"}}), times=10)
        result = run_anywhere("server", "sizes", "-o", "json")
        assert (result.exit_code, names(result)) == (3, ["small", "medium", "large"])
        assert "hetzner" in result.data["failures"]

    def test_a_cloud_is_asked_once_in_a_while(self, hetzner: FakeHetzner, workspace: Path) -> None:
        """What it offers is remembered."""
        from provisioning.app import App, OfferKind

        with App.open(workspace) as app:
            first, again = app.offers(OfferKind.SIZES), app.offers(OfferKind.SIZES)
        assert first == again
        assert hetzner.requests.count("GET /server_types") == 1

    def test_an_unknown_provider_is_one_error(self, run_anywhere, hetzner: FakeHetzner) -> None:
        """Its name is in the message."""
        result = run_anywhere("server", "zones", "--provider", "nonsense")
        assert result.exit_code == 2
        assert "nonsense" in result.stderr


class TestCost:
    """A plan adds up what its servers cost, as far as that is known."""

    def test_known_prices_are_added_up(self, run_anywhere, hetzner: FakeHetzner, workspace: Path) -> None:
        """For one hour, by currency; what is free counts nothing."""
        (workspace / "flow.toml").write_text(PLAN.format(size="cx22"), encoding="utf-8")
        cost = run_anywhere("workflow", "plan", "flow.toml", "-o", "json").data["cost"]
        assert cost["hourly"] == {"EUR": "0.012"}
        assert sorted(cost["operations"]) == ["web.1", "web.2"]
        assert cost["unknown"] == []
        shown = run_anywhere("workflow", "plan", "flow.toml").stdout
        assert "costs: 0.006 EUR an hour" in shown
        assert shown.splitlines()[-1] == "0.012 EUR an hour"

    def test_what_is_not_known_is_told(self, run_anywhere, hetzner: FakeHetzner, workspace: Path) -> None:
        """A cloud that gives no answer makes no plan fail."""
        (workspace / "flow.toml").write_text(PLAN.format(size="cx22"), encoding="utf-8")
        hetzner.refuse(Reply(503, {"error": {"code": "unavailable", "message": "down"}}), times=10)
        result = run_anywhere("workflow", "plan", "flow.toml")
        assert result.exit_code == 0
        assert result.stdout.splitlines()[-1] == "the price of 2 servers is not known"

    def test_nobody_is_asked_when_prices_are_not_wanted(
        self, run_anywhere, hetzner: FakeHetzner, workspace: Path
    ) -> None:
        """`--no-prices`, for those who are offline."""
        (workspace / "flow.toml").write_text(PLAN.format(size="cx22"), encoding="utf-8")
        result = run_anywhere("workflow", "plan", "flow.toml", "--no-prices", "-o", "json")
        assert (result.exit_code, result.data["cost"], hetzner.requests) == (0, None, [])
