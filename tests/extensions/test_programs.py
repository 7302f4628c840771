"""Extensions that are programs: what their manifests say, and how they are loaded."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning.errors import ConfigurationError, HookRejected
from provisioning.extensions import ExtensionRecord, Status, load_plugin, load_provider, read_manifest
from tests.bridge.workshop import PRELUDE
from tests.extensions.shop import Shop, manifest

PYTHON = f'["{sys.executable}", "program.py"]'


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def text(program: str = f"command = {PYTHON}", *, role: str = "hooks", more: str | None = None, needs: str = "") -> str:
    """Return a manifest whose entry point is a program."""
    if more is None:
        more = '[hooks]\nimplements = ["on_event"]' if role == "hooks" else ""
    written = manifest(type=role, more=more, needs=needs)
    return written.replace(f'{role} = "plugin:Plugin"', f"{role} = {{ {program} }}").replace(
        f'{role} = "cloud:Cloud"', f"{role} = {{ {program} }}"
    )


def problems(tmp_path: Path, written: str) -> list[tuple[str | None, str, str | None]]:
    path = tmp_path / "extension.toml"
    path.write_text(written)
    with pytest.raises(ConfigurationError) as caught:
        read_manifest(path)
    return [(problem.key, problem.message, problem.hint) for problem in caught.value.problems]


def test_what_a_manifest_says_of_a_program(tmp_path: Path) -> None:
    """Everything beside the command has a default."""
    path = tmp_path / "extension.toml"
    path.write_text(text())
    plain = read_manifest(path).program("hooks")
    assert plain is not None
    assert plain.model_dump(mode="json") == {
        "command": [sys.executable, "program.py"],
        "mode": "call",
        "environment": [],
        "timeout": 60.0,
        "idle": 60.0,
        "sandbox": False,
        "network": False,
    }
    keys = 'mode = "serve", environment = ["A_1"], timeout = 5, idle = 2.5, sandbox = true, network = true'
    path.write_text(text(f"command = {PYTHON}, {keys}"))
    full = read_manifest(path).program("hooks")
    assert full is not None
    assert (str(full.mode), full.timeout, full.idle, full.sandbox) == ("serve", 5.0, 2.5, True)
    assert read_manifest(path).program("provider") is None


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("command = []", ("entry_points.hooks.command", "must not be empty", None)),
        ('command = "nu x"', ("entry_points.hooks.command", "must be a list, not text", None)),
        ('command = ["nu", 1]', ("entry_points.hooks.command[1]", "must be text, not an integer", None)),
        (
            'command = [""]',
            ("entry_points.hooks.command[0]", "'' is not a word of a command", "write text that is not empty"),
        ),
        ('mode = "call"', ("entry_points.hooks", "the key 'command' is missing", None)),
        ('command = ["a"], mode = "fork"', ("entry_points.hooks.mode", "must be 'call' or 'serve'", None)),
        ('command = ["a"], timeout = 0', ("entry_points.hooks.timeout", "must be from 1 to 3600 seconds", None)),
        ('command = ["a"], idle = 4000', ("entry_points.hooks.idle", "must be from 1 to 3600 seconds", None)),
        ('command = ["a"], sandbox = "yes"', ("entry_points.hooks.sandbox", "must be true or false, not text", None)),
        (
            'command = ["a"], environment = ["A=1"]',
            (
                "entry_points.hooks.environment[0]",
                "'A=1' is not the name of an environment variable",
                "write its name alone, like HCLOUD_TOKEN",
            ),
        ),
        (
            'command = ["a"], network = true',
            (
                "entry_points.hooks.network",
                "a program that is not in a sandbox has the network in any case",
                "add sandbox = true, or leave it out",
            ),
        ),
        ('command = ["a"], shell = true', ("entry_points.hooks.shell", "is not a known key", None)),
    ],
)
def test_what_is_wrong_with_a_program_is_said(
    tmp_path: Path, program: str, expected: tuple[str, str, str | None]
) -> None:
    """With its place, and what to write."""
    (found,) = problems(tmp_path, text(program))
    if expected[1] == "is not a known key":
        found = (*found[:2], None)
    assert found == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ("hooks", "no hooks are declared")),
        ("[hooks]\nimplements = []", ("hooks", "no hooks are declared")),
        (
            '[hooks]\nimplements = ["run_operation"]',
            ("hooks.implements", "'run_operation' cannot be asked of a program"),
        ),
    ],
)
def test_a_program_declares_hooks_that_it_can_have(tmp_path: Path, more: str, expected: tuple[str, str]) -> None:
    """It cannot stand around a call in another process; and nobody could know what to ask it."""
    ((key, message, hint),) = problems(tmp_path, text(more=more))
    assert (key, message) == expected
    assert hint is not None
    assert hint.endswith("check_operation, extension_validate, on_event")


def test_a_missing_sandbox_is_a_missing_dependency(
    shop: Shop, one: Callable[..., ExtensionRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program is there, and is not run without one."""
    monkeypatch.setenv("PATH", "/nowhere")
    record = one(explicit=[shop.folder(text=text(f"command = {PYTHON}, sandbox = true"))])
    assert record.status is Status.MISSING_DEPENDENCY
    assert [(problem.message, problem.hint) for problem in record.problems] == [
        (
            "it asks for a sandbox, and there is no bwrap (bubblewrap) here",
            "install bubblewrap, or use it where there is one",
        )
    ]


def program(shop: Shop, one: Callable[..., ExtensionRecord], written: str, code: str) -> ExtensionRecord:
    code = f"{PRELUDE}request = next(requests())\n{code}\n"
    return one(explicit=[shop.folder(text=written, files={"program.py": code})])


def test_a_program_is_active_once_it_has_described_itself(shop: Shop, one: Callable[..., ExtensionRecord]) -> None:
    """Discovery runs nothing."""
    record = program(shop, one, text(), "say(answer(request, protocols=[1], hooks=['on_event']))")
    assert record.status is Status.READY
    load_plugin(record)
    assert record.status is Status.ACTIVE


@pytest.mark.parametrize("role", ["provider", "workflow", "hooks"])
def test_one_that_does_not_describe_itself_has_failed(
    shop: Shop, one: Callable[..., ExtensionRecord], role: str
) -> None:
    """Its record says so, and nothing else is taken down."""
    record = program(shop, one, text(role=role), "say(answer(request, protocols=[1], hooks=['fly']))")
    with pytest.raises(HookRejected, match="does not describe what its manifest says"):
        load_provider(record) if role == "provider" else load_plugin(record, role)
    assert record.status is Status.FAILED
    assert [str(problem.code) for problem in record.problems] == ["hooks_rejected"]


def test_a_kind_needs_the_hooks_that_it_will_be_asked_for(shop: Shop, one: Callable[..., ExtensionRecord]) -> None:
    """Said when it is loaded, and not in the middle of a run."""
    kind = '{"name": "audit_kind", "summary": "x", "parameters": {}, "settles": True, "action": "CustomAction"}'
    code = f"say(answer(request, protocols=[1], hooks=['run_operation'], kinds=[{kind}]))"
    record = program(shop, one, text(role="workflow"), code)
    with pytest.raises(HookRejected, match="its hooks lack compensate_operation, settle_operation"):
        load_plugin(record, "workflow")
