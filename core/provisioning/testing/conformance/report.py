"""The report of conformance suites: a table in Markdown, for an author's README."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

__all__ = ["PROPERTY", "ConformanceReport"]

PROPERTY = "conformance"
"""The property of a test's report that names the provider whose contract it is."""

_NOT_APPLICABLE = "Skipped: not applicable: "
_SIGNS = {"passed": "yes", "failed": "**no**", "xfailed": "no, as known"}


@dataclass
class ConformanceReport:
    """Gathers what became of each contract, and shows it at the end; with xdist in the process that gathers reports.

    `file` is where the table is written to, None for the terminal.
    """

    file: Path | None
    found: dict[str, dict[str, str]] = field(default_factory=dict)
    """By provider and contract: `passed`, `failed`, `xfailed`, or why it is not applicable."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one phase of a test."""
        names = [str(value) for name, value in report.user_properties if name == PROPERTY]
        if not names or (report.when != "call" and report.passed):
            return
        contract = report.nodeid.rpartition("::")[2].removeprefix("test_")
        of_provider = self.found.setdefault(names[0], {})
        if of_provider.get(contract) != "failed":
            of_provider[contract] = _outcome(report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the table, or say where it is."""
        text = "\n".join(self.lines()) + "\n"
        if self.file is None:
            terminalreporter.section("conformance report")
            terminalreporter.write(text)
        else:
            self.file.write_text(text, encoding="utf-8")
            terminalreporter.write_line(f"conformance report: {self.file}")

    def lines(self) -> Sequence[str]:
        """Return the table: a row for each contract, a column for each provider, and the reasons below."""
        if not self.found:
            return ["No contract of a conformance suite was run."]
        providers, notes = sorted(self.found), dict[str, int]()
        contracts = list(dict.fromkeys(name for provider in providers for name in self.found[provider]))
        rows = [
            [contract.replace("_", " "), *(_cell(self.found[provider].get(contract), notes) for provider in providers)]
            for contract in sorted(contracts)
        ]
        counts = ["kept / broken / not applicable", *(_count(self.found[provider]) for provider in providers)]
        table = [["contract", *providers], ["---"] * (len(providers) + 1), *rows, counts]
        reasons = [f"{number}. {reason}" for reason, number in notes.items()]
        return [
            *(f"| {' | '.join(row)} |" for row in table),
            *(["", "Not applicable:", "", *reasons] if reasons else []),
        ]


def _outcome(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "failed"
    if report.skipped and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix(_NOT_APPLICABLE)
    return str(report.outcome)


def _cell(outcome: str | None, notes: dict[str, int]) -> str:
    if outcome is None:
        return "not run"
    if outcome in _SIGNS:
        return _SIGNS[outcome]
    return f"n/a ({notes.setdefault(outcome, len(notes) + 1)})"


def _count(found: Mapping[str, str]) -> str:
    kept = sum(outcome == "passed" for outcome in found.values())
    broken = sum(outcome in ("failed", "xfailed") for outcome in found.values())
    return f"{kept} / {broken} / {len(found) - kept - broken}"
