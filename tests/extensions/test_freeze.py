"""The frozen document and the digest in it: written and read back the same, and different when anything differs."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.errors import ConfigurationError
from provisioning.extensions import Frozen, FrozenExtension, folder_digest, read_frozen, write_frozen

NAMES = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True)
VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}(a1|rc2|\.post1|\.dev3)?", fullmatch=True)
DIGESTS = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)
PATHS = st.text(st.characters(codec="utf-8"), max_size=20)
FOLDERS = st.sampled_from(["folder_project", "folder_user", "folder_explicit"])


@st.composite
def frozen_extensions(draw: st.DrawFn) -> FrozenExtension:
    """Make an extension of any origin."""
    common = {"name": draw(NAMES), "version": draw(VERSIONS), "enabled": draw(st.booleans())}
    origin = draw(st.one_of(st.sampled_from(["bundled", "package"]), FOLDERS))
    more: dict[str, object] = {}
    if origin == "package":
        more["distribution"] = f"provisioning-{common['name']}=={common['version']}"
    elif origin != "bundled":
        more = {"digest": draw(DIGESTS), "folder": draw(st.none() | PATHS)}
    return FrozenExtension.model_validate({**common, "origin": origin, **more})


DOCUMENTS = st.lists(frozen_extensions(), max_size=4, unique_by=lambda one: one.name).map(
    lambda found: Frozen(format=1, provisioning="1.0", extensions=found)
)


@settings(max_examples=25)
@given(frozen=DOCUMENTS)
def test_what_is_written_is_read_back(frozen: Frozen, tmp_path_factory) -> None:
    """Whatever stands in a path, and the same text for the same extensions."""
    path = tmp_path_factory.mktemp("frozen") / "frozen.toml"
    write_frozen(path, frozen)
    assert frozen == read_frozen(path)
    assert frozen.as_toml() == path.read_text(encoding="utf-8")


def fill(folder: Path, files: dict[str, str]) -> str:
    """Write files and return the digest of their folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder_digest(folder)


def test_a_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    """Of nothing else: not of the place, the times, what Python leaves behind, nor of what a link leads to."""
    files = {"a": "1", "b/c": "2"}
    digest = fill(tmp_path / "one", files)
    assert digest == fill(tmp_path / "two", dict(reversed(files.items())))
    assert digest == fill(tmp_path / "two", {"__pycache__/a.pyc": "x", ".git/HEAD": "x"})
    others = [{"a": "1", "b/d": "2"}, {"a": "2", "b/c": "1"}, {"a": "12", "b/c": ""}, {"a": "1"}, {"a": "1", "bc": "2"}]
    found = {fill(tmp_path / f"other{number}", other) for number, other in enumerate(others)}
    assert (len(others), False) == (len(found), digest in found)
    (tmp_path / "two" / "link").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "two" / "pipe")
    assert digest != folder_digest(tmp_path / "two")
    with pytest.raises(ConfigurationError, match=r"^/no/such/folder: cannot be read: No such file or directory$"):
        folder_digest(Path("/no/such/folder"))
