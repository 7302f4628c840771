"""Extensions that do everything they should not, as a stranger's might: none of them may take a command down."""

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

__all__ = ["EXTENSIONS", "Hostile", "write_extension", "write_hostile"]

MANIFEST = """
[extension]
name = "{name}"
version = "1.0"
type = "hooks"
[compatibility]
provisioning = ">=1.0,<2"
hook_api = "1"
[entry_points]
hooks = "hostile:Plugin"
"""

HOOK = """
from provisioning import hookimpl
class Plugin:
    @hookimpl
    def {signature}:
        {body}
"""

HUGE = 100 * 1024 * 1024  # bytes; the file is sparse and takes no room


@dataclass(frozen=True)
class Hostile:
    """One hostile extension: its code, what a discovery says of it, and what a run that loads it says."""

    name: str
    code: str = "class Plugin: pass"
    found: str = "ready"
    problem: str | None = None
    loaded: str | None = None


EXTENSIONS = (
    Hostile("import-error", "import there_is_no_such_module", loaded="import_failed"),
    Hostile("system-exit", "raise SystemExit(7)", loaded="import_failed"),
    Hostile("no-such-object", "x = 1", loaded="import_failed"),
    Hostile("prints", "print('I print at import')\nclass Plugin: pass"),
    Hostile("sleeps", "import time\ntime.sleep(0.05)\nclass Plugin: pass"),
    Hostile("cannot-be-made", "class Plugin:\n    def __init__(self): raise SystemExit", loaded="plugin_failed"),
    Hostile("raising-observer", HOOK.format(signature="on_event(self, event)", body="raise SystemExit('no')")),
    Hostile(
        "raising-activation",
        HOOK.format(signature="extension_activate(self, context)", body="raise SystemExit('no')"),
        loaded="activation_failed",
    ),
    Hostile(
        "raising-deactivation",
        HOOK.format(signature="extension_deactivate(self, context)", body="raise SystemExit('no')"),
    ),
    Hostile(
        "raising-disposer",
        HOOK.format(
            signature="extension_activate(self, context)",
            body="context.on_deactivate(lambda: 1 / 0); context.on_deactivate(lambda: {}[1])",
        ),
    ),
    Hostile(
        "wrong-signature",
        HOOK.format(signature="on_event(self, evnt, more)", body="pass"),
        loaded="hooks_rejected",
    ),
    Hostile(
        "keyword-only",
        HOOK.format(signature="on_event(self, *, event)", body="pass"),
        loaded="hooks_rejected",
    ),
    Hostile("no-such-hook", HOOK.format(signature="on_evnt(self, event)", body="pass"), loaded="hooks_rejected"),
    Hostile("huge-manifest", found="invalid", problem="manifest_invalid"),
    Hostile("binary-manifest", found="invalid", problem="manifest_invalid"),
    Hostile("empty-manifest", found="invalid", problem="manifest_invalid"),
    Hostile("no-manifest", found="invalid", problem="manifest_invalid"),
    Hostile("linked-manifest", found="invalid", problem="outside_folder"),
    Hostile("linked-folder", found="invalid", problem="outside_folder"),
    Hostile("twice", found="conflicted", problem="name_conflict"),
)


def write_hostile(workspace: Path, elsewhere: Path) -> None:
    """Write all of them into a workspace; `elsewhere` is a folder outside it, which some of them lead to.

    The second one of the duplicate name is found through `extensions.paths` of the workspace's defaults.
    """
    holder = workspace / "extensions"
    for hostile in EXTENSIONS:
        _write(holder / hostile.name, MANIFEST.format(name=hostile.name), hostile.code)
    with (holder / "huge-manifest" / "extension.toml").open("r+b") as file:
        file.truncate(HUGE)
    (holder / "binary-manifest" / "extension.toml").write_bytes(bytes(range(256)))
    (holder / "empty-manifest" / "extension.toml").write_bytes(b"")
    manifest = holder / "no-manifest" / "extension.toml"
    manifest.unlink()
    manifest.mkdir()
    _write(elsewhere / "linked-manifest", MANIFEST.format(name="linked-manifest"), "raise AssertionError")
    _link(holder / "linked-manifest" / "extension.toml", elsewhere / "linked-manifest" / "extension.toml")
    _write(elsewhere / "linked-folder", MANIFEST.format(name="linked-folder"), "raise AssertionError")
    for file in (holder / "linked-folder").iterdir():
        file.unlink()
    (holder / "linked-folder").rmdir()
    (holder / "linked-folder").symlink_to(elsewhere / "linked-folder")
    _write(elsewhere / "more" / "twice", MANIFEST.format(name="twice"), "raise AssertionError")
    (workspace / "config.defaults.toml").write_text(f'[extensions]\npaths = ["{elsewhere / "more"}"]\n')


def write_extension(folder: Path, name: str) -> None:
    """Write one with nothing wrong with it."""
    _write(folder, MANIFEST.format(name=name), "class Plugin: pass")


def _write(folder: Path, manifest: str, code: str) -> None:
    folder.mkdir(parents=True)
    (folder / "extension.toml").write_text(manifest, encoding="utf-8")
    (folder / "hostile.py").write_text(dedent(code), encoding="utf-8")


def _link(place: Path, target: Path) -> None:
    place.unlink()
    place.symlink_to(target)
