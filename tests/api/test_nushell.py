"""The other way round: a program in another language submits a workflow, and reads the reply."""

import subprocess
from pathlib import Path

from provisioning.app import App
from tests.api.serving import serving
from tests.bundled.programs import needs
from tests.distribution import ROOT


@needs("nu")
def test_a_nushell_script_submits_a_workflow(tmp_path: Path) -> None:
    """With nothing but `http post`; submitting it again is the same run."""
    script = ROOT / "examples" / "submit.nu"
    with App.open(tmp_path) as app, serving(app) as ask:
        for _ in range(2):
            done = subprocess.run(["nu", script, ask.url], capture_output=True, text=True, timeout=60, check=True)
            assert done.stdout.split(": ")[1] == "from-nushell\n"
            assert ask.wait("from-nushell") == "succeeded"
        assert [run.workflow_id for run in app.runs()] == ["from-nushell"]
