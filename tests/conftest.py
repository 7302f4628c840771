"""What all tests share: nobody hurries them, and under continuous integration a skipped test is a failed one."""

import fcntl
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

NOT_APPLICABLE = "not applicable: "
"""How the reason begins for which a contract of a conformance suite does not concern a provider."""

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

for name in [name for name in os.environ if name.startswith("PROVISIONING_") or name == "PYTHONUNBUFFERED"]:
    del os.environ[name]  # what the shell of whoever runs the tests says must not decide what is true

settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what can be made again apart from that of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def docker_socket(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the socket of a Docker engine that has the tiny image; all workers use one engine."""
    from tests.docker_engine import engine_socket, load_image  # the SDK is slow

    socket = engine_socket()
    with (tmp_path_factory.getbasetemp().parent / "docker-image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        load_image(socket)
    return socket


WHOLE = (
    *("acceptance/chaos", "cli/test_workers.py", "plugins/otel"),
    *("plugins/postgres/test_workers.py", "plugins/postgres/test_limits.py"),
    *("acceptance/kill", "acceptance/test_authors.py", "acceptance/test_bad_input.py", "acceptance/test_containers.py"),
    *(
        "acceptance/test_multi_cloud.py",
        "acceptance/test_packaging.py",
        "acceptance/test_stranger.py",
        "acceptance/test_web_cluster.py",
        "api",
        "client",
    ),
    *(
        "bundled",
        "cli/test_folder_extensions.py",
        "cli/test_freezing.py",
        "cli/test_installing.py",
        "cli/test_orphans.py",
    ),
    *("extensions/test_index_is_true.py", "extensions/test_skeleton.py", "plugins/aws", "plugins/hetzner"),
    *("plugins/local/test_conformance.py", "plugins/local/test_docker", "plugins/upcloud", "store/test_migration.py"),
    *("store/test_salvage.py", "testing", "workflow/test_crash.py"),
)
"""The suites of whole programs and clouds: they take long, and prove the same on every version of Python."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of those suites, so that one Python alone may run them (`-m "not whole"` on the others)."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.path.relative_to(here).as_posix().startswith(WHOLE):
            item.add_marker("whole")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Refuse a test that was skipped."""
    return refused((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse a module that was skipped."""
    return refused((yield))


def refused(report: Report) -> Report:
    """Return a report as it is, or as a failure where it tells that something was lacking."""
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith(NOT_APPLICABLE):
            report.outcome = "failed"
            report.longrepr = f"{reason}\nA test that continuous integration is meant to run was skipped."
    return report
