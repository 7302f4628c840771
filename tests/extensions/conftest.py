"""Real extensions, written to disk: folders, and distributions as an installer leaves them."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from provisioning.extensions import ExtensionRecord, Registry, Surroundings
from tests.extensions.shop import Shop


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Return a place in which extensions are made; what is imported from it is forgotten afterwards."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    before = set(sys.modules)
    yield Shop(tmp_path, site)
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def discover(shop: Shop) -> Callable[..., Registry]:
    """Return a discovery that sees the made extensions alone, on a machine that never changes."""

    def run(**arguments: object) -> Registry:
        here = Surroundings(core="1.2.0", hook_api=3, hook_api_floor=2, python="3.12.1", platform="linux")
        settings: Mapping[str, object] = {"search_path": [str(shop.site)], "here": here, **arguments}
        return Registry.discover(**settings)  # type: ignore[arg-type]

    return run


@pytest.fixture
def one(discover: Callable[..., Registry]) -> Callable[..., ExtensionRecord]:
    """Return a discovery of exactly one record."""

    def run(**arguments: object) -> ExtensionRecord:
        (record,) = discover(**arguments).records
        return record

    return run
