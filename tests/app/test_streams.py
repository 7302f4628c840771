"""Output flows through: however much a command writes, the process that runs it stays as small as it is."""

import subprocess
import sys
from pathlib import Path

from provisioning.app import App

CHILD = """
import resource, sys
from provisioning.app import App
folder, lines = sys.argv[1], int(sys.argv[2])
parameters = {"command": ["sh", "-c", f"yes a line of output | head -n {lines}"], "log_lines": lines}
operation = {"id": "flood", "kind": "command", "parameters": parameters}
with App.open(folder) as app:
    app.run({"name": "flood", "operations": [operation]}, workflow_id="flood")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "linux" else 1024**2))
"""


def peak(folder: Path, lines: int) -> int:
    """Run a command of so many lines in a process of its own; return that one's peak of memory, in MiB."""
    folder.mkdir()
    command = [sys.executable, "-c", CHILD, str(folder), str(lines)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout)


def test_a_flood_of_output_does_not_grow_the_process(tmp_path: Path) -> None:
    """Twenty times as many lines: all of them in the journal, and hardly more memory."""
    little, much = peak(tmp_path / "little", 20_000), peak(tmp_path / "much", 400_000)
    with App.open(tmp_path / "much") as app:
        told = sum(event.data["text"].count("\n") + 1 for event in app.events("flood") if "text" in event.data)
    assert told == 400_000
    assert much - little < 16
