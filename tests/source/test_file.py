"""A file is read whole or refused in one clear sentence."""

import os
from pathlib import Path

import pytest

from provisioning.errors import ConfigurationError
from provisioning.source import Format, read_source, read_text
from tests.users import ordinary_user


def refusal(path: Path, **options: int) -> tuple[str, str | None]:
    """Return the message and the hint with which a file is refused."""
    with pytest.raises(ConfigurationError) as caught:
        read_source(path, **options)
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", 'name = "x"\n'),
        ("a.yaml", "name: x\n"),
        ("a.yml", "name: x\n"),
        ("a.JSON", '{"name": "x"}'),
    ],
)
def test_the_suffix_decides_the_format(tmp_path: Path, name: str, text: str) -> None:
    """Each of the three formats gives the same data, whatever the suffix's case."""
    path = tmp_path / name
    path.write_text(text)
    assert read_source(path).data == {"name": "x"}


@pytest.mark.parametrize(
    ("name", "what"),
    [("flow.ini", "the suffix '.ini' stands for no known format"), ("flow", "no suffix tells its format")],
)
def test_an_unknown_suffix_names_the_three(tmp_path: Path, name: str, what: str) -> None:
    """A suffix that means nothing is refused before the file is opened."""
    path = tmp_path / name
    assert (
        f"{path}: {what}",
        "name the file .toml, .yaml (or .yml) or .json, after what is in it",
    ) == refusal(path)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    """The path is in the message."""
    path = tmp_path / "a.toml"
    assert (f"{path}: does not exist", "check the path") == refusal(path)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    """A folder that is named like a document is refused as a folder."""
    path = tmp_path / "a.toml"
    path.mkdir()
    assert (f"{path}: is a folder, not a file", "name the file in it") == refusal(path)


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    """Opening a pipe that nobody writes to does not block."""
    path = tmp_path / "a.toml"
    os.mkfifo(path)
    message, _ = refusal(path)
    assert f"{path}: is a device or a pipe, not a regular file" == message


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    """The permission is what is named."""
    path = tmp_path / "a.toml"
    path.write_text("a = 1")
    path.chmod(0)
    with ordinary_user():
        refused = refusal(path)
    assert refused == (
        f"{path}: cannot be read: permission denied",
        "check the permissions of the file and of the folders above it",
    )


def test_a_link_in_a_circle_is_refused(tmp_path: Path) -> None:
    """What the system says about a path is passed on."""
    path = tmp_path / "a.toml"
    path.symlink_to(path)
    assert (f"{path}: cannot be read: Too many levels of symbolic links", None) == refusal(path)


def test_a_path_with_a_zero_byte_is_refused() -> None:
    """What cannot be a path at all is shown in quotes."""
    assert refusal(Path("a\0.toml")) == ("'a\\x00.toml': is not a path that a file can have", None)


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    """The limit is in the message, and a file of exactly that size is read."""
    path = tmp_path / "a.toml"
    path.write_text("a = 1" + " " * 1019)
    assert read_source(path, limit=1024).data == {"a": 1}
    message, _ = refusal(path, limit=1023)
    assert f"{path}: is larger than the 1023 bytes allowed" == message
    path.write_text("a = 1" + " " * 1020)
    message, _ = refusal(path, limit=1024)
    assert f"{path}: is larger than the 1 KiB allowed" == message


def test_text_that_is_not_utf8_is_refused_with_the_byte(tmp_path: Path) -> None:
    """The first wrong byte is named by its offset and its value."""
    path = tmp_path / "a.toml"
    path.write_bytes(b'a = "\xe9"')
    assert (f"{path}: is not UTF-8 text (byte 5 is 0xe9)", "save the file as UTF-8") == refusal(path)


@pytest.mark.parametrize("name", ["a.toml", "a.yaml", "a.json"])
def test_a_byte_order_mark_is_no_mistake(tmp_path: Path, name: str) -> None:
    """Some editors write one; it is skipped."""
    path = tmp_path / name
    text = {"a.toml": "a = 1", "a.yaml": "a: 1", "a.json": '{"a": 1}'}[name]
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_source(path).data == {"a": 1}


@pytest.mark.parametrize(
    ("name", "text", "label"),
    [("a.toml", "# nothing\n", "TOML"), ("a.yaml", "# nothing\n", "YAML"), ("a.json", "  \n", "JSON")],
)
def test_an_empty_file_is_refused_unless_that_is_allowed(tmp_path: Path, name: str, text: str, label: str) -> None:
    """A file with nothing but comments holds no document; a configuration file may be one."""
    path = tmp_path / name
    path.write_text(text)
    assert (f"{path}: is empty", f"write a {label} document in it") == refusal(path)
    assert read_source(path, allow_empty=True).data == {}


def test_text_is_read_under_the_same_rules(tmp_path: Path) -> None:
    """A file of any name can be read as plain text."""
    path = tmp_path / "token"
    path.write_text("s3same\n")
    assert read_text(path, limit=100) == "s3same\n"


def test_every_format_has_a_label() -> None:
    """Labels are what messages call a format."""
    assert [form.label for form in Format] == ["TOML", "YAML", "JSON"]
