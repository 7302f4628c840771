"""`config_set` changes one setting and nothing around it, and undoing it puts the old one back."""

import stat
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.contract import Compensation, CompensationAction, EventKind, Operation
from provisioning.errors import OperationFailed, ResourceMissing

from .conftest import Bench

KEYS = st.sampled_from("abc")
VALUES = st.recursive(
    st.integers(-5, 5) | st.text("xy", max_size=3) | st.booleans() | st.lists(st.integers(0, 3), max_size=2),
    lambda values: st.dictionaries(KEYS, values, max_size=3),
    max_leaves=6,
)
TEXT = """\
# who we are
name = "web"  # short

[providers.local]  # the one at hand
timeout = 30
since = 2020-01-01
"""


def setting(bench: Bench, key: str, value: Any, **more: Any) -> Operation:
    """Return an operation that sets a value."""
    return bench.operation("config_set", {"key": key, "value": value, **more})


def do(bench: Bench, operation: Operation) -> Compensation:
    """Prepare and run an operation; return how it is undone."""
    compensation: Compensation = bench.call("prepare", operation)
    bench.call("run", operation)
    return compensation


@pytest.fixture
def file(bench: Bench) -> Path:
    """Return the file of settings, with some in it."""
    path = bench.directory / "config.user.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


class TestSetting:
    """The way forward."""

    def test_everything_else_stays(self, bench: Bench, file: Path) -> None:
        """Only the value changes; comments, order and layout stay."""
        done = bench.call("run", setting(bench, "providers.local.timeout", 60))

        assert file.read_text(encoding="utf-8") == TEXT.replace("timeout = 30", "timeout = 60")
        data = {"file": str(file.resolve()), "key": "providers.local.timeout"}
        assert (done.result, bench.notes) == (data, [(EventKind.CONFIGURATION_CHANGED, data)])

    def test_file_and_tables_are_made(self, bench: Bench) -> None:
        """A file that is not there is made, and so are tables."""
        bench.call("run", setting(bench, "providers.local.timeout", 60, file="other.toml"))

        text = (bench.directory / "other.toml").read_text(encoding="utf-8")
        assert text == "[providers.local]\ntimeout = 60\n"

    def test_settings_at_once_are_all_kept(self, bench: Bench) -> None:
        """Operations that change one file in parallel do not lose each other's changes."""
        operations = [
            replace(setting(bench, f"a.k{number}", number), client_token=f"t{number}") for number in range(20)
        ]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda operation: bench.call("run", operation), operations))

        text = (bench.directory / "config.user.toml").read_text(encoding="utf-8")
        assert tomllib.loads(text) == {"a": {f"k{number}": number for number in range(20)}}


class TestRefusing:
    """Settings that cannot be set."""

    @pytest.mark.parametrize("value", [[1, None], {"a": {"b": None}}])
    def test_null(self, bench: Bench, value: Any) -> None:
        """TOML has no null, at any depth."""
        with pytest.raises(OperationFailed) as caught:
            bench.call("run", setting(bench, "a", value))
        assert str(caught.value) == "operation op: the value of a has a null in it"

    @pytest.mark.parametrize("step", ["prepare", "run"])
    def test_value_where_a_table_should_be(self, bench: Bench, file: Path, step: str) -> None:
        """A value is not replaced by a table behind its owner's back."""
        with pytest.raises(OperationFailed) as caught:
            bench.call(step, setting(bench, "providers.local.timeout.seconds", 1))
        assert str(caught.value) == f"{file.resolve()}: providers.local.timeout is a value, not a table"

    def test_file_that_is_no_toml(self, bench: Bench, file: Path) -> None:
        """A broken file is named with its line and left as it is."""
        file.write_text("a = 1\nb = = 2\n", encoding="utf-8")

        with pytest.raises(OperationFailed) as caught:
            bench.call("run", setting(bench, "a", 2))
        assert str(caught.value).startswith(f"{file.resolve()}:2: not valid TOML: ")
        assert file.read_text(encoding="utf-8") == "a = 1\nb = = 2\n"

    def test_file_that_is_no_text(self, bench: Bench, file: Path) -> None:
        """A file in another encoding is not guessed at."""
        file.write_bytes(b'a = "\xff"')

        with pytest.raises(OperationFailed) as caught:
            bench.call("run", setting(bench, "a", 2))
        assert str(caught.value) == f"{file.resolve()}: not UTF-8 at byte 5"

    def test_folder_that_is_not_there(self, bench: Bench) -> None:
        """No folder is made for a file of settings."""
        with pytest.raises(OperationFailed) as caught:
            bench.call("prepare", setting(bench, "a", 2, file="no/such.toml"))
        path = bench.directory.resolve() / "no" / "such.toml"
        assert str(caught.value) == f"operation op cannot change {path}: No such file or directory"


class TestUndoing:
    """The way back."""

    @pytest.mark.parametrize("key", ["name", "providers.local.timeout", "providers.local.since", "new", "new.a.b"])
    def test_file_is_as_it_was(self, bench: Bench, file: Path, key: str) -> None:
        """Undoing a setting gives back the file, letter by letter, and may be done twice; no backup stays."""
        operation = setting(bench, key, "changed")
        compensation = do(bench, operation)
        assert file.read_text(encoding="utf-8") != TEXT
        for _ in range(2):
            bench.call("compensate", operation, compensation=compensation)

        assert file.read_text(encoding="utf-8") == TEXT
        kept = [path.read_text() for path in (bench.directory / ".provisioning").rglob("*") if path.is_file()]
        assert kept == ['{"restored": true}']

    def test_new_file_is_deleted(self, bench: Bench) -> None:
        """A file that was made for the setting goes with it; one that got something else stays."""
        for other in (False, True):
            operation = replace(setting(bench, "a.b", 1), id=f"op-{other}")
            compensation = do(bench, operation)
            if other:
                bench.call("run", setting(bench, "c", 2))
            bench.call("compensate", operation, compensation=compensation)
            path = bench.directory / "config.user.toml"
            text = path.read_text(encoding="utf-8") if path.exists() else None
            assert text == ("c = 2\n\n" if other else None)

    def test_file_deleted_meanwhile_needs_nothing(self, bench: Bench) -> None:
        """A file that was not there before and is not there now is as it was."""
        operation = setting(bench, "a", 1)
        compensation = do(bench, operation)
        (bench.directory / "config.user.toml").unlink()
        bench.call("compensate", operation, compensation=compensation)

        assert not (bench.directory / "config.user.toml").exists()

    def test_old_value_is_not_journaled(self, bench: Bench, file: Path) -> None:
        """The old value may be secret: it is kept in a private file, and the journal learns where."""
        file.write_text('password = "hunter2"\n', encoding="utf-8")
        compensation = bench.call("prepare", setting(bench, "password", "hunter3"))

        backup = Path(compensation.data["backup"])
        assert (stat.S_IMODE(backup.stat().st_mode), "hunter2" in str(compensation)) == (0o600, False)
        summary = f"reset password in {file.resolve()}"
        assert (compensation.action, compensation.summary) == (CompensationAction.REVERT_CONFIGURATION, summary)

    def test_lost_backup_is_told(self, bench: Bench, file: Path) -> None:
        """Where the old value is gone and the setting is another one, nothing is pretended."""
        operation = setting(bench, "name", "db")
        compensation = do(bench, operation)
        Path(compensation.data["backup"]).unlink()

        with pytest.raises(ResourceMissing) as caught:
            bench.call("compensate", operation, compensation=compensation)
        assert str(caught.value) == f"the backup of name in {file.resolve()} is gone: {compensation.data['backup']}"

    def test_other_changes_stay(self, bench: Bench, file: Path) -> None:
        """What somebody else changed in the file meanwhile is left as it is."""
        operation = setting(bench, "providers.local.timeout", 60)
        compensation = do(bench, operation)
        file.write_text(file.read_text(encoding="utf-8").replace('"web"', '"db"'), encoding="utf-8")
        bench.call("compensate", operation, compensation=compensation)

        assert file.read_text(encoding="utf-8") == TEXT.replace('"web"', '"db"')

    @settings(deadline=None)  # it waits for the disk
    @given(
        st.dictionaries(KEYS, VALUES, max_size=3),
        st.lists(KEYS, min_size=1, max_size=3),
        VALUES,
        st.none() | st.just("# a remark\n"),
    )
    def test_set_and_undone_in_any_document(
        self, content: dict[str, Any], key: list[str], value: Any, remark: str | None
    ) -> None:
        """In any document one key changes, and undoing changes it back, whether or not somebody wrote there since."""
        with tempfile.TemporaryDirectory() as directory:
            bench, path = Bench(Path(directory)), Path(directory) / "config.user.toml"
            path.write_text(tomlkit.dumps(content), encoding="utf-8")
            operation = setting(bench, ".".join(key), value)
            if not leads_through_tables(content, key):
                with pytest.raises(OperationFailed):
                    bench.call("prepare", operation)
                return
            compensation = do(bench, operation)
            changed = tomllib.loads(path.read_text(encoding="utf-8"))
            path.write_text((remark or "") + path.read_text(encoding="utf-8"), encoding="utf-8")
            bench.call("compensate", operation, compensation=compensation)

            text = path.read_text(encoding="utf-8")
            assert (tomllib.loads(text), text.startswith(remark or "")) == (content, True)
            assert remark is not None or text == tomlkit.dumps(content)
            assert changed == with_value(content, key, value)


def leads_through_tables(content: Any, key: list[str]) -> bool:
    """Whether everything above a key is a table, as far as it is there."""
    for name in key[:-1]:
        content = content.get(name, {})
        if not isinstance(content, dict):
            return False
    return True


def with_value(content: dict[str, Any], key: list[str], value: Any) -> dict[str, Any]:
    """Return a copy of a document with one value changed."""
    rest = with_value(content.get(key[0], {}), key[1:], value) if len(key) > 1 else value
    return {**content, key[0]: rest}
