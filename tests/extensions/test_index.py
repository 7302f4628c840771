"""The index of manifests: what it knows is true, or it is not asked; and nothing that is wrong with it is an error."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from provisioning.extensions import ManifestIndex, Registry, Status
from provisioning.extensions.index import LIMIT, SETTLED
from provisioning.extensions.reading import read_manifest
from tests.extensions.shop import Shop, manifest
from tests.users import ordinary_user

Discover = Callable[..., Registry]


def later() -> int:
    """Tell a time at which everything that was just written has settled."""
    return time.time_ns() + 2 * SETTLED


_OPENED: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def _watched() -> None:
    """Note every file that is opened; a hook like this one cannot be taken back."""

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and str(arguments[0]).endswith("extension.toml"):
            _OPENED.append(str(arguments[0]))

    sys.addaudithook(note)


@contextmanager
def opening() -> Iterator[list[str]]:
    """Collect the manifests that are opened meanwhile."""
    found: list[str] = []
    begun = len(_OPENED)
    yield found
    found += _OPENED[begun:]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where the index is kept; it is not there yet."""
    return tmp_path / "cache" / "provisioning"


@pytest.fixture
def holder(shop: Shop, cache: Path) -> Path:
    """A folder with two extensions, which the index knows."""
    shop.folder("one")
    return shop.folder("two")


@pytest.fixture
def warm(discover: Discover, holder: Path, cache: Path) -> Discover:
    """Return a discovery with the index, which has been filled."""
    cache.parent.mkdir()
    discover(project=holder, index=ManifestIndex(cache, clock=later))

    def run(**arguments: object) -> Registry:
        return discover(**{"project": holder, "index": ManifestIndex(cache), **arguments})

    return run


def told(registry: Registry) -> list[tuple[object, ...]]:
    """Return everything that a discovery found out."""
    return [
        (record.as_dict(), record.declared, record.declared and record.declared.model_fields_set)
        for record in registry.records
    ]


def test_an_unchanged_manifest_is_not_opened_again(warm: Discover, discover: Discover, holder: Path) -> None:
    """Its record is the one that a discovery without an index makes."""
    with opening() as cold:
        expected = told(discover(project=holder))
    with opening() as opened:
        assert expected == told(warm())
    assert ([], 2) == (opened, len(cold))


def test_an_installed_package_is_known_too(shop: Shop, discover: Discover, cache: Path) -> None:
    """And one that is installed or removed is never missed: the environment is looked at each time."""
    cache.parent.mkdir()
    shop.package("one")
    discover(index=ManifestIndex(cache, clock=later))
    with opening() as opened:
        assert [str(shop.site / "ext_one")] == [
            str(one.location) for one in discover(index=ManifestIndex(cache)).records
        ]
    assert opened == []
    shop.package("two")
    assert ["one", "two"] == [record.name for record in discover(index=ManifestIndex(cache)).records]
    (shop.site / "provisioning_one-1.0.dist-info" / "entry_points.txt").unlink()
    assert ["two"] == [record.name for record in discover(index=ManifestIndex(cache)).records]


def test_a_manifest_that_has_not_settled_is_not_kept(discover: Discover, holder: Path, cache: Path) -> None:
    """A second change within one tick of the clock would look like the first: only what is old enough is trusted."""
    cache.parent.mkdir()
    found = (holder / "one" / "extension.toml").stat()
    (holder / "two" / "extension.toml").touch()
    settled = max(found.st_mtime_ns, found.st_ctime_ns) + SETTLED
    for now, expected in ((settled, 2), (settled + 1, 1)):
        discover(project=holder / "one", index=ManifestIndex(cache, clock=lambda now=now: now))
        with opening() as opened:
            discover(project=holder / "one", index=ManifestIndex(cache, clock=lambda: 0))
        assert expected == len(opened) + 1


def test_a_manifest_from_the_future_is_not_kept(discover: Discover, holder: Path, cache: Path) -> None:
    """Of it nobody can say when it was changed."""
    cache.parent.mkdir()
    os.utime(holder / "one" / "extension.toml", ns=(later() * 2, later() * 2))
    discover(project=holder, index=ManifestIndex(cache, clock=later))
    with opening() as opened:
        discover(project=holder, index=ManifestIndex(cache))
    assert [str(holder / "one" / "extension.toml")] == opened


def test_a_manifest_that_changes_while_it_is_read_is_not_kept(holder: Path, cache: Path) -> None:
    """What was read may be neither the one nor the other."""
    cache.parent.mkdir()
    path = holder / "one" / "extension.toml"
    index = ManifestIndex(cache, clock=later)
    assert index.recall(path) is None
    path.write_text(manifest("one", version="2.0.0"))
    index.keep(path, {"extension": {"name": "one"}})
    index.save()
    assert not index.path.exists()


@pytest.mark.parametrize("restored", [False, True], ids=["plain", "with its time put back"])
def test_an_edit_of_the_same_size_is_seen(warm: Discover, holder: Path, restored: bool) -> None:
    """Also when whoever made it put the time of the file back."""
    path = holder / "one" / "extension.toml"
    before = path.stat()
    path.write_text(manifest("one", version="9.9"))
    if restored:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert before.st_size == path.stat().st_size
    assert "9.9" == warm().get("one").version


def test_the_schema_is_looked_for_each_time(shop: Shop, discover: Discover, cache: Path) -> None:
    """It is not part of the manifest; what is wrong is told as without an index, with its line."""
    cache.parent.mkdir()
    more = '[config]\nschema = "config.schema.json"'
    holder = shop.folder("one", manifest("one", more=more), {"config.schema.json": "{}"})
    discover(project=holder, index=ManifestIndex(cache, clock=later))
    (holder / "one" / "config.schema.json").unlink()
    (record,) = discover(project=holder, index=ManifestIndex(cache)).records
    path = holder / "one" / "extension.toml"
    assert [problem.message for problem in record.problems] == [
        f"{path}:15: config.schema: there is no file 'config.schema.json' beside the manifest"
    ]


def test_what_the_index_says_is_checked_like_a_manifest(warm: Discover, holder: Path, cache: Path) -> None:
    """Whoever can forge it cannot bring in what could not be written in a manifest."""
    entries = _entries(cache)
    for stamp_and_data in entries.values():
        stamp_and_data[1]["extension"]["version"] = "no version"
    _forge(cache, json.dumps(entries).encode())
    assert {"1.0"} == {record.version for record in warm().records}


def _entries(cache: Path) -> dict[str, list]:
    entries: dict[str, list] = json.loads(ManifestIndex(cache).path.read_bytes().partition(b"\n")[2])
    return entries


def _forge(cache: Path, body: bytes) -> None:
    path = ManifestIndex(cache).path
    path.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    path.chmod(0o600)


def _shortened(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def _flipped(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"hooks"', b'"hooky"', 1))


def _grown(path: Path) -> None:
    body = path.read_bytes().partition(b"\n")[2] + b" " * LIMIT
    path.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def _linked(path: Path) -> None:
    other = path.with_name("other")
    path.rename(other)
    path.symlink_to(other)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _signed(body: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)

    return write


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "torn": _shortened,
    "changed": _flipped,
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "too large": _grown,
    "a link": _linked,
    "a folder": _folder,
    "a pipe": _pipe,
    "writable by others": lambda path: path.chmod(0o666),
    "no JSON": _signed(b"\xff{"),
    "a list": _signed(b"[]"),
    "deep": _signed(b"[" * 1_000_000),
    "a long number": _signed(b'{"a":' + b"9" * 10_000 + b"}"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_index_is_an_empty_one(
    warm: Discover, discover: Discover, holder: Path, cache: Path, damage: Callable[[Path], object]
) -> None:
    """Discovery does the work itself, and what can be replaced is replaced by a sound index."""
    path = ManifestIndex(cache).path
    damage(path)
    expected = told(discover(project=holder))
    with opening() as opened:
        assert expected == told(warm(index=ManifestIndex(cache, clock=later)))
    assert 2 == len(opened)
    with opening() as opened:
        assert expected == told(warm())
    assert len(opened) == (2 if path.is_dir() else 0)
    assert [] == [one.name for one in cache.iterdir() if one.name not in (path.name, "other")]


@pytest.mark.parametrize("entry", [None, [], [1], [[1, 2], {}, 3], ["x", {}], [None, {}], {"a": 1}], ids=json.dumps)
def test_an_entry_of_another_shape_is_none(warm: Discover, holder: Path, cache: Path, entry: object) -> None:
    """It is read as if the index did not have it."""
    _forge(cache, json.dumps(dict.fromkeys(_entries(cache), entry)).encode())
    assert [Status.READY] * 2 == [record.status for record in warm().records]


def test_data_of_another_shape_is_none(warm: Discover, holder: Path, cache: Path) -> None:
    """An entry whose file is unchanged and whose data are nonsense is not trusted either."""
    strange: tuple[object, ...] = (
        {},
        {"extension": 5},
        {"entry_points": {"hooks": {"command": 1}}},
        {"x": [[]]},
        [],
        7,
    )
    entries = _entries(cache)
    for data in strange:
        _forge(cache, json.dumps({name: [stamp, data] for name, (stamp, _) in entries.items()}).encode())
        assert [Status.READY] * 2 == [record.status for record in warm().records]


def test_the_index_of_another_user_is_not_read(warm: Discover, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who could have written anything into it."""
    somebody = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody)
    with opening() as opened:
        warm()
    assert 2 == len(opened)


def test_the_index_is_for_its_user_alone(warm: Discover, cache: Path, holder: Path) -> None:
    """It and its folder; and nothing is written beside the extensions."""
    path = ManifestIndex(cache).path
    assert (0o600, 0o700) == (path.stat().st_mode & 0o777, cache.stat().st_mode & 0o777)
    assert [path] == list(cache.iterdir())
    assert ["extension.toml", "plugin.py"] == sorted(one.name for one in (holder / "one").iterdir())


def test_it_is_written_only_when_something_is_new(warm: Discover, holder: Path, cache: Path) -> None:
    """A discovery that learns nothing leaves the file alone."""
    path = ManifestIndex(cache).path
    before = path.stat()
    warm(index=ManifestIndex(cache, clock=later))
    assert before.st_ino == path.stat().st_ino
    (holder / "one" / "extension.toml").write_text(manifest("one", version="1.1"))
    warm()
    assert before.st_ino == path.stat().st_ino, "what has not settled is not new yet"
    warm(index=ManifestIndex(cache, clock=later))
    assert before.st_ino != path.stat().st_ino


def test_a_home_that_is_not_there_is_not_made(discover: Discover, holder: Path, tmp_path: Path) -> None:
    """Whoever has no home has no index, and misses nothing."""
    index = ManifestIndex(tmp_path / "home" / ".cache" / "provisioning", clock=later)
    assert [Status.READY] * 2 == [record.status for record in discover(project=holder, index=index).records]
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("place", ["file", "read-only", "nul\0"])
def test_where_nothing_can_be_written_nothing_is(discover: Discover, holder: Path, tmp_path: Path, place: str) -> None:
    """A folder that is a file, or may not be written, or cannot exist."""
    (tmp_path / "file").write_text("")
    (tmp_path / "read-only").mkdir(mode=0o500)
    index = ManifestIndex(tmp_path / place / "provisioning", clock=later)
    with ordinary_user():
        found = discover(project=holder, index=index)
    assert [Status.READY] * 2 == [record.status for record in found.records]
    assert [] == list((tmp_path / "read-only").iterdir())


def test_a_disk_that_is_full_leaves_nothing_behind(warm: Discover, discover: Discover, shop: Shop, cache: Path) -> None:
    """Half an index is worth nothing."""
    script = """
import resource, sys
from pathlib import Path
from provisioning.extensions import ManifestIndex, Registry
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
index = ManifestIndex(Path(sys.argv[1]), clock=lambda: 2**62)
print(len(Registry.discover(project=sys.argv[2], search_path=[], index=index).records))
"""
    path = ManifestIndex(cache).path
    before = path.read_bytes()
    holder = shop.folder("three")
    done = subprocess.run(
        [sys.executable, "-c", script, cache, holder], capture_output=True, text=True, check=False, timeout=60
    )
    assert ("3\n", "") == (done.stdout, done.stderr)
    assert ([path], before) == (list(cache.iterdir()), path.read_bytes())


def test_workspaces_share_it(warm: Discover, discover: Discover, shop: Shop, cache: Path, holder: Path) -> None:
    """What one of them learns does not cost the other what it knew."""
    other = shop.folder("three", under="other")
    discover(project=other, index=ManifestIndex(cache, clock=later))
    with opening() as opened:
        discover(project=other, index=ManifestIndex(cache))
        warm()
    assert opened == []


def test_a_relative_path_is_known_where_it_is(
    shop: Shop, discover: Discover, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same words in another folder are another extension."""
    cache.parent.mkdir()
    for place in ("here", "there"):
        shop.folder("one", manifest("one", version=f"{len(place)}.0"), under=f"{place}/extensions")
        monkeypatch.chdir(shop.root / place)
        discover(explicit=["extensions"], index=ManifestIndex(cache, clock=later))
    for place in ("here", "there"):
        monkeypatch.chdir(shop.root / place)
        with opening() as opened:
            (record,) = discover(explicit=["extensions"], index=ManifestIndex(cache)).records
        assert (f"{len(place)}.0", []) == (record.version, opened)


def test_it_does_not_grow_without_a_bound(shop: Shop, discover: Discover, cache: Path) -> None:
    """What is in use has room first; where that alone is too much, the index is not written each time anew."""
    cache.parent.mkdir()
    words = "a" * 900_000
    for name in ("a", "b", "c", "d", "e", "f"):
        text = manifest(name).replace("[extension]", f'[extension]\ndescription = "{words}"')
        shop.folder(name, text, under="many")
    discover(project=shop.folder("old", under="few"), index=ManifestIndex(cache, clock=later))
    for _ in range(2):
        discover(project=shop.root / "many", index=ManifestIndex(cache, clock=later))
    path = ManifestIndex(cache).path
    before = path.stat()
    assert before.st_size <= LIMIT
    assert ["a", "b", "c", "d", "old"] == sorted(Path(name).parent.name for name in _entries(cache))
    discover(project=shop.root / "many", index=ManifestIndex(cache, clock=later))
    assert before.st_ino == path.stat().st_ino


def test_many_at_once_never_see_half_of_it(discover: Discover, shop: Shop, cache: Path) -> None:
    """Each one's records are right, whoever wrote last, and the index is sound in the end."""
    cache.parent.mkdir()
    holders = [shop.folder(f"e{number}", under=f"w{number}") for number in range(6)]
    wrong: list[object] = []

    def work(holder: Path) -> None:
        for _ in range(20):
            found = discover(project=holder, index=ManifestIndex(cache, clock=later))
            if [record.status for record in found.records] != [Status.READY]:
                wrong.append(found.records)

    threads = [threading.Thread(target=work, args=(holder,)) for holder in holders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert [ManifestIndex(cache).path] == list(cache.iterdir())
    assert set(_entries(cache)) <= {str(next(holder.iterdir()) / "extension.toml") for holder in holders}


def test_a_manifest_of_a_name_that_is_no_text_is_known(discover: Discover, cache: Path, tmp_path: Path) -> None:
    """The path of a workspace may be any bytes."""
    cache.parent.mkdir()
    holder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    Shop(holder, tmp_path).folder("one", under="extensions")
    discover(project=holder / "extensions", index=ManifestIndex(cache, clock=later))
    index = ManifestIndex(cache)
    assert index.recall(holder / "extensions" / "one" / "extension.toml") is not None


def test_a_manifest_that_is_wrong_is_read_each_time(shop: Shop, discover: Discover, cache: Path) -> None:
    """Its problems name lines, and those stand in the file alone."""
    cache.parent.mkdir()
    holder = shop.folder("one", manifest("one").replace("1.0", "x"))
    expected = told(discover(project=holder))
    for _ in range(2):
        assert expected == told(discover(project=holder, index=ManifestIndex(cache, clock=later)))
    assert not ManifestIndex(cache).path.exists()


def test_somebody_who_may_not_read_it_does_the_work(warm: Discover, cache: Path, holder: Path) -> None:
    """The records are the same."""
    path = ManifestIndex(cache).path
    manifests = [read_manifest(holder / name / "extension.toml") for name in ("one", "two")]
    path.chmod(0)
    with ordinary_user():
        assert manifests == [record.declared for record in warm().records]
