"""What a workflow may read of the configuration and of the world around it before it runs."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

__all__ = ["WorkflowRoots"]

NAMES = ("vars", "paths", "env", "file", "git")


class WorkflowRoots(Mapping[str, Any]):
    """`{{vars.x}}`, `{{paths.x}}`, `{{env.X}}`, `{{file.x}}` and `{{git.x}}`, looked up when they are asked for.

    The time of day is left out on purpose: a resumed run must read what the first one read.
    """

    def __init__(self, lookup: Callable[[str], Any]) -> None:
        self._lookup = lookup

    def __getitem__(self, root: str) -> Any:
        if root not in NAMES:
            raise KeyError(root)
        return self._lookup(root)

    def __contains__(self, root: object) -> bool:
        return root in NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)
