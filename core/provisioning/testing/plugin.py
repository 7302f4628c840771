"""The pytest plugin of the kit: its fixtures, and the guard of its conformance suites.

pytest imports this module in every run of an environment in which provisioning is installed. So it imports nothing
of the house before a fixture is asked for or a suite is collected.
"""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from provisioning.extensions import Registry
    from provisioning.testing import ExtensionShop, IsolatedWorkspace

__all__ = ["isolated_registry", "isolated_workspace", "make_extension"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the report of conformance suites."""
    parser.getgroup("provisioning").addoption(
        "--conformance-report",
        nargs="?",
        const="",
        metavar="FILE",
        help="show what became of each contract of a conformance suite as a table in Markdown, or write it to FILE",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Gather for the report, where it is asked for."""
    file = config.getoption("--conformance-report")
    if file is not None and not hasattr(config, "workerinput"):
        from provisioning.testing.conformance.report import ConformanceReport

        config.pluginmanager.register(ConformanceReport(Path(file) if file else None), "conformance-report")


@pytest.fixture
def make_extension(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["ExtensionShop"]:
    """Make real extensions: `make_extension.folder(...)` and `make_extension.package(...)`.

    Packages can be imported until the end of the test; what was imported of them is forgotten then.
    """
    from provisioning.testing.extension_shop import ExtensionShop
    from provisioning.testing.imports import forget

    shop = ExtensionShop(tmp_path, tmp_path / "site")
    shop.site.mkdir()
    monkeypatch.syspath_prepend(str(shop.site))
    yield shop
    forget(tmp_path)


@pytest.fixture
def isolated_registry(make_extension: "ExtensionShop") -> Callable[..., "Registry"]:
    """Discover what `make_extension` made and nothing else: no package of the environment, no folder of the user's.

    Called as `isolated_registry(**arguments)`; the arguments are those of `Registry.discover`.
    """
    from provisioning.extensions import Registry

    def discover(**arguments: Any) -> Registry:
        own = {"search_path": [str(make_extension.site)], "project": make_extension.root / "extensions"}
        return Registry.discover(**{**own, **arguments})

    return discover


@pytest.fixture
def isolated_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["IsolatedWorkspace"]:
    """Stand in an empty workspace with a home of its own, until the end of the test.

    HOME and the XDG folders are inside the test's `tmp_path`, variables of provisioning are unset. Afterwards
    applications that are still open are closed, and servers that are left at the local provider are deleted.
    """
    from provisioning.testing.imports import forget
    from provisioning.testing.workspace import IsolatedWorkspace

    workspace = IsolatedWorkspace(tmp_path)
    workspace.enter(monkeypatch)
    yield workspace
    workspace.close()
    forget(tmp_path)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Put a failing test in the place of each contract of a suite that is missing, or is not the shipped one."""
    report = yield
    if isinstance(collector, pytest.Class) and hasattr(collector.obj, "shipped_contracts"):
        from provisioning.testing.conformance.guard import guarded

        report.result = guarded(collector, report.result or [])
    return report


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Say of a failed contract what the contract is."""
    if call.excinfo is None or call.excinfo.errisinstance(pytest.skip.Exception):
        return
    if hasattr(getattr(item, "cls", None), "shipped_contracts"):
        from provisioning.testing.conformance.guard import state_contract

        state_contract(item, call.excinfo.value)
