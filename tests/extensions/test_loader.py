"""Loading: on use, and never able to take anything else down."""

import sys
import threading

import pytest

from provisioning.errors import ExtensionBroken, ExtensionNotReady, HookRejected
from provisioning.extensions import ProblemCode, Selection, Status, brought_kinds, load, load_plugin, load_provider
from tests.extensions.shop import PROVIDER, manifest

DISABLE = "this is a defect of the extension; without it: disable audit under [extensions] disabled"

WATCHER = """
from provisioning.contract import hookimpl

class Plugin:
    @hookimpl
    def on_event(self, event):
        pass
"""

STEPS = """
from provisioning.contract import Done, OperationKind, hookimpl

class Handler:
    @hookimpl
    def run_operation(self, operation):
        return Done()

class Plugin:
    @hookimpl
    def operation_kinds(self):
        return [OperationKind(name, "a step", {"type": "object"}, Handler()) for name in NAMES]

"""


def folder(shop, one, code: str, text: str | None = None, name: str = "audit"):
    """Return the record of a folder extension with this code."""
    return one(project=shop.folder(name, text, {"plugin.py": code}))


def test_a_package_is_imported_when_it_is_used(shop, one):
    """Its class is made an object of, and the record is active."""
    shop.package()
    record = one()
    plugin = load_plugin(record)
    assert (type(plugin).__module__, record.status) == ("ext_audit.plugin", Status.ACTIVE)


def test_a_folder_is_a_package_of_its_own(shop, discover):
    """Two folders with modules of one name do not meet, and each imports its own ones relatively."""
    for name in ("one", "two"):
        files = {"plugin.py": "from .words import WORD\n", "words.py": f"WORD = {name!r}\n"}
        shop.folder(name, manifest(name, entry="plugin:WORD"), files)
    registry = discover(project=shop.root / "extensions")
    assert [load(registry.get(name), "hooks") for name in ("one", "two")] == ["one", "two"]
    assert "plugin" not in sys.modules


def test_a_folder_may_have_an_init_and_inner_packages(shop, one):
    """Its `__init__.py` is run once; a dotted module is found in it."""
    files = {"__init__.py": "print('once')\nNAME = 'audit'\n", "inner/deep.py": "from .. import NAME\n"}
    record = one(project=shop.folder("audit", manifest(entry="inner.deep:NAME"), files))
    assert load(record, "hooks") == "audit"


def test_an_init_that_fails_leaves_nothing_behind(shop, one):
    """The half-made package is forgotten, so that nobody takes it for a whole one."""
    before = set(sys.modules)
    record = one(project=shop.folder("audit", files={"__init__.py": "raise ValueError('no')"}))
    with pytest.raises(ExtensionBroken, match=r"could not be imported: ValueError: no$"):
        load(record, "hooks")
    assert [name for name in set(sys.modules) - before if name.startswith("provisioning_extension_")] == []


def test_an_object_and_a_module_are_plugins_too(shop, discover):
    """Only a class is made an object of."""
    shop.folder("one", manifest("one"), {"plugin.py": "Plugin = object()\n"})
    shop.folder("two", manifest("two", entry="plugin:inner"), {"plugin.py": "import types as inner\n"})
    registry = discover(project=shop.root / "extensions")
    assert load_plugin(registry.get("one")).__class__ is object
    assert load_plugin(registry.get("two")).__name__ == "types"


def test_a_provider_is_a_class(shop, one):
    """It comes as it is, to be made for each instance."""
    record = one(project=shop.folder("cloud", manifest("cloud", type="provider"), {"cloud.py": PROVIDER}))
    made = load_provider(record)("eu", {"token": "x"})
    assert (made.name, made.config) == ("eu", {"token": "x"})


def broken(shop, one, code: str, text: str | None = None) -> tuple[str, str | None]:
    """Return message and hint of the error that loading gives, having looked at the record."""
    record = folder(shop, one, code, text)
    with pytest.raises(ExtensionBroken) as caught:
        load_plugin(record)
    assert record.status is Status.FAILED
    assert [(problem.message, problem.hint) for problem in record.problems] == [
        (caught.value.message, caught.value.hint)
    ]
    prefix = f"extension audit 1.0 (project folder {shop.root}/extensions/audit): its hooks "
    assert caught.value.message.startswith(prefix)
    return caught.value.message.removeprefix(prefix), caught.value.hint


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        (
            "import not_there_at_all",
            "plugin:Plugin could not be imported: ModuleNotFoundError: No module named 'not_there_at_all'",
            "install not_there_at_all, or ask the author: the extension does not declare that it needs it",
        ),
        (
            "from plugin import x",
            "plugin:Plugin could not be imported: ModuleNotFoundError: No module named 'plugin'",
            "a folder extension imports its own modules relatively: from .plugin import ...",
        ),
        (
            "from provisioning.contract import Nothing",
            (
                "plugin:Plugin could not be imported: ImportError: cannot import name 'Nothing' from"
                " 'provisioning.contract' ({contract})"
            ),
            DISABLE,
        ),
        ("raise SystemExit(3)", "plugin:Plugin could not be imported: SystemExit: 3", DISABLE),
        ("raise GeneratorExit", "plugin:Plugin could not be imported: GeneratorExit", DISABLE),
        ("1 / 0", "plugin:Plugin could not be imported: ZeroDivisionError: division by zero", DISABLE),
        (
            "None.x",
            "plugin:Plugin could not be imported: AttributeError: 'NoneType' object has no attribute 'x'",
            DISABLE,
        ),
        ("def x(:", "plugin:Plugin could not be imported: SyntaxError: invalid syntax (plugin.py, line 1)", DISABLE),
        ("class Plugn: ...", "plugin:Plugin is not there: it has no Plugin; did you mean Plugn?", DISABLE),
        ("x = 1", "plugin:Plugin is not there: it has no Plugin", DISABLE),
        (
            "import os\nos.Plugin",
            "plugin:Plugin could not be imported: AttributeError: module 'os' has no attribute 'Plugin'",
            DISABLE,
        ),
        (
            "def __getattr__(name): raise RuntimeError(name)",
            "plugin:Plugin could not be imported: RuntimeError: Plugin",
            DISABLE,
        ),
        (
            "class Plugin:\n    def __init__(self): raise SystemExit('no')",
            "plugin:Plugin could not be made: SystemExit: no",
            DISABLE,
        ),
        (
            "class Plugin:\n    def __init__(self, app): ...",
            (
                "plugin:Plugin could not be made: TypeError: Plugin.__init__() missing 1 required positional"
                " argument: 'app'"
            ),
            DISABLE,
        ),
    ],
)  # fmt: skip
def test_whatever_an_import_does(shop, one, code, message, hint):
    """The error names the extension, the object and what happened; the record says the same."""
    import provisioning.contract

    expected = message.format(contract=provisioning.contract.__file__)
    assert broken(shop, one, code) == (expected, hint)


def test_a_missing_module_is_named(shop, one):
    """As the manifest names it."""
    text = manifest(entry="nowhere.deep:Plugin")
    message, _ = broken(shop, one, "", text)
    assert message.startswith("nowhere.deep:Plugin could not be imported: ModuleNotFoundError: No module named")


def test_a_failed_extension_is_not_tried_again(shop, one):
    """The second one who asks is told why, and its code does not run again."""
    record = folder(
        shop, one, "import sys\nsys.audit_runs = getattr(sys, 'audit_runs', 0) + 1\nraise ValueError('no')\n"
    )
    try:
        with pytest.raises(ExtensionBroken):
            load(record, "hooks")
        with pytest.raises(ExtensionNotReady, match=r"is failed: .* could not be imported: ValueError: no$"):
            load(record, "hooks")
        assert sys.audit_runs == 1
    finally:
        del sys.audit_runs


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("raise KeyboardInterrupt", Status.READY),
        ("class Plugin:\n    def __init__(self): raise KeyboardInterrupt", Status.ACTIVE),
    ],
)
def test_an_interrupt_passes(shop, one, code, status):
    """Ctrl-C during an import is nobody's defect, and nothing is held against the extension."""
    record = folder(shop, one, code)
    with pytest.raises(KeyboardInterrupt):
        load_plugin(record)
    assert (record.status, record.problems) == (status, [])


def test_what_a_module_prints_goes_to_standard_error(shop, one, capsys):
    """So that standard output stays what the command says."""
    record = folder(shop, one, "print('at import')\nclass Plugin:\n    def __init__(self): print('when made')\n")
    load_plugin(record)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "at import\nwhen made\n")


def test_standard_output_is_itself_again_after_imports_in_many_threads(shop, discover, capsys):
    """Imports take turns at turning it aside."""
    for number in range(6):
        shop.folder(f"e{number}", manifest(f"e{number}"), {"plugin.py": "print('x')\nclass Plugin: ...\n"})
    before = sys.stdout
    registry = discover(project=shop.root / "extensions")
    threads = [threading.Thread(target=load_plugin, args=(record,)) for record in registry.records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sys.stdout is before
    assert capsys.readouterr().out == ""


def test_what_cannot_be_used_is_not_loaded(shop, one):
    """A disabled extension's code does not run."""
    record = one(
        project=shop.folder("audit", files={"plugin.py": "raise AssertionError"}),
        selection=Selection(disabled=["audit"]),
    )
    with pytest.raises(ExtensionNotReady):
        load_plugin(record)


def test_what_it_does_not_bring(shop, one):
    """A role that the manifest does not name cannot be loaded, and that is not held against it."""
    record = folder(shop, one, WATCHER)
    with pytest.raises(ExtensionBroken) as caught:
        load_provider(record)
    assert caught.value.hint == "its manifest names none as entry_points.provider"
    assert record.status is Status.READY


def test_a_provider_that_is_no_class(shop, one):
    """It cannot be made for an instance."""
    record = one(project=shop.folder("cloud", manifest("cloud", type="provider"), {"cloud.py": "Cloud = 5"}))
    with pytest.raises(ExtensionBroken) as caught:
        load_provider(record)
    assert str(caught.value) == (
        f"extension cloud 1.0 (project folder {shop.root}/extensions/cloud): cloud:Cloud is no class but int"
    )
    assert record.status is Status.FAILED


def test_a_plugin_that_does_not_fit_is_refused(shop, one):
    """With the misfits, on the record too."""
    record = folder(shop, one, WATCHER.replace("self, event", "self, evnt"))
    with pytest.raises(HookRejected) as caught:
        load_plugin(record)
    assert caught.value.details["misfits"] == [
        "on_event takes 'evnt', which the hook does not offer; did you mean event?; it offers: event"
    ]
    assert [str(problem.code) for problem in record.problems] == ["hooks_rejected"]


def test_the_manifest_is_held_to_what_it_says_of_hooks(shop, one):
    """Both ways, where it says anything."""
    more = '[hooks]\nimplements = ["{}"]'
    assert load_plugin(folder(shop, one, WATCHER, manifest(more=more.format("on_event"))))
    record = folder(shop, one, WATCHER, manifest(more=more.format("check_operation")))
    with pytest.raises(HookRejected) as caught:
        load_plugin(record)
    assert str(caught.value) == (
        f"extension audit 1.0 (project folder {shop.root}/extensions/audit): hooks.implements in its manifest is not"
        " what its plugin has: the plugin lacks check_operation; the manifest does not name on_event"
    )


def steps(shop, one, names: str):
    """Return record and plugin of an extension that declares `a` and `b` and brings `names`."""
    text = manifest("steps", type="workflow", more='[workflow]\noperation_kinds = ["a", "b"]')
    record = one(project=shop.folder("steps", text, {"plugin.py": f"{STEPS}NAMES = {names}\n"}))
    return record, load_plugin(record)


def test_kinds_are_those_of_the_manifest(shop, one):
    """By name, in any order."""
    assert list(brought_kinds(*steps(shop, one, "['b', 'a']"))) == ["b", "a"]


def test_kinds_that_are_not_those_of_the_manifest(shop, one):
    """What lacks, what is too much and what comes twice is said, and the record has failed."""
    record, plugin = steps(shop, one, "['a', 'a', 'server_create']")
    with pytest.raises(HookRejected) as caught:
        brought_kinds(record, plugin)
    assert str(caught.value) == (
        f"extension steps 1.0 (project folder {shop.root}/extensions/steps): workflow.operation_kinds in its manifest"
        " is not what its plugin brings: its plugin does not bring b; its manifest does not name server_create; its"
        " plugin brings a more than once"
    )
    assert record.status is Status.FAILED


def test_a_plugin_that_fails_when_it_is_asked_for_kinds(shop, one):
    """That is its defect like any other."""
    record, plugin = steps(shop, one, "5")
    with pytest.raises(ExtensionBroken) as caught:
        brought_kinds(record, plugin)
    assert str(caught.value) == (
        "operation_kinds of extension steps failed with TypeError: 'int' object is not iterable"
    )
    assert [str(problem.code) for problem in record.problems] == ["plugin_failed"]


SERVICE = """
from provisioning import hookimpl
class Plugin:
    @hookimpl
    def {hook}(self):
        pass
"""


@pytest.mark.parametrize(
    "hook", ["resolve_secret", "load_config", "health_checks", "create_engine", "open_store", "api_routes"]
)
def test_a_service_that_nothing_announces_is_refused(shop, one, hook):
    """Nobody would know of it before the import."""
    shop.folder(files={"plugin.py": SERVICE.format(hook=hook)})
    record = one(project=shop.root / "extensions")
    with pytest.raises(HookRejected) as caught:
        load_plugin(record)
    assert str(caught.value) == (
        f"extension {record}: its manifest is not what its plugin has:"
        f" the plugin has {hook}, which nothing in the manifest announces"
    )
    assert record.problems[0].code is ProblemCode.HOOKS_REJECTED


def test_nobody_can_wrap_a_service(shop, one):
    """A stranger who stands around a resolver would see every secret."""
    code = (
        SERVICE.format(hook="resolve_secret").replace("@hookimpl", "@hookimpl(wrapper=True)").replace("pass", "yield")
    )
    shop.folder(files={"plugin.py": code})
    with pytest.raises(HookRejected, match="is a wrapper, and there is nothing around which it could stand"):
        load_plugin(one(project=shop.root / "extensions"))
