"""The shape of the house: what lint does not see, and a stranger would."""

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

from tests.distribution import PACKAGES

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "core").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
LONGEST = 450


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_every_module_says_what_it_is_and_holds_one_noun(path: Path) -> None:
    """A module opens with a sentence, has a name that says something, and is short enough to be read."""
    text = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring
    assert docstring.split("\n\n")[0].rstrip().endswith((".", "?", ":", "`")), "the first sentence has an end"
    assert path.stem not in NAMELESS
    assert len(text.splitlines()) <= LONGEST


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=relative)
def test_every_test_states_a_truth(path: Path) -> None:
    """A test has a docstring, so that whoever breaks it reads what is no longer true."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    tests = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    assert [node.name for node in tests if not ast.get_docstring(node)] == []


def modules() -> list[str]:
    found = []
    for package in PACKAGES:
        root = importlib.import_module(package)
        found += [package, *(info.name for info in pkgutil.walk_packages(root.__path__, f"{package}."))]
    return [name for name in found if not name.endswith("__main__")]


@pytest.mark.parametrize("name", modules())
def test_all_is_the_public_face(name: str) -> None:
    """`__all__` is sorted, and everything in it exists."""
    module = importlib.import_module(name)
    public = getattr(module, "__all__", None)
    if public is None:
        return
    assert sorted(public) == sorted(set(public))
    assert [one for one in public if not hasattr(module, one)] == []


@pytest.mark.parametrize(
    "name", ["provisioning.contract", "provisioning.errors", "provisioning.app", "provisioning.testing"]
)
def test_everything_a_stranger_can_import_is_documented(name: str) -> None:
    """Classes and functions carry docstrings, and so do their public methods."""
    module = importlib.import_module(name)
    silent = []
    for public in module.__all__:
        thing = getattr(module, public)
        if not isinstance(thing, type):
            continue
        members = [thing, *(value for key, value in vars(thing).items() if callable(value) and key[0] != "_")]
        silent += [
            getattr(member, "__qualname__", public) for member in members if not getattr(member, "__doc__", None)
        ]
    assert silent == []


def test_the_root_gives_an_author_the_contract_and_the_errors() -> None:
    """`from provisioning import hookimpl, Server, NotFound` works, and nothing else is there."""
    import provisioning
    from provisioning import contract, errors

    assert set(dir(provisioning)) == {*contract.__all__, *errors.__all__, "__version__"}
    assert provisioning.hookimpl is contract.hookimpl
    assert provisioning.NotFound is errors.NotFound
    with pytest.raises(AttributeError, match="module 'provisioning' has no attribute 'nothing'"):
        provisioning.nothing  # noqa: B018


def test_the_top_level_holds_what_convention_expects_and_nothing_else() -> None:
    """A newcomer finds the way by the names of the folders."""
    expected = {
        *("pyproject.toml", "README.md", "tox.ini", "core", "plugins", "extensions", "schemas", "tests"),
        *("LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "benchmarks", "docs", "examples"),
    }
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - {"dist", "build"} == expected


def test_typed_packages_say_so() -> None:
    """`py.typed` stands in every package."""
    assert [name for name in PACKAGES if not list(ROOT.glob(f"*/{name}/py.typed"))] == []


CLOUDS = ("provisioning_aws", "provisioning_hetzner", "provisioning_local", "provisioning_upcloud")
WAITS = {"sleep", "get_waiter", "wait_until_finished", "wait_for_server_state"}
PROVIDERS = [path for path in SOURCES if path.parent.name in CLOUDS and path.stem != "supervisor"]
"""The supervisor of a server that is a process is a program of its own, and waits for it."""


@pytest.mark.parametrize("path", PROVIDERS, ids=relative)
def test_a_provider_stays_thin(path: Path) -> None:
    """Waiting and retrying are the engine's: a provider's module is short, and calls nothing that waits."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    calls = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    names = {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}
    assert names & WAITS == set()
