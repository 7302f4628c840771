"""Which form of progress fits where the command runs."""

import os
import sys

from provisioning.cli.invocation import Invocation
from provisioning.cli.progress.form import Progress

__all__ = ["choose_progress"]


def choose_progress(invocation: Invocation) -> Progress:
    """Return JSON lines for JSON output, a live display for a terminal, and plain lines otherwise."""
    if invocation.is_json:
        from provisioning.cli.progress.json_lines import JsonLines

        return JsonLines()
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        from provisioning.cli.progress.live import LiveProgress

        return LiveProgress.on_stderr(clock=invocation.clock)
    from provisioning.cli.progress.lines import PlainLines

    return PlainLines()
