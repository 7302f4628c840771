"""What calling one operation costs, however many providers there are: beside a bare pluggy call of the same function.

The floor is a plugin manager with one hook and one plugin. `run_operation` is how every operation of a workflow is
called. Of a provider, `delete_server` is called and nothing is answered; `get_server` answers with a server, which is
checked and signed with the name of the instance before anybody else sees it.
"""

import gc
import statistics
import tempfile
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy

from benchmarks.runs import NOOP
from benchmarks.shelf import put_providers
from provisioning import Done, Operation, OperationContext, Server, ServerState
from provisioning.app.choice import Choice
from provisioning.app.parts import Parts

__all__ = ["dispatch"]

_COUNTS = (1, 10, 100)
_CALLS = 1_000
_SPEC, _IMPL = pluggy.HookspecMarker("floor"), pluggy.HookimplMarker("floor")
_SERVER = Server(id="s-1", name="web", state=ServerState.RUNNING)
_NOTHING = Done()


class _Floor:
    """The same hooks, as pluggy alone calls them."""

    @_SPEC(firstresult=True)
    def run_operation(self, operation: Any, provider: Any, context: Any) -> Any:
        """Do nothing."""

    @_SPEC(firstresult=True)
    def delete_server(self, server_id: str, context: Any) -> Any:
        """Delete nothing."""

    @_SPEC(firstresult=True)
    def get_server(self, server_id: str, context: Any) -> Any:
        """Answer."""


class _Plugin:
    """The same functions as those that are called through the application."""

    @_IMPL
    def run_operation(self, operation: Any) -> Done:  # noqa: ARG002
        """Answer at once."""
        return _NOTHING

    @_IMPL
    def delete_server(self, server_id: str) -> None:
        """Do nothing."""

    @_IMPL
    def get_server(self, server_id: str) -> Server:  # noqa: ARG002
        """Return the one server."""
        return _SERVER


def dispatch(rounds: int) -> None:
    """Print what a call costs with 1, 10 and 100 providers installed, as a multiple of the floor measured in turns."""
    print(
        f"{'call':<14} {'providers':>9} {'pluggy us':>10} {'ours us':>8} {'ours/pluggy':>12}"
        f"   (median of {rounds} pairs)"
    )
    floor = pluggy.PluginManager("floor")
    floor.add_hookspecs(_Floor)
    floor.register(_Plugin())
    for count in _COUNTS:
        with tempfile.TemporaryDirectory() as folder:
            put_providers(Path(folder), count)
            parts = Parts.assemble(folder, None, (), [NOOP], {}, Choice())
            for title, bare, ours in _calls(floor, parts, count):
                pairs = [(_microseconds(bare), _microseconds(ours)) for _ in range(rounds)]
                ratio = statistics.median(ours / floor for floor, ours in pairs)
                columns = [statistics.median(column) for column in zip(*pairs, strict=True)]
                print(f"{title:<14} {count:>9} {columns[0]:>10.2f} {columns[1]:>8.2f} {ratio:>12.2f}", flush=True)
            parts.close()


def _calls(
    floor: pluggy.PluginManager, parts: Parts, count: int
) -> list[tuple[str, Callable[[], object], Callable[[], object]]]:
    """Return each call, bare and ours; all providers are imported and made."""
    provider = [parts.providers.get(f"cloud-{number}") for number in range(count)][-1]
    kind, context = parts.kinds.get("noop"), OperationContext()
    operation = Operation("a", "noop", {}, workflow_id="wf", client_token="token")
    hook = floor.hook
    return [
        (
            "run_operation",
            lambda: hook.run_operation(operation=operation, provider=provider, context=context),
            lambda: kind.run(operation, provider, context),
        ),
        (
            "delete_server",
            lambda: hook.delete_server(server_id="s-1", context=context),
            lambda: provider.delete_server("s-1", context),
        ),
        (
            "get_server",
            lambda: hook.get_server(server_id="s-1", context=context),
            lambda: provider.get_server("s-1", context),
        ),
    ]


def _microseconds(call: Callable[[], object]) -> float:
    """Return the shortest of several times: what else the machine does only ever adds to it."""
    gc.collect()
    return min(timeit.repeat(call, number=_CALLS, repeat=7)) / _CALLS * 1e6
