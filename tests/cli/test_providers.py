"""The configured providers, from the command line."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def without_module(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let a module be one that is not installed."""
    return lambda name: monkeypatch.setitem(sys.modules, name, None)


def test_providers_are_listed(run, workspace: Path) -> None:
    """The local provider is there without any configuration."""
    _, line = run("provider", "list").stdout.splitlines()
    assert line.split()[:2] == ["local", "local"]
    (data,) = json.loads(run("provider", "list", "-o", "json").stdout)["data"]
    assert (data["name"], sorted(data["capabilities"])) == (
        "local",
        ["catalog", "networks", "reboot", "start_stop", "volumes"],
    )


def test_with_verbose_the_log_is_shown(program, workspace: Path) -> None:
    """-v changes nothing of the answer."""
    assert program("provider", "list", "-v").stdout == program("provider", "list").stdout


def test_a_provider_is_checked(run, workspace: Path) -> None:
    """All are asked, or those that are named."""
    for line in (("provider", "check"), ("provider", "check", "local")):
        result = run(*line)
        assert result.exit_code == 0, result.output
        assert result.stdout.splitlines()[1].split()[:2] == ["local", "yes"]
        assert "start_stop" in result.stdout


def test_a_provider_that_does_not_answer_is_a_failure(run, workspace: Path) -> None:
    """One whose extension is missing is an answer too, and does not keep the others from being asked."""
    text = '[providers.gone]\ntype = "no-such-provider"\n'
    (workspace / "config.user.toml").write_text(text, encoding="utf-8")
    result = run("provider", "check", "-o", "json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["status"]) == (1, "error")
    assert {row["name"]: row["reachable"] for row in answer["data"]} == {"gone": False, "local": True}
    assert answer["error"]["message"] == "no good answer from: gone"


def test_a_provider_is_shown_with_what_it_offers(run, workspace: Path) -> None:
    """Sizes, images and zones come with it."""
    shown = run("provider", "show", "local").stdout
    assert shown.splitlines()[0].split() == ["name", "local"]
    data = json.loads(run("provider", "show", "local", "-o", "json").stdout)["data"]
    assert {"sizes", "images", "zones"} <= set(data)


def test_a_check_tells_what_to_do(run, workspace: Path, without_module) -> None:
    """Of an SDK that is not installed, with the command that installs it; of others the SDK and what they can do."""
    without_module("boto3")
    (workspace / "config.user.toml").write_text('[providers.eu]\ntype = "aws"\n', encoding="utf-8")
    result = run("provider", "check", "-o", "json")
    rows = {row["name"]: row for row in json.loads(result.stdout)["data"]}
    assert (result.exit_code, rows["eu"]["reachable"]) == (1, False)
    assert rows["eu"]["hint"] == "pip install 'provisioning[aws]'"
    assert "pip install 'provisioning[aws]'" in run("provider", "check").stdout


def test_an_unknown_provider_is_one_error(run, workspace: Path) -> None:
    """Its name is in the message, and there is no traceback."""
    for line in (("provider", "show", "nonsense"), ("provider", "check", "nonsense")):
        result = run(*line)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "nonsense" in result.stderr
