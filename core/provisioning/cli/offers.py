"""What `server sizes`, `server images` and `server zones` have in common: who is asked, and what is answered."""

from collections.abc import Callable, Sequence
from typing import Any

from provisioning.cli.answer import give
from provisioning.cli.exits import ExitCode
from provisioning.cli.failure import say_error
from provisioning.cli.invocation import Invocation
from provisioning.cli.table import show_table

__all__ = ["answer_offers"]

Row = dict[str, Any]


def answer_offers(
    invocation: Invocation,
    kind: str,
    provider: str | None,
    headers: Sequence[str],
    *,
    matches: Callable[[Row], bool],
    order: Callable[[Row], Any] | None = None,
) -> int:
    """Answer with what clouds offer and what matches; the exit code is 3 when one of them could not be asked."""
    from provisioning.app import OfferKind

    with invocation.connect() as app:
        report = app.offers(OfferKind(kind), provider).as_dict()
    rows = [row for row in report["offers"] if matches(row)]
    if order is not None:
        rows.sort(key=order)
    problems = [f"{name}: {error['message']}" for name, error in report["failures"].items()]
    give(
        invocation,
        {"offers": rows, "failures": report["failures"]},
        lambda: show_table(headers, [[row[header] for header in headers] for row in rows], empty=f"No {kind}."),
        status="error" if problems else "success",
        error={"code": "ProviderUnreachable", "message": "; ".join(problems)} if problems else None,
    )
    if problems and not invocation.is_json:
        for problem in problems:
            say_error(problem)
    return ExitCode.PARTIAL if problems else ExitCode.DONE
