"""What git knows about a folder, read from its files: no git program is needed, and none is run."""

import re
from pathlib import Path

__all__ = ["GitError", "branch", "commit"]

_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LARGEST = 16 * 1024 * 1024  # bytes of packed-refs


class GitError(ValueError):
    """The folder is in no repository, or in one that says nothing about what was asked."""


def branch(folder: Path) -> str:
    """Return the branch that is checked out; the commit when none is. Raises GitError."""
    head = _head(_git_folder(folder))
    if head.startswith("ref: refs/heads/"):
        return head.removeprefix("ref: refs/heads/")
    return commit(folder)


def commit(folder: Path) -> str:
    """Return the full hash of the commit that is checked out. Raises GitError."""
    git = _git_folder(folder)
    head = _head(git)
    if not head.startswith("ref: "):
        return _checked_hash(head, git)
    name = head.removeprefix("ref: ")
    for place in (git, _common_folder(git)):
        if text := _text(place / name):
            return _checked_hash(text, git)
    return _packed(_common_folder(git), name)


def _git_folder(folder: Path) -> Path:
    for place in (folder.absolute(), *folder.absolute().parents):
        git = place / ".git"
        if git.is_dir():
            return git
        if text := _text(git):  # a worktree or a submodule: the file says where its folder is
            return place / text.removeprefix("gitdir:").strip()
    raise GitError(f"{folder} is in no git repository")


def _common_folder(git: Path) -> Path:
    common = _text(git / "commondir")
    return git / common if common else git


def _head(git: Path) -> str:
    head = _text(git / "HEAD")
    if not head:
        raise GitError(f"{git} has no readable HEAD")
    if head == "ref: refs/heads/.invalid":
        raise GitError(f"{git} keeps its branches in the reftable format, which is not read")
    return head


def _packed(git: Path, name: str) -> str:
    for line in _text(git / "packed-refs").splitlines():
        found, _, packed_name = line.partition(" ")
        if packed_name == name:
            return _checked_hash(found, git)
    raise GitError(f"{name.removeprefix('refs/heads/')} has no commit yet")


def _checked_hash(text: str, git: Path) -> str:
    if not _HASH.fullmatch(text):
        raise GitError(f"{git} does not say which commit is checked out")
    return text


def _text(path: Path) -> str:
    """Return the text of a small file, empty when there is none to read."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return ""
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
