"""What a workflow may read of the configuration and of the world around it before it runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

__all__ = ["WorkflowRoots"]

NAMES = ("vars", "paths", "env", "file", "git")


class WorkflowRoots(Mapping[str, Any]):
    """`{{vars.x}}`, `{{paths.x}}`, `{{env.X}}`, `{{file.x}}` and `{{git.x}}`, looked up when they are asked for.

    `resolvers` are the names of secret resolvers, whose `{{vault.x}}` may stand beside them. The time of day is left
    out on purpose: a resumed run must read what the first one read.
    """

    def __init__(self, lookup: Callable[[str], Any], resolvers: Sequence[str] = ()) -> None:
        self._lookup = lookup
        self._names = (*NAMES, *resolvers)

    def __getitem__(self, root: str) -> Any:
        if root not in self._names:
            raise KeyError(root)
        return self._lookup(root)

    def __contains__(self, root: object) -> bool:
        return root in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
