"""A configuration of a folder of its own, untouched by the process it is tested in."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from provisioning.config import Configuration, load

NOW = datetime(2024, 2, 29, 13, 4, 5, tzinfo=UTC)


@pytest.fixture
def load_here(tmp_path: Path) -> Callable[..., Configuration]:
    """Load the configuration of the test's folder; no variables, no file of the user's, a fixed time."""

    def load_with(**options: Any) -> Configuration:
        defaults = {"environ": {}, "user_file": tmp_path / "no.toml", "now": lambda: NOW}
        return load(tmp_path, **(defaults | options))

    return load_with
