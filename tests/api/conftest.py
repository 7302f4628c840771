"""What the tests of the API share: a workspace with a server in front of it."""

from collections.abc import Iterator

import pytest

from provisioning.app import App
from provisioning.testing import IsolatedWorkspace
from tests.api.serving import Asking, serving


@pytest.fixture
def app(isolated_workspace: IsolatedWorkspace) -> App:
    """An opened workspace with one provider."""
    folder = str(isolated_workspace.home / "servers")
    isolated_workspace.configure({"providers": {"local": {"directory": folder}}})
    isolated_workspace.enable("local")
    return isolated_workspace.open()


@pytest.fixture
def ask(app: App) -> Iterator[Asking]:
    """A server on loopback without any token, and a way to ask it things."""
    with serving(app) as asking:
        yield asking
