"""A configuration file that the program changes stays the file of whoever wrote it."""

import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.config import Change, edit_lists
from provisioning.errors import ConfigurationError

KEY = ("extensions", "disabled")


def to(*names: str) -> Change:
    """Return a change that makes a list hold these names; nothing, where it holds them."""

    def change(said: Sequence[str] | None) -> Sequence[str] | None:
        return None if list(said or ()) == list(names) else names

    return change


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    """With the folders above it; not where there is nothing to say."""
    path = tmp_path / "a" / "b.toml"
    assert not edit_lists(path, {KEY: to()})
    assert not path.exists()
    assert edit_lists(path, {KEY: to("x")})
    assert path.read_text(encoding="utf-8") == '[extensions]\ndisabled = ["x"]\n'
    assert [child.name for child in path.parent.iterdir()] == ["b.toml"]


@pytest.mark.parametrize(
    "text",
    [
        '[extensions.prefer]\na = "b"\n',
        'extensions.paths = ["x"]\n',
        'extensions = { disabled = ["y"] }\n',
        "[extensions]\n[vars]\nx = 1\n[extensions.options.audit]\ny = 1\n",
        '\ufeff[extensions]\r\ndisabled = ["y", "z"] # why\r\n',
    ],
)
def test_every_spelling_of_a_table_is_changed(text: str, tmp_path: Path) -> None:
    """And nothing else in it."""
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode())
    before = tomllib.loads(text.removeprefix("\ufeff"))
    assert edit_lists(path, {KEY: to("x")})
    after = tomllib.loads(path.read_text(encoding="utf-8"))
    assert after["extensions"].pop("disabled") == ["x"]
    before["extensions"].pop("disabled", None)
    assert after == before
    assert not edit_lists(path, {KEY: to("x")})


NAMES = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True)


@given(NAMES, NAMES)
def test_a_list_becomes_what_is_wanted(before: list[str], after: list[str]) -> None:
    """Whatever it was, with the comments beside it still there."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        items = "".join(f'    "{name}", # {name}\n' for name in before)
        path.write_text(f"# top\n[extensions]\ndisabled = [\n{items}]\n# end\n", encoding="utf-8")
        edit_lists(path, {KEY: to(*after)})
        text = path.read_text(encoding="utf-8")
    assert sorted(tomllib.loads(text)["extensions"]["disabled"]) == sorted(after)
    assert text.startswith("# top\n[extensions]\n")
    assert text.endswith("# end\n")


def test_what_cannot_be_changed_is_left_as_it_is(tmp_path: Path) -> None:
    """A reference in the place of a list, or a table that is none: the hint says which key to change by hand."""
    path = tmp_path / "config.toml"
    for text in ('[extensions]\ndisabled = "{{vars.off}}"\n', "extensions = 1\n", "[extensions\n"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigurationError, match="cannot be changed as it is written") as caught:
            edit_lists(path, {KEY: to("x")})
        assert caught.value.hint == "change extensions.disabled in it by hand"
        assert path.read_text(encoding="utf-8") == text


def test_no_change_is_lost_between_two_editors(tmp_path: Path) -> None:
    """Each one decides by what the file says when its turn has come."""
    path = tmp_path / "config.toml"
    names = [f"name-{number}" for number in range(8)]

    def adding(name: str) -> Change:
        return lambda said: [*(said or ()), name]

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: edit_lists(path, {KEY: adding(name)}), names))
    assert sorted(tomllib.loads(path.read_text(encoding="utf-8"))["extensions"]["disabled"]) == names


def test_a_link_stays_a_link_and_permissions_stay(tmp_path: Path) -> None:
    """The file that it leads to is replaced."""
    real = tmp_path / "real.toml"
    real.write_text("", encoding="utf-8")
    real.chmod(0o600)
    link = tmp_path / "link.toml"
    link.symlink_to(real)
    assert edit_lists(link, {KEY: to("x")})
    assert (link.is_symlink(), real.stat().st_mode & 0o777) == (True, 0o600)
    assert "x" in real.read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    """A file where a folder should be, for one."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        edit_lists(tmp_path / "file" / "config.toml", {KEY: to("x")})
    assert str(caught.value) == f"{tmp_path}/file/config.toml: cannot be written: File exists"
