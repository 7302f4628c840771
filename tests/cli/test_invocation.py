"""The common options mean the same wherever they stand, and merge."""

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.cli.command import house_command
from provisioning.cli.group import LazyGroup
from provisioning.cli.invocation import Invocation, Output
from provisioning.cli.root import root
from provisioning.errors import ConfigurationError

OPTIONS = [
    ("--output", "json"),
    ("--set", "a.b=1"),
    ("--env", "production"),
    ("--workspace", "."),
    ("--extension-path", "."),
    ("--verbose",),
    ("--safe-mode",),
    ("--without", "a"),
    ("--only", "b"),
    ("--strict",),
    ("--profile-extensions",),
    ("--log-format", "json"),
]


def merged(places: list[int]) -> Invocation:
    """Return what comes of each option standing at its place: before the noun, before the verb, or after it."""
    words: list[list[str]] = [[], [], []]
    for place, option in zip(places, OPTIONS, strict=True):
        words[place] += option
    invocation = Invocation()
    line = [*words[0], "server", *words[1], "list", *words[2]]
    context = root.make_context("provisioning", line, obj=invocation)
    name, noun, rest = root.resolve_command(context, [*context._protected_args, *context.args])
    assert isinstance(noun, LazyGroup)
    below = noun.make_context(name, rest, parent=context)
    name, verb, rest = noun.resolve_command(below, [*below._protected_args, *below.args])
    assert verb is not None
    verb.make_context(name, rest, parent=below)
    return invocation


@given(st.lists(st.integers(0, 2), min_size=len(OPTIONS), max_size=len(OPTIONS)))
def test_every_place_means_the_same(places: list[int]) -> None:
    """An option says the same before the noun, before the verb and after it."""
    found = merged(places)
    expected = (Output.JSON, ["a.b=1"], "production", ".", ["."], True)
    given_ = (found.output, found.overrides, found.environment, found.workspace, found.extension_paths, found.verbose)
    assert expected == given_
    assert (True, ["a"], ["b"], True) == (found.safe_mode, found.without, found.only, found.strict)
    assert found.profile_extensions


def test_the_nearer_option_wins_and_lists_grow() -> None:
    """A value nearer to the command wins; what can be repeated is collected in its order."""
    invocation = Invocation()

    @house_command("probe")
    def probe() -> None:
        """Do nothing."""

    context = root.make_context("provisioning", ["-o", "json", "--set", "a=1", "server"], obj=invocation)
    probe.make_context("probe", ["--output", "table", "--set", "a=2"], parent=context)
    assert (invocation.output, invocation.overrides) == (Output.TABLE, ["a=1", "a=2"])


def test_inputs_are_taken_out_of_the_overrides() -> None:
    """Keys below `inputs.` are the workflow's, read as TOML where they are TOML; the others are the configuration's."""
    invocation = Invocation(
        assignments=[
            ("inputs.count", "3"),
            ("engine.type", "threads"),
            ("inputs.name", "db one"),
            ("inputs.db.size", '"large"'),
            ("inputs.db.zones", '["a", "b"]'),
        ]
    )
    expected = {"count": 3, "name": "db one", "db": {"size": "large", "zones": ["a", "b"]}}
    assert (expected, ["engine.type=threads"]) == (invocation.inputs, invocation.overrides)


def test_inputs_that_contradict_each_other_are_refused() -> None:
    """A value cannot be a table as well."""
    invocation = Invocation(assignments=[("inputs.a", "1"), ("inputs.a.b", "2")])
    with pytest.raises(click.UsageError, match=r"--set inputs\.a\.b: 'a' has a value already, it cannot hold others\."):
        _ = invocation.inputs


def test_a_name_of_an_input_may_not_be_missing() -> None:
    """`inputs.` alone is no key."""
    with pytest.raises(ConfigurationError, match=r"'inputs\.' is not a key"):
        _ = Invocation(assignments=[("inputs.", "1")]).inputs


def test_a_line_to_paste_keeps_the_surroundings() -> None:
    """What is offered to be typed next works where this command worked."""
    invocation = Invocation(workspace="my place", environment="test", extension_paths=["x"])
    expected = "provisioning workflow resume wf-1 --workspace 'my place' --env test --extension-path x"
    assert expected == invocation.again("workflow", "resume", "wf-1")
    chosen = Invocation(safe_mode=True, without=["a", "b"], only=["c"], strict=True)
    expected = "provisioning events --without a --without b --only c --safe-mode --strict"
    assert expected == chosen.again("events")
