"""`file_write` leaves the old file or the new one, never a part, and undoing it leaves no trace."""

import errno
import os
import stat
import tempfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.contract import Compensation, CompensationAction, EventKind, Operation
from provisioning.errors import OperationFailed, ResourceMissing

from .conftest import Bench

MODES = st.sampled_from([0o600, 0o640, 0o644, 0o755, 0o400])


def write(bench: Bench, path: str | Path, content: str = "new", **more: Any) -> Operation:
    """Return an operation that writes a file."""
    return bench.operation("file_write", {"path": str(path), "content": content, **more})


def do(bench: Bench, operation: Operation) -> Compensation:
    """Prepare and run an operation; return how it is undone."""
    compensation: Compensation = bench.call("prepare", operation)
    bench.call("run", operation)
    return compensation


def mode_of(path: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def backups(bench: Bench) -> list[Path]:
    """Return every file in which something old is kept, or a note about it."""
    files = sorted(path for path in (bench.directory / ".provisioning").rglob("*") if path.is_file())
    return [path for path in files if path.read_bytes() != b'{"restored": true}']


class TestWriting:
    """The way forward."""

    def test_answers_with_what_it_wrote(self, bench: Bench) -> None:
        """The result names the file, its size in bytes and its digest; the change is an event."""
        done = bench.call("run", write(bench, "motd", "grüße"))
        path = bench.directory / "motd"

        digest = sha256("grüße".encode()).hexdigest()
        assert done.result == {"path": str(path.resolve()), "size": 7, "sha256": digest}
        assert path.read_text(encoding="utf-8") == "grüße"
        assert bench.notes == [(EventKind.CONFIGURATION_CHANGED, {"file": str(path.resolve())})]

    def test_permissions(self, bench: Bench) -> None:
        """Permissions are those asked for, else the old file's, else what the process gives new files."""
        asked, old, new = (bench.directory / name for name in ("asked", "old", "new"))
        old.touch(mode=0o600)
        (bench.directory / "ordinary").touch()
        bench.call("run", write(bench, asked, mode="0751"))
        for path in (old, new):
            bench.call("run", write(bench, path))

        assert [mode_of(path) for path in (asked, old)] == [0o751, 0o600]
        assert mode_of(new) == mode_of(bench.directory / "ordinary")

    def test_link_is_followed(self, bench: Bench) -> None:
        """A link stays a link; the file that it means is written, and restored, even if it was not there."""
        target, link = bench.directory / "target", bench.directory / "link"
        link.symlink_to("target")
        operation = write(bench, "link")
        compensation = do(bench, operation)
        assert (link.is_symlink(), target.read_text(encoding="utf-8")) == (True, "new")

        bench.call("compensate", operation, compensation=compensation)
        assert (link.is_symlink(), target.exists()) == (True, False)

    def test_leftovers_of_a_crash_are_cleared_away(self, bench: Bench) -> None:
        """A draft that a killed try left behind is replaced by the next one, and nothing but the file stays."""
        operation = write(bench, "motd")
        os.mkfifo(bench.directory / f".provisioning-{sha256(b'token-1').hexdigest()[:16]}.draft")
        bench.call("run", operation)

        assert [path.name for path in bench.directory.iterdir()] == ["motd"]

    def test_missing_folders_are_made_by_request_and_unmade(self, bench: Bench) -> None:
        """Folders made for the file go with it, unless something else is in them by then."""
        operation = write(bench, "a/b/c/motd", create_parents=True)
        compensation = do(bench, operation)
        (bench.directory / "a" / "other").touch()
        bench.call("compensate", operation, compensation=compensation)

        assert [path.name for path in (bench.directory / "a").iterdir()] == ["other"]

    def test_failed_write_leaves_the_old_file(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        """When the disk is full, the file is as it was, nothing lies beside it, and the message says so."""
        path = bench.directory / "motd"
        path.write_text("old", encoding="utf-8")

        def refuse(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", refuse)

        with pytest.raises(OperationFailed) as caught:
            bench.call("run", write(bench, "motd"))
        assert str(caught.value) == f"operation op cannot write {path.resolve()}: No space left on device"
        assert {one.name: one.read_text(encoding="utf-8") for one in bench.directory.iterdir()} == {"motd": "old"}


class TestRefusing:
    """Paths that are no files."""

    def test_folder(self, bench: Bench) -> None:
        """A folder is not written."""
        with pytest.raises(OperationFailed) as caught:
            bench.call("prepare", write(bench, "."))
        assert str(caught.value) == f"operation op cannot use {bench.directory}: it is a folder"

    def test_device(self, bench: Bench) -> None:
        """What is neither file nor folder is not replaced by a file."""
        with pytest.raises(OperationFailed) as caught:
            bench.call("run", write(bench, "/dev/null"))
        assert str(caught.value) == "operation op cannot use /dev/null: it is no regular file"

    def test_link_to_itself(self, bench: Bench) -> None:
        """A link that leads to itself is told as such."""
        link = bench.directory / "link"
        link.symlink_to("link")

        with pytest.raises(OperationFailed) as caught:
            bench.call("prepare", write(bench, "link"))
        assert str(caught.value) == f"operation op cannot use {link}: Too many levels of symbolic links"

    def test_missing_folder(self, bench: Bench) -> None:
        """A folder that is not there is not made unasked, and this is said before anything is done."""
        with pytest.raises(OperationFailed) as caught:
            bench.call("prepare", write(bench, "a/b"))
        folder = bench.directory.resolve() / "a"
        assert str(caught.value) == f"operation op cannot write {folder}/b: there is no folder {folder}"
        assert caught.value.hint == "make it first, or set create_parents = true"

    def test_file_as_folder(self, bench: Bench) -> None:
        """A file is no folder."""
        (bench.directory / "a").touch()

        with pytest.raises(OperationFailed) as caught:
            bench.call("prepare", write(bench, "a/b"))
        assert str(caught.value) == f"operation op cannot use {bench.directory}/a/b: Not a directory"

    def test_zero_byte(self, bench: Bench) -> None:
        """A path with a zero byte in it is none."""
        with pytest.raises(OperationFailed) as caught:
            bench.call("prepare", write(bench, "a\0b"))
        assert str(caught.value) == "operation op cannot use 'a\\x00b': a path has no zero byte in it"

    def test_content_that_is_no_text(self, bench: Bench) -> None:
        """Half a letter cannot be written as UTF-8."""
        with pytest.raises(OperationFailed) as caught:
            bench.call("run", write(bench, "a", "ab\ud800"))
        assert str(caught.value) == "operation op: the content is no text at character 2"


class TestUndoing:
    """The way back."""

    @settings(deadline=None)  # it waits for the disk
    @given(
        before=st.none() | st.tuples(st.binary(max_size=200), MODES),
        content=st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
        mode=st.none() | MODES,
        again=st.booleans(),
    )
    def test_undoing_is_the_identity(
        self, before: tuple[bytes, int] | None, content: str, mode: int | None, *, again: bool
    ) -> None:
        """Bytes, permissions and absence are as before, however often any step is repeated; no backup stays."""
        with tempfile.TemporaryDirectory() as directory:
            bench, path = Bench(Path(directory)), Path(directory) / "file"
            if before is not None:
                path.write_bytes(before[0])
                path.chmod(before[1])
            operation = write(bench, "file", content, **({} if mode is None else {"mode": f"{mode:04o}"}))
            compensation = do(bench, operation)
            assert path.read_bytes() == content.encode()
            if again:
                assert do(bench, operation) == compensation
                bench.call("compensate", operation, compensation=compensation)
            bench.call("compensate", operation, compensation=compensation)

            assert (None if not path.exists() else (path.read_bytes(), mode_of(path))) == before
            assert backups(bench) == []

    def test_compensation_says_what_it_will_do(self, bench: Bench) -> None:
        """The plan of a run that is to be undone names the file and what will become of it."""
        path = bench.directory.resolve() / "motd"
        absent = bench.call("prepare", write(bench, "motd"))
        assert (absent.action, absent.summary) == (CompensationAction.RESTORE_FILE, f"delete {path}")

        path.write_text("old", encoding="utf-8")
        present = bench.call("prepare", replace(write(bench, "motd"), id="op-2"))
        assert present.summary == f"restore {path}"

    def test_backup_is_for_its_owner_alone(self, bench: Bench) -> None:
        """The old content may be secret: it is kept in a private file and not in the journal."""
        (bench.directory / "motd").write_text("hunter2", encoding="utf-8")
        compensation = bench.call("prepare", write(bench, "motd"))

        assert [mode_of(path) for path in backups(bench)] == [0o600, 0o600]
        assert "hunter2" not in str(compensation)

    def test_backup_of_the_original_is_never_replaced(self, bench: Bench) -> None:
        """Preparing again after the write keeps the original, not what was written."""
        path = bench.directory / "motd"
        path.write_text("old", encoding="utf-8")
        operation = write(bench, "motd")
        first = do(bench, operation)
        path.write_text("edited", encoding="utf-8")

        assert bench.call("prepare", operation) == first
        bench.call("compensate", operation, compensation=first)
        assert path.read_text(encoding="utf-8") == "old"

    def test_two_operations_on_one_file_unwind(self, bench: Bench) -> None:
        """Undone newest first, two writes of one file lead back to the original."""
        path = bench.directory / "motd"
        path.write_text("old", encoding="utf-8")
        operations = [replace(write(bench, "motd", f"new {name}"), id=name) for name in ("web", "Web")]
        compensations = [do(bench, operation) for operation in operations]
        seen = []
        for operation, compensation in reversed(list(zip(operations, compensations, strict=True))):
            bench.call("compensate", operation, compensation=compensation)
            seen.append(path.read_text(encoding="utf-8"))

        assert seen == ["new web", "old"]

    def test_undone_file_belongs_to_its_owner_again(self, bench: Bench) -> None:
        """What somebody writes after the undoing stays, even when undoing is repeated after a crash."""
        path = bench.directory / "motd"
        operation = write(bench, "motd")
        compensation = do(bench, operation)
        bench.call("compensate", operation, compensation=compensation)
        path.write_text("mine", encoding="utf-8")
        bench.call("compensate", operation, compensation=compensation)

        assert path.read_text(encoding="utf-8") == "mine"

    def test_lost_backup_is_told(self, bench: Bench) -> None:
        """Where the backup is gone and the file is not as it was, nothing is pretended."""
        path = bench.directory / "motd"
        path.write_text("old", encoding="utf-8")
        operation = write(bench, "motd")
        compensation = do(bench, operation)
        for backup in backups(bench):
            backup.unlink()

        with pytest.raises(ResourceMissing) as caught:
            bench.call("compensate", operation, compensation=compensation)
        assert str(caught.value) == f"the backup of {path.resolve()} is gone: {compensation.data['backup']}"
        assert path.read_text(encoding="utf-8") == "new"


@pytest.mark.parametrize("kind", ["file_write", "config_set"])
def test_nothing_old_is_kept_when_somebody_died_between_the_last_two_steps(bench: Bench, kind: str) -> None:
    """The old content may be secret: undoing again deletes a backup that the first one could not delete any more."""
    path = bench.directory / "old.toml"
    path.write_text('key = "secret"\n', encoding="utf-8")
    parameters = {"path": str(path), "content": "x"} if kind == "file_write" else {"key": "key", "value": 1}
    if kind == "config_set":
        parameters["file"] = str(path)
    operation = bench.operation(kind, parameters)
    compensation = do(bench, operation)
    bench.call("compensate", operation, compensation=compensation)
    place = Path(compensation.data["backup"])
    place.write_text('key = "secret"\n', encoding="utf-8")  # as if it had died before that was deleted
    bench.call("compensate", operation, compensation=compensation)
    assert backups(bench) == []
    assert path.read_text(encoding="utf-8") == 'key = "secret"\n'
