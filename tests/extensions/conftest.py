"""Discoveries of the extensions that a test makes, on a machine that never changes."""

from collections.abc import Callable
from functools import partial

import pytest

from provisioning.extensions import ExtensionRecord, Registry, Surroundings
from provisioning.testing import ExtensionShop
from tests.extensions.shop import Shop


@pytest.fixture
def shop(make_extension: ExtensionShop) -> Shop:
    """Return a place in which extensions are made; what is imported from it is forgotten afterwards."""
    return Shop(make_extension.root, make_extension.site)


@pytest.fixture
def discover(isolated_registry: Callable[..., Registry]) -> Callable[..., Registry]:
    """Return a discovery that sees the made extensions alone, on a machine that never changes."""
    here = Surroundings(core="1.2.0", hook_api=3, hook_api_floor=1, python="3.12.1", platform="linux")
    return partial(isolated_registry, here=here)


@pytest.fixture
def one(discover: Callable[..., Registry]) -> Callable[..., ExtensionRecord]:
    """Return a discovery of exactly one record."""

    def run(**arguments: object) -> ExtensionRecord:
        (record,) = discover(**arguments).records
        return record

    return run
