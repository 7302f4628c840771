"""policy-guard: the first rule that matches decides, and servers are counted so that none slips through."""

import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.app import App
from provisioning.contract import Decision, Event, RunState
from provisioning.errors import ConfigurationError
from tests.bundled.activated import activated, checked, event, module, operation
from tests.bundled.crowd import admit_many, at_once

policy = module("policy-guard", "policy")
tally = module("policy-guard", "tally")
plugin = module("policy-guard", "plugin")

NAME = "policy-guard"
FACETS = {
    "kinds": "kind",
    "providers": "provider",
    "sizes": "size",
    "zones": "zone",
    "images": "image",
    "names": "name",
}

words = st.sampled_from(["", "a", "b", "ab", "aB", "a.b"])
patterns = st.lists(st.sampled_from(["*", "a", "a*", "?", "[ab]", "", "A"]), min_size=1, max_size=3)
rules = st.fixed_dictionaries(
    {"action": st.sampled_from(["allow", "deny"])}, optional=dict.fromkeys(FACETS, patterns)
).filter(lambda rule: len(rule) > 1)


def decide(options: dict[str, Any], **said: Any) -> Decision:
    kind, provider = said.pop("kind", "server_create"), said.pop("provider", "local")
    policy_ = policy.Policy.from_options(checked(NAME, options))
    decision: Decision = policy_.decide(operation(kind=kind, provider=provider, parameters=said))
    return decision


@given(
    st.lists(rules, max_size=4),
    st.sampled_from(["allow", "deny"]),
    st.fixed_dictionaries(dict.fromkeys(FACETS.values(), words)),
)
def test_the_first_rule_that_matches_decides(table: list[dict[str, Any]], default: str, said: dict[str, str]) -> None:
    """As if each rule were read aloud, from the top, until one speaks of the operation."""
    decision = policy.Policy.from_options({"rules": table, "default": default}).decide(
        operation(
            kind=said["kind"],
            provider=said["provider"] or None,
            parameters={name: said[name] for name in ("size", "zone", "image", "name") if said[name]},
        )
    )
    speaks = (
        (position, rule)
        for position, rule in enumerate(table)
        if all(
            any(fnmatchcase(said[word], one) for one in rule[facet]) for facet, word in FACETS.items() if facet in rule
        )
    )
    position, rule = next(speaks, (None, {"action": default}))
    assert decision.allowed is (rule["action"] == "allow")
    if not decision.allowed and position is not None:
        assert decision.reason == f"rules[{position}] denies it"


def test_a_denial_names_the_rule_and_its_reason() -> None:
    """Whoever is denied knows where to look."""
    options = {
        "rules": [
            {"action": "allow", "sizes": ["small", "medium"]},
            {"action": "deny", "kinds": ["server_create"], "reason": "only small and medium servers here"},
        ]
    }
    assert decide(options, size="small").allowed
    assert decide(options, size="large") == Decision.deny("rules[1] denies it: only small and medium servers here")
    assert decide(options, kind="command").allowed
    closed = {"default": "deny"}
    assert decide(closed) == Decision.deny("no rule allows it, and what no rule allows is denied")


def test_what_an_operation_leaves_out_is_the_empty_text() -> None:
    """A provider's default cannot be known here; a rule may speak of it by the empty pattern."""
    assert decide({"rules": [{"action": "deny", "sizes": ["*large"]}]}).allowed
    assert not decide({"rules": [{"action": "deny", "sizes": ["*large", ""]}]}).allowed
    assert not decide({"rules": [{"action": "deny", "providers": [""]}]}, provider=None).allowed


def test_a_value_that_is_no_text_is_matched_as_json() -> None:
    """A stranger's kind may count its sizes."""
    assert not decide({"rules": [{"action": "deny", "sizes": ["4"]}]}, size=4).allowed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rules": [{"action": "deny"}]}, "rules[0]: lacks the key 'kinds'"),
        ({"rules": [{"action": "deny", "reason": "no"}]}, "rules[0]: lacks the key 'kinds'"),
        ({"rules": [{"action": "deny", "sizes": []}]}, "rules[0].sizes: must not be empty"),
        ({"rules": [{"kinds": ["*"]}]}, "rules[0]: lacks the key 'action'"),
        ({"rules": [{"action": "deny", "size": ["*"]}]}, "rules[0].size: is not known here; did you mean 'sizes'?"),
        ({"default": "refuse"}, "default: must be one of 'allow', 'deny'"),
        ({"max_servers": -1}, "max_servers: must be 0 or more"),
    ],
)
def test_a_policy_that_means_nothing_is_refused(options: dict[str, Any], message: str) -> None:
    """A rule that names nothing would decide everything; a word that is not known would decide nothing."""
    with pytest.raises(ConfigurationError) as caught:
        checked(NAME, options)
    assert message in [str(problem) for problem in caught.value.problems]


def test_a_server_is_counted_once_however_often_it_is_tried(tmp_path: Path) -> None:
    """The count is of operations, not of attempts."""
    counts = tally.Tally(tmp_path)
    assert [counts.admit("wf", name, 2) for name in ("a", "a", "b", "c", "a", "b")] == [
        *(True, True, True, False, True, True)
    ]
    assert counts.admit("another", "c", 2)


def test_a_resumed_run_goes_on_counting(tmp_path: Path) -> None:
    """Another process knows what this one let through, and one that runs beside it too."""
    first, second = tally.Tally(tmp_path), tally.Tally(tmp_path)
    assert first.admit("wf", "a", 2)
    assert second.admit("wf", "b", 2)
    assert not first.admit("wf", "c", 2)
    assert not tally.Tally(tmp_path).admit("wf", "c", 2)


def test_threads_never_let_one_too_many_through(tmp_path: Path) -> None:
    """Operations are checked side by side."""
    counts = tally.Tally(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: counts.admit("wf", f"op{number}", 10), range(100)))
    assert answers.count(True) == 10


def test_processes_never_let_one_too_many_through(tmp_path: Path) -> None:
    """Not even one that has lost its lease and does not know it yet."""
    assert sum(at_once(admit_many, tmp_path)) == 10


@given(st.lists(st.text(max_size=5), max_size=12), st.integers(0, 5), st.binary(max_size=6))
def test_a_torn_file_counts_too_many_rather_than_too_few(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], limit: int, torn: bytes
) -> None:
    """What a crash left of a line is a line; whatever stands there, no more than the limit come through."""
    folder = tmp_path_factory.mktemp("tally")
    counts = tally.Tally(folder)
    before = {name for name in names[:6] if counts.admit("wf", name, limit)}
    assert len(before) == min(limit, len(set(names[:6])))
    for path in folder.iterdir():
        with path.open("ab") as file:
            file.write(torn)
    after = {name for name in names if tally.Tally(folder).admit("wf", name, limit)}
    assert before <= after
    assert len(after) <= limit


def test_a_count_that_cannot_be_kept_denies(workspace: Path) -> None:
    """Nothing is created that is not counted."""
    (workspace / ".provisioning").write_text("no folder")
    with activated(NAME, plugin.PolicyGuard(), {"max_servers": 2}, workspace) as guard:
        decision = guard.check_operation(operation())
    assert decision == Decision.deny(f"max_servers: this run's servers cannot be counted: {os.strerror(errno.ENOTDIR)}")


def test_only_servers_that_a_rule_allows_are_counted(workspace: Path) -> None:
    """A command is no server, and a server that is denied takes no place."""
    options = {"max_servers": 1, "rules": [{"action": "deny", "names": ["no-*"]}]}
    with activated(NAME, plugin.PolicyGuard(), options, workspace) as guard:
        asked = [
            operation("a", "command", provider=None),
            operation("b", parameters={"name": "no-1"}),
            operation("c", parameters={"name": "yes-1"}),
            operation("d", parameters={"name": "yes-2"}),
        ]
        decisions = [guard.check_operation(one) for one in asked]
    assert [decision.allowed for decision in decisions] == [True, False, True, False]
    assert (
        decisions[-1].reason == "max_servers: one run may create at most 1, and this one has created or tried as many"
    )


@pytest.mark.parametrize(
    ("heard", "is_kept"),
    [
        (event("WorkflowCompleted", state="succeeded"), False),
        (event("RollbackCompleted", state="rolled_back"), False),
        (event("WorkflowCompleted", state="partial"), True),
        (event("WorkflowInterrupted", state="interrupted"), True),
    ],
)
def test_the_count_is_kept_as_long_as_the_run_may_go_on(workspace: Path, heard: Event, is_kept: bool) -> None:
    """A run that can be resumed is counted on; one that is over leaves nothing behind."""
    with activated(NAME, plugin.PolicyGuard(), {"max_servers": 2}, workspace) as guard:
        guard.check_operation(operation())
        guard.on_event(heard)
        guard.on_event(heard)
    assert bool(list((workspace / ".provisioning" / NAME).iterdir())) is is_kept


def servers(count: int) -> dict[str, Any]:
    create = {"id": "web", "kind": "server_create", "provider": "local", "for_each": [str(n) for n in range(count)]}
    return {"name": "flow", "operations": [{**create, "parameters": {"name": "web-{{each.key}}", "size": "small"}}]}


def test_a_run_is_denied_whole_and_leaves_no_server(opened: Callable[..., App]) -> None:
    """The server too many fails, what was created is undone, and the report says which rule it was."""
    with opened(NAME, {"max_servers": 2}) as app:
        report = app.run(servers(3))
        assert list(app.servers()) == []
    assert report.state is RunState.ROLLED_BACK
    assert [error.message.partition(" is denied: ")[2] for _, error in report.failures] == [
        "extension policy-guard: max_servers: one run may create at most 2, and this one has created or tried as many"
    ]


def test_a_run_that_is_resumed_by_another_process_has_no_more_servers_than_before(opened: Callable[..., App]) -> None:
    """What it may create is a matter of the run, not of the process; a higher limit lets it go on."""
    flow = {**servers(2), "configuration": {"on_failure": "stop", "parallelism": 1}}
    with opened(NAME, {"max_servers": 1}) as app:
        report = app.run(flow)
        assert (report.state, len(list(app.servers()))) == (RunState.FAILED, 1)
    with opened(NAME, {"max_servers": 1}) as app:
        assert app.resume(report.workflow_id).wait().state is RunState.FAILED
        assert len(list(app.servers())) == 1
    with opened(NAME, {"max_servers": 2}) as app:
        assert app.resume(report.workflow_id).wait().state is RunState.SUCCEEDED
        assert len(list(app.servers())) == 2
        app.rollback(report.workflow_id).wait()
        assert list(app.servers()) == []


def test_a_rule_stops_an_operation_before_it_begins(opened: Callable[..., App], tmp_path: Path) -> None:
    """Nothing of it has happened."""
    touched = tmp_path / "touched"
    flow = {
        "name": "flow",
        "operations": [{"id": "a", "kind": "command", "parameters": {"command": ["touch", str(touched)]}}],
    }
    with opened(NAME, {"rules": [{"action": "deny", "kinds": ["command"], "reason": "no shell here"}]}) as app:
        report = app.run(flow)
    assert [error.message for _, error in report.failures] == [
        "operation a (command) is denied: extension policy-guard: rules[0] denies it: no shell here"
    ]
    assert not touched.exists()


def test_a_policy_that_cannot_be_read_stops_the_run(opened: Callable[..., App]) -> None:
    """A guard that is misconfigured is no open door."""
    with opened(NAME, {"rules": [{"action": "deny"}]}) as app:
        with pytest.raises(ConfigurationError, match="lacks the key 'kinds'"):
            app.run(servers(1))
        assert list(app.runs()) == []
