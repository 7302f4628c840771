"""Bad input and bad disks: one clear error that says what, where and what to do; no traceback, and no half a run."""

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from provisioning.app import stores
from provisioning.cli.root import root
from provisioning.store import open_journal
from tests.acceptance.conftest import EXAMPLES, Person
from tests.distribution import PROVIDERS
from tests.users import ordinary_user

THREE_TIER = str(EXAMPLES / "three-tier.toml")
GOOD = 'name = "t"\n[[operations]]\nid = "a"\nkind = "command"\nparameters = { command = ["true"] }\n'
SERVER = (
    'name = "t"\n[[operations]]\nid = "a"\nkind = "server_create"\nprovider = "local"\nparameters = { name = "x" }\n'
)
ID_RULE = "must begin with a letter or a digit, and may hold letters, digits, '.', '_' and '-' after it"
SCHEMA = "see `provisioning schema workflow`"


class Desk:
    """A workspace of one's own, in which commands run without a process of their own."""

    def __init__(self, folder: Path, cloud: Path) -> None:
        self.folder = folder
        self.cloud = cloud
        self.journal = folder / ".provisioning" / "journal.db"

    def write(self, name: str, content: str | bytes) -> str:
        """Write a file into the workspace; return its name as one types it there."""
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def type(self, *words: str) -> tuple[int, str, str]:
        """Type a command; return its exit code, and what stands on stdout and stderr."""
        result = CliRunner().invoke(root, list(words))
        return result.exit_code, result.stdout, result.stderr

    def refuses(self, *words: str, error: str, hint: str | None = None, code: int = 2) -> None:
        """Say that a command answers with this error and this hint, and with nothing else."""
        told = f"error: {error}\n" + (f"  hint: {hint}\n" if hint else "")
        assert self.type(*words) == (code, "", told)

    @property
    def is_untouched(self) -> bool:
        """Whether no journal and no server was made."""
        return not self.journal.parent.exists() and not self.cloud.exists()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder, cloud = tmp_path / "workspace", tmp_path / "cloud"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith(("PROVISIONING_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PROVISIONING__PROVIDERS__LOCAL__DIRECTORY", str(cloud))
    monkeypatch.chdir(folder)
    return Desk(folder, cloud)


# -- documents -----------------------------------------------------------------------------------------------------

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

FILES: dict[str, tuple[str | bytes, str, str | None]] = {
    "empty.toml": ("", "empty.toml: is empty", "write a TOML document in it"),
    "empty.yaml": ("# nothing\n", "empty.yaml: is empty", "write a YAML document in it"),
    "empty.json": (" \n", "empty.json: is empty", "write a JSON document in it"),
    "latin.toml": (
        'name = "\xe9"\n'.encode("latin-1"),
        "latin.toml: is not UTF-8 text (byte 8 is 0xe9)",
        "save the file as UTF-8",
    ),
    "wide.json": (
        '{"name": "x"}'.encode("utf-16-le"),
        "wide.json:1: is not valid JSON: Expecting property name enclosed in double quotes (column 2)",
        None,
    ),
    "binary.yaml": (
        b"\x7fELF\x02\x01\x01\x00\x80",
        "binary.yaml: is not UTF-8 text (byte 8 is 0x80)",
        "save the file as UTF-8",
    ),
    "half.toml": ("name = \n", "half.toml:1: is not valid TOML: Invalid value (column 8)", None),
    "half.json": ('{"name":\n}', "half.json:2: is not valid JSON: Expecting value (column 1)", None),
    "half.yaml": (
        "name: [a\noperations: }",
        "half.yaml:2: is not valid YAML: did not find expected ',' or ']' while parsing a flow sequence (column 11)",
        None,
    ),
    "list.json": ("[1]", "list.json: must be a table of keys and values, not a list", None),
    "text.yaml": ("just text", "text.yaml: must be a table of keys and values, not text", None),
    "twice.json": ('{"name": "a",\n"name": "b"}', "twice.json:2: name: is written twice", "keep one of the two"),
    "twice.yaml": ("name: a\nname: b\n", "twice.yaml:2: name: is written twice", "keep one of the two"),
    "twice.toml": (
        "name = 'a'\nname = 'b'\n",
        "twice.toml:2: is not valid TOML: Cannot overwrite a value (column 11)",
        "the same key or table is written twice",
    ),
    "two.yaml": ("name: a\n---\nname: b\n", "two.yaml:2: a second document begins here", "keep one document in a file"),
    "code.yaml": (
        "name: !!python/object/apply:os.system ['true']\n",
        "code.yaml:1: name: the tag !!python/object/apply:os.system is not allowed",
        "write a plain value",
    ),
    "bomb.yaml": (BOMB, "bomb.yaml:6: the aliases up to here stand for more than 1,000,000 values", None),
    "deep.json": ("[" * 100_000, "deep.json: is nested too deeply to be read", None),
    "deep.toml": ("a = " + "[" * 100_000, "deep.toml: is nested too deeply to be read", None),
    "deep.yaml": ("[" * 100_000, "deep.yaml:1: is nested deeper than 100 levels", None),
    "digits.json": ('{"name": ' + "9" * 5000 + "}", "digits.json: holds a number with too many digits", None),
    "endless.toml": (
        f"{GOOD}x = inf\n",
        "endless.toml:6: operations[0].x: inf is not a number that a document may hold",
        "write a finite number",
    ),
    "list.txt": (
        GOOD,
        "list.txt: the suffix '.txt' stands for no known format",
        "name the file .toml, .yaml (or .yml) or .json, after what is in it",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_document_is_refused(desk: Desk, name: str) -> None:
    """Whatever stands in it; planned or run, the error is the same."""
    content, error, hint = FILES[name]
    desk.write(name, content)
    for verb in ("plan", "run"):
        desk.refuses("workflow", verb, name, error=error, hint=hint)
    assert desk.is_untouched


def test_what_is_no_file_is_refused(desk: Desk) -> None:
    """A path to nothing, to a folder, a device, a pipe, an enormous file."""
    refuses = partial(desk.refuses, "workflow", "run")
    refuses("nope.toml", error="nope.toml: does not exist", hint="check the path")
    (desk.folder / "folder.toml").mkdir()
    refuses("folder.toml", error="folder.toml: is a folder, not a file", hint="name the file in it")
    device = "is a device or a pipe, not a regular file"
    hint = "save the text in a file, or, where a command offers it, give - to read standard input"
    (desk.folder / "zero.toml").symlink_to("/dev/zero")
    refuses("zero.toml", error=f"zero.toml: {device}", hint=hint)
    os.mkfifo(desk.folder / "pipe.toml")
    refuses("pipe.toml", error=f"pipe.toml: {device}", hint=hint)
    (desk.folder / "loop.toml").symlink_to("loop.toml")
    refuses("loop.toml", error="loop.toml: cannot be read: Too many levels of symbolic links")
    with (desk.folder / "huge.toml").open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    refuses(
        "huge.toml",
        error="huge.toml: is larger than the 64 MiB allowed",
        hint="split the document, or check that it is one",
    )
    refuses(
        "no-file",
        error="there is no file and no workflow template 'no-file'",
        hint="there is: web-cluster; or install its extension",
    )
    (desk.folder / "no-suffix").touch()
    refuses(
        "no-suffix",
        error="no-suffix: no suffix tells its format",
        hint="name the file .toml, .yaml (or .yml) or .json, after what is in it",
    )
    assert desk.is_untouched


DOCUMENTS: list[tuple[str, str, str | None]] = [
    (
        GOOD.replace('"command"', '"comand"'),
        "x.toml:4: operations[0].kind: there is no kind of operation 'comand'; did you mean 'command'?",
        None,
    ),
    (
        SERVER.replace('"local"', '"lcal"'),
        "x.toml:5: operations[0].provider: there is no provider instance 'lcal'; did you mean 'local'?",
        "configure it as [providers.lcal], or see `provisioning provider list`",
    ),
    (
        SERVER.replace('provider = "local"\n', ""),
        "x.toml:2: operations[0]: server_create needs a provider; configured: local",
        'add provider = "local"',
    ),
    (
        GOOD.replace('["true"]', '"true", evn = {}'),
        (
            "x.toml has 2 problems:\n"
            "  x.toml:5: operations[0].parameters.command: must be a list, not text\n"
            "  x.toml:5: operations[0].parameters.evn: is not known here; did you mean 'env'?"
        ),
        None,
    ),
    (
        GOOD.replace("id", "di") + 'timeout = "5"\n',
        (
            "x.toml has 3 problems:\n"
            "  x.toml:2: operations[0]: the key 'id' is missing\n"
            "  x.toml:6: operations[0].timeout: must be a number (it is '5')\n"
            "  x.toml:3: operations[0].di: unknown key 'di'"
        ),
        SCHEMA,
    ),
    (
        GOOD + "[dependencies]\na = ['b']\n",
        "x.toml:7: dependencies.a[0]: there is no operation 'b'; there is: a",
        None,
    ),
    (
        GOOD + GOOD.removeprefix('name = "t"\n'),
        "x.toml:7: operations[1].id: operation id 'a' is used already by operations[0]",
        "give each operation its own id",
    ),
    (
        GOOD + GOOD.removeprefix('name = "t"\n').replace('"a"', '"b"') + "[dependencies]\na = ['b']\nb = ['a']\n",
        "x.toml:2: operations[0]: operations need each other in a circle: a -> b -> a",
        "take one of these references or dependencies away",
    ),
    (
        GOOD.replace('"true"', '"{{operations.b.result}}"'),
        "x.toml:5: operations[0].parameters: {{operations.b.result}}: there is no operation 'b'; there is: a",
        None,
    ),
    (
        GOOD.replace('"true"', '"{{env.NO_SUCH_VARIABLE_HERE"'),
        "x.toml:5: operations[0].parameters: {{env.NO_SUCH_VARIABLE_HERE: expected a comparison or }} at the end",
        r"to write {{ itself, put a backslash before it: \{{",
    ),
    (
        GOOD.replace('"true"', '"{{vars.size}}"'),
        "x.toml:5: operations[0].parameters: {{vars.size}}: vars has no size",
        None,
    ),
    (
        GOOD.replace('"true"', '"{{file.secret}}"'),
        "x.toml:5: operations[0].parameters: {{file['secret']}}: WORKSPACE/secret: does not exist",
        'put quotes around a path with dots or slashes: {{file["secrets/token.txt"]}}',
    ),
    (
        GOOD + 'for_each = "{{operations.a.result}}"\n',
        "x.toml:6: operations[0].for_each: for_each must be known before the run, and {{operations.a.result}} is not",
        None,
    ),
    (
        GOOD.replace('"command"', '"workflow"').replace('command = ["true"]', 'file = "x.toml"'),
        "x.toml: operations[0].parameters: the workflow nests itself: WORKSPACE/x.toml -> WORKSPACE/x.toml",
        None,
    ),
]


@pytest.mark.parametrize(("content", "error", "hint"), DOCUMENTS)
def test_a_document_that_does_not_fit_is_refused(desk: Desk, content: str, error: str, hint: str | None) -> None:
    """With the line, the key, and what was perhaps meant."""
    desk.write("x.toml", content)
    place = str(desk.folder)
    if "nests itself" in error:
        error = f"{place}/x.toml:5: " + error.removeprefix("x.toml: ")
    desk.refuses("workflow", "run", "x.toml", error=error.replace("WORKSPACE", place), hint=hint)
    assert desk.is_untouched


# -- options and configuration -------------------------------------------------------------------------------------

OPTIONS: list[tuple[list[str], str, str | None]] = [
    (
        ["--set", "x"],
        "Invalid value for '--set': expected KEY=VALUE, got 'x'.",
        "see 'provisioning workflow run --help'",
    ),
    (
        ["--set", "workflow.paralelism=3"],
        "--set workflow.paralelism: workflow.paralelism: is not a known key",
        "did you mean parallelism?",
    ),
    (
        ["--set", "workflow.parallelism=many"],
        "--set workflow.parallelism: workflow.parallelism: must be a whole number, not text",
        None,
    ),
    (["--set", "workflow.parallelism=0"], "--set workflow.parallelism: workflow.parallelism: must be at least 1", None),
    (
        ["--set", "a..b=3"],
        "--set a..b: 'a..b' is not a key",
        "a key is names joined by dots, like workflow.parallelism; put quotes around other characters",
    ),
    (["--set", "inputs.size=3"], "x.toml: inputs: there is no input 'size'; there is: none", None),
    (
        ["--set", "store.url=mysql://db"],
        "--set store.url: store.url: there is no store 'mysql'; there is: sqlite, postgres, postgresql",
        "install or enable the extension that brings it",
    ),
    (
        ["--set", "store.url=sqlite://db"],
        "--set store.url: store.url: 'sqlite://db' names no file that a journal could be",
        "write sqlite:///PATH",
    ),
    (
        ["--set", "engine.type=thread"],
        "--set engine.type: engine.type: there is no engine 'thread'; there is: threads, workers",
        "did you mean threads?",
    ),
    (
        ["--env", "prod"],
        "--env: the environment prod has no file: WORKSPACE/config.prod.toml does not exist",
        "create the file, or name no environment",
    ),
    (
        ["--env", "../x"],
        "--env: '../x' is not a name for an environment",
        "use letters, digits, ., - and _; not defaults or user",
    ),
    (
        ["--workflow-id", "a b"],
        f"workflow id 'a b' {ID_RULE}",
        "name the run, like deploy-42",
    ),
    (
        ["--workspace", "/no/such/folder"],
        "Invalid value for '--workspace': Directory '/no/such/folder' does not exist.",
        "see 'provisioning workflow run --help'",
    ),
    (
        ["--parallelism", "0"],
        "Invalid value for '--parallelism': 0 is not in the range 1<=x<=10000.",
        "see 'provisioning workflow run --help'",
    ),
]


@pytest.mark.parametrize(("words", "error", "hint"), OPTIONS)
def test_an_option_that_cannot_be_used_is_refused(desk: Desk, words: list[str], error: str, hint: str | None) -> None:
    """Before anything is begun."""
    desk.write("x.toml", GOOD)
    desk.refuses("workflow", "run", "x.toml", *words, error=error.replace("WORKSPACE", str(desk.folder)), hint=hint)
    assert desk.is_untouched


def test_a_configuration_that_cannot_be_used_is_told_as_a_whole(desk: Desk) -> None:
    """Every file, every line, at once."""
    desk.write("x.toml", SERVER)
    desk.write("config.defaults.toml", "[workflow]\nparallelism = 'many'\non_failure = 'explode'\n[storr]\n")
    desk.write("config.user.toml", "[providers.local]\ntimeout = -1\n")
    code, out, told = desk.type("workflow", "run", "x.toml")
    folder = desk.folder
    assert (code, out) == (2, "")
    assert told.splitlines()[:5] == [
        "error: the configuration has 4 problems:",
        f"  {folder}/config.defaults.toml:2: workflow.parallelism: must be a whole number, not text",
        f"  {folder}/config.defaults.toml:3: workflow.on_failure: must be one of 'rollback', 'stop' or 'continue'",
        f"  {folder}/config.defaults.toml:4: storr: is not a known key",
        f"  {folder}/config.user.toml:2: providers.local.timeout: must be more than 0",
    ]
    assert desk.is_untouched


@pytest.mark.parametrize(
    ("content", "error", "hint"),
    [
        (
            b"[workflow\n",
            "CONFIG:1: is not valid TOML: Expected ']' at the end of a table declaration (column 10)",
            None,
        ),
        (b"\xff", "CONFIG: is not UTF-8 text (byte 0 is 0xff)", "save the file as UTF-8"),
        (
            b"x" * (4 * 1024 * 1024 + 1),
            "CONFIG: is larger than the 4 MiB allowed",
            "split the document, or check that it is one",
        ),
        (
            b"[providers.local]\nsizs = 3\n",
            "x.toml:5: operations[0].provider: CONFIG:2: providers.local.sizs: is not known here",
            None,
        ),
        (
            b"[providers.local]\ntype = 'nowhere'\n",
            "x.toml:5: operations[0].provider: there is no provider type 'nowhere'",
            f"there is: {', '.join(PROVIDERS)}; or install its extension",
        ),
        (
            b"[workflow]\nparallelism = '{{env.NO_SUCH_VARIABLE_HERE}}'\n",
            "CONFIG:2: workflow.parallelism: ",
            None,
        ),
    ],
)
def test_a_configuration_file_that_cannot_be_used_is_refused(
    desk: Desk, content: bytes, error: str, hint: str | None
) -> None:
    """The file is named, and the line where there is one."""
    desk.write("x.toml", SERVER)
    file = desk.folder / desk.write("config.user.toml", content)
    code, out, told = desk.type("workflow", "run", "x.toml")
    assert (code, out) == (2, "")
    assert told.startswith(f"error: {error.replace('CONFIG', str(file))}"), told
    assert hint is None or told.endswith(f"  hint: {hint}\n")
    assert desk.is_untouched


def test_a_configuration_that_is_a_folder_is_refused(desk: Desk) -> None:
    """As anything else that is no file."""
    desk.write("x.toml", GOOD)
    file = desk.folder / "config.user.toml"
    file.mkdir()
    desk.refuses("workflow", "run", "x.toml", error=f"{file}: is a folder, not a file", hint="name the file in it")


# -- the real command ----------------------------------------------------------------------------------------------


def test_the_real_command_says_the_same(person: Person) -> None:
    """In processes of their own: exit code 2, the error on stderr alone, no traceback, nothing made."""
    (person.workspace / "bad.toml").write_text(GOOD.replace('"command"', '"comand"'))
    (person.workspace / "bad.yaml").write_text(BOMB)
    (person.workspace / "deep.json").write_text("[" * 1_000_000)
    told = {
        "bad.toml": "bad.toml:4: operations[0].kind: there is no kind of operation 'comand'; did you mean 'command'?",
        "bad.yaml": "bad.yaml:6: the aliases up to here stand for more than 1,000,000 values",
        "deep.json": "deep.json: is nested too deeply to be read",
    }
    running = {name: person.start("workflow", "run", name) for name in told}
    for name, process in running.items():
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (2, "", f"error: {told[name]}\n")
    answer = person.run("workflow", "run", "bad.toml", "--output", "json")
    assert (answer.code, answer.err) == (2, "")
    assert answer.documents[-1]["error"]["message"] == told["bad.toml"]
    assert not (person.workspace / ".provisioning").exists()


# -- the journal ---------------------------------------------------------------------------------------------------

DAMAGED = (
    "Put a backup of the file in its place, or move it away (with its -wal and -shm files) to begin an empty journal; "
    "what earlier runs created stays, and carries their labels."
)


def spoilt(path: Path, content: Callable[[bytes], bytes]) -> None:
    path.write_bytes(content(path.read_bytes()))


def newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def foreign(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE somebody_else (x)")
    connection.close()


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "error", "hint"),
    [
        (
            partial(spoilt, content=lambda whole: b"x" * len(whole)),
            "journal JOURNAL is damaged, or is no journal: file is not a database",
            DAMAGED,
        ),
        (
            partial(spoilt, content=lambda whole: whole[:4096] + b"\xff" * (len(whole) - 4096)),
            "journal JOURNAL is damaged, or is no journal: database disk image is malformed",
            DAMAGED,
        ),
        (
            partial(spoilt, content=lambda whole: whole[:5000]),
            "journal JOURNAL is damaged, or is no journal: database disk image is malformed",
            DAMAGED,
        ),
        (
            foreign,
            "JOURNAL is a SQLite database, and not a journal of provisioning",
            "Name another file for the journal, or move this one away.",
        ),
        (
            newer,
            "journal JOURNAL has format 99, and this version of provisioning knows formats up to 2",
            "Use the newer version of provisioning that wrote it.",
        ),
        (
            folder,
            "journal JOURNAL cannot be opened: unable to open database file",
            "Check that its folder can be a folder, and that the file is a file.",
        ),
    ],
    ids=["overwritten", "damaged", "cut short", "foreign", "newer", "a folder"],
)
def test_a_journal_that_cannot_be_used_stops_everything_and_loses_nothing(
    desk: Desk, spoil: Callable[[Path], None], error: str, hint: str
) -> None:
    """No command runs beside it, none mends it in silence; put back, the run goes on where it was."""
    desk.write(
        "x.toml", GOOD + "[[operations]]\nid = 'b'\nkind = 'command'\nparameters = { command = ['test', '-e', 'go'] }\n"
    )
    words = ("workflow", "run", "x.toml", "--workflow-id", "one", "--on-failure", "stop")
    assert desk.type(*words)[0] == 1
    backup = desk.journal.read_bytes()
    spoil(desk.journal)
    found = None if desk.journal.is_dir() else desk.journal.read_bytes()
    for command in (
        words,
        ("workflow", "resume", "one"),
        ("workflow", "rollback", "one", "--yes"),
        ("workflow", "list"),
    ):
        desk.refuses(*command, error=error.replace("JOURNAL", str(desk.journal)), hint=hint, code=1)
    assert found is None or found == desk.journal.read_bytes()
    shutil.rmtree(desk.journal) if found is None else desk.journal.unlink()
    desk.journal.write_bytes(backup)
    (desk.folder / "go").touch()
    assert desk.type("workflow", "resume", "one")[0] == 0


def test_a_journal_that_another_process_holds_is_waited_for_and_then_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is begun that could not be recorded; what only reads goes on."""
    monkeypatch.setattr(stores, "open_journal", partial(open_journal, busy_timeout=0.1))
    desk.write("x.toml", GOOD)
    assert desk.type("workflow", "run", "x.toml", "--workflow-id", "one")[0] == 0
    other = sqlite3.connect(desk.journal)
    other.execute("BEGIN EXCLUSIVE")
    desk.refuses(
        *("workflow", "run", "x.toml", "--workflow-id", "two"),
        error=f"journal {desk.journal} is locked by another process",
        hint="Try again when the other command has ended; a backup or an open `sqlite3` shell may hold the file, too.",
        code=1,
    )
    assert desk.type("workflow", "status", "one")[0] == 0
    other.rollback()
    other.close()
    assert desk.type("workflow", "status", "two")[0] == 2
    assert desk.type("workflow", "run", "x.toml", "--workflow-id", "two")[0] == 0


def test_a_journal_on_a_disk_without_any_room_is_told(desk: Desk) -> None:
    """Before anything is called."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    desk.write("x.toml", SERVER)
    desk.refuses(
        *("workflow", "run", "x.toml", "--set", "store.url=sqlite:////dev/full"),
        error="there is no room left for journal /dev/full; this step was not recorded, and what it was for not begun",
        hint="Free some room on that disk, then resume the run.",
        code=1,
    )
    assert desk.is_untouched


def test_a_workspace_that_may_not_be_written_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan needs no journal; a run does, and says so before it begins."""
    desk.write("x.toml", GOOD)
    for verb in ("plan", "run"):
        assert desk.type("workflow", verb, "x.toml")[0] == 0  # whatever is loaded late is loaded now
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "x.toml").write_text(GOOD)
        folder.chmod(0o555)
        monkeypatch.chdir(folder)
        with ordinary_user():
            planned = desk.type("workflow", "plan", "x.toml")
            refused = desk.type("workflow", "run", "x.toml")
        monkeypatch.chdir(desk.folder)
        folder.chmod(0o755)
    assert planned[0] == 0
    assert refused == (
        1,
        "",
        (
            f"error: journal {folder / '.provisioning' / 'journal.db'} cannot be written: Permission denied\n"
            "  hint: Give your user write permission for the file and its folder, or keep the journal elsewhere.\n"
        ),
    )


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
room = int(sys.argv.pop(1)) * 1024
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
from provisioning.cli.__main__ import main
main()
"""


def test_a_disk_that_fills_up_in_the_middle_of_a_run_loses_nothing(person: Person) -> None:
    """Again and again the journal runs out of room, a little later each time; at last there is one server of each."""
    assert person.run("workflow", "list").code == 0
    words, told, steps = ("workflow", "run", THREE_TIER, "--workflow-id", "one"), set(), []
    uncovered = {name: value for name, value in person.environ.items() if not name.startswith("COVERAGE")}
    for room in range(44, 400, 24):
        person.command = (sys.executable, "-c", LIMITED, str(room))
        person.environ = uncovered
        answer = person.run(*words)
        steps.append(answer.err)
        if answer.code == 0:
            break
        assert answer.code == 1
        told.add("\n".join(answer.err.splitlines()[-2:]))
        assert "Traceback" not in answer.err
    person.command = (sys.executable, "-m", "provisioning")
    assert person.run("workflow", "resume", "one").code == 0
    assert sorted(server["name"] for server in person.servers()) == ["db-1", "web-a", "web-b"]
    journal = person.workspace / ".provisioning" / "journal.db"
    assert told == {
        (
            f"error: the disk failed under journal {journal}: disk I/O error\n"
            "  hint: Check the disk and its free room, then resume the run."
        )
    }
    assert len(steps) > 2
    assert any("db started" in step for step in steps[:-1])
