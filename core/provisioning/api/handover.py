"""What a server leaves to the next one when it is stopped in good order: the runs that it had to interrupt."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

__all__ = ["Handover"]

_LOGGER = logging.getLogger("provisioning.api")


class Handover:
    """The note in the workspace: written once at the end, read once at a start.

    A run that a person has stopped is `interrupted` just the same, and stays so: that is why the names are noted.
    """

    def __init__(self, workspace: Path) -> None:
        self._path = workspace / ".provisioning" / "interrupted.json"

    def leave(self, workflow_ids: Sequence[str]) -> None:
        """Note the runs that the next server should go on with."""
        if workflow_ids:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(sorted({*self._noted(), *workflow_ids})), encoding="utf-8")

    def take(self) -> list[str]:
        """Return what was noted, and forget it."""
        noted = self._noted()
        self._path.unlink(missing_ok=True)
        return noted

    def _noted(self) -> list[str]:
        try:
            noted = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            _LOGGER.warning("%s cannot be read, and is ignored: %s", self._path, error)
            return []
        return [name for name in noted if isinstance(name, str)] if isinstance(noted, list) else []
