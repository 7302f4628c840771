"""The chaos test: four workers, three drivers, twenty runs of fifty operations, and every second something happens."""

from pathlib import Path

from tests.acceptance.chaos.storm import Storm
from tests.postgres import running_server


def test_nothing_leaks_nothing_doubles_and_no_limit_is_exceeded(tmp_path: Path) -> None:
    """Killed, paused, cut off: every run is completed or rolled back, and the cloud is what the journal says."""
    with running_server() as server:
        storm = Storm(tmp_path, server, seed=1)
        storm.rage(60)
        assert len(storm.log) >= 10
