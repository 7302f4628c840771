"""How a run is watched: live on a terminal, plain lines in a pipe, JSON lines for programs."""

from provisioning.cli.progress.choice import choose_progress
from provisioning.cli.progress.form import Progress

__all__ = ["Progress", "choose_progress"]
