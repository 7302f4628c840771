"""What a program sees of this machine, and what it does not."""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from textwrap import dedent

import pytest

from provisioning.bridge import Program, find_program, make_provider, sandbox_problem
from provisioning.contract import OperationContext
from provisioning.errors import ServiceInternalError
from tests.bridge.workshop import Workshop, described, is_gone

SEE = dedent("""
    seen = {"argv": sys.argv, "cwd": os.getcwd(), "environ": dict(os.environ)}
    say(answer(request, server("a", raw=seen)))
""")
HAS_SANDBOX = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


def seen(workshop: Workshop, code: str = SEE, **more: object) -> dict[str, object]:
    provider = workshop.provider(code, config={"password": "hunter22"}, **more)  # type: ignore[arg-type]
    server = provider.find_server("token", OperationContext())
    assert server is not None
    return dict(server.raw)


def test_the_environment_is_an_allow_list(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """No secret of another provider is in it; what the manifest names is, where it is set."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("HCLOUD_TOKEN", "theirs")
    monkeypatch.setenv("LC_TIME", "C.UTF-8")
    monkeypatch.setenv("TZ", "UTC")
    environ = seen(workshop, environment=("HCLOUD_TOKEN", "NOT_SET"))["environ"]
    assert isinstance(environ, dict)
    assert environ["HCLOUD_TOKEN"] == "theirs"
    assert environ["PATH"] == os.environ["PATH"]
    allowed = {"PATH", "HOME", "LANG", "TMPDIR", "TZ", "HCLOUD_TOKEN"}
    strange = {name for name in environ if name not in allowed and not name.startswith("LC_")}
    assert strange == set()


def test_secrets_are_in_no_argument(workshop: Workshop) -> None:
    """Everybody on the machine sees those; the configuration travels in the request."""
    assert seen(workshop)["argv"] == ["program.py"]


def test_it_works_in_its_own_folder(workshop: Workshop) -> None:
    """Whatever the current one is."""
    assert seen(workshop)["cwd"] == str(workshop.folder.resolve())


def test_arguments_are_words_and_no_shell_reads_them(workshop: Workshop) -> None:
    """What would be a command to a shell is text."""
    words = (sys.executable, "program.py", "$(touch hacked)", "; touch hacked", "*", "a b", "")
    program = Program("box", words, workshop.folder)
    workshop.program(SEE)
    server = make_provider(program, described(), [], "one", {}).find_server("token", OperationContext())
    assert server is not None
    assert server.raw["argv"] == list(words[1:])
    assert not (workshop.folder / "hacked").exists()


def test_it_has_a_directory_for_its_state(workshop: Workshop, state: Path) -> None:
    """Made when it is first run, for its owner alone."""
    code = "say(answer(request, server('a', raw={'there': os.path.isdir(request['context']['state_directory'])})))"
    assert seen(workshop, code)["there"] is True
    assert state.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sh", shutil.which("sh")),
        ("no-such-program", None),
        ("bin/run", "{}/bin/run"),
        ("./bin/run", "{}/bin/run"),
        ("bin/text", None),
        ("bin", None),
        ("bin/", None),
        ("../outside", None),
        ("bin/link", None),
        (sys.executable, sys.executable),
    ],
)
def test_a_program_is_looked_for_without_being_run(tmp_path: Path, name: str, expected: str | None) -> None:
    """In PATH, or in the extension's folder, out of which nothing leads; it must be executable."""
    folder = tmp_path / "box"
    (folder / "bin").mkdir(parents=True)
    for path, mode in ((folder / "bin/run", 0o755), (folder / "bin/text", 0o644), (tmp_path / "outside", 0o755)):
        path.write_text("#!/bin/sh\ntouch ran\n")
        path.chmod(mode)
    (folder / "bin/link").symlink_to(tmp_path / "outside")
    assert find_program(name, folder) == (None if expected is None else expected.format(folder))
    assert not list(tmp_path.rglob("ran"))


def test_a_program_of_the_extension_is_run_by_its_place(workshop: Workshop) -> None:
    """It needs no interpreter of ours."""
    workshop.program("")
    script = workshop.folder / "bin" / "run"
    script.parent.mkdir()
    script.write_text('#!/bin/sh\necho \'{"status": "success", "result": {"operation": "find_server"}}\'\n')
    script.chmod(0o755)
    provider = make_provider(Program("box", ("bin/run",), workshop.folder), described(), [], "one", {})
    assert provider.find_server("token", OperationContext()) is None


PRY = dedent("""
    import socket
    def tried(act):
        try:
            act()
        except OSError as error:
            return type(error).__name__
        return "done"
    state = request["context"]["state_directory"]
    server_ = socket.socket()
    seen = {
        "own state": tried(lambda: open(state + "/kept", "w").close()),
        "own folder": tried(lambda: open("written", "w").close()),
        "elsewhere": tried(lambda: open(request["parameters"]["client_token"], "w").close()),
        "temporary": tried(lambda: __import__("tempfile").TemporaryFile()),
        "reads": tried(lambda: open("/etc/passwd").close()),
        "processes": len([one for one in os.listdir("/proc") if one.isdigit()]) < 10,
        "interfaces": sorted(name for _, name in socket.if_nameindex()),
    }
    say(answer(request, server("a", raw=seen)))
""")


@HAS_SANDBOX
def test_a_sandbox_lets_it_write_its_state_and_nothing_else(workshop: Workshop, state: Path, tmp_path: Path) -> None:
    """It has no network either, and sees no other process."""
    provider = workshop.provider(PRY, is_sandboxed=True)
    server = provider.find_server(str(tmp_path / "elsewhere"), OperationContext())
    assert server is not None
    assert server.raw == {
        "own state": "done",
        "own folder": "OSError",
        "elsewhere": "OSError",
        "temporary": "done",
        "reads": "done",
        "processes": True,
        "interfaces": ["lo"],
    }
    assert (state / "kept").exists()


@HAS_SANDBOX
def test_a_sandbox_has_the_network_where_the_manifest_asks_for_it(workshop: Workshop) -> None:
    """The machine's own."""
    import socket

    provider = workshop.provider(PRY, is_sandboxed=True, has_network=True)
    server = provider.find_server("/nowhere", OperationContext())
    assert server is not None
    assert server.raw["interfaces"] == sorted(name for _, name in socket.if_nameindex())


@HAS_SANDBOX
def test_nothing_of_a_sandbox_outlives_its_time(workshop: Workshop) -> None:
    """Killed with all that it started."""
    code = "subprocess.Popen(['sleep', '31415'])\ntime.sleep(600)"
    provider = workshop.provider(code, is_sandboxed=True, timeout=1.0)
    with pytest.raises(ServiceInternalError, match="did not answer within 1 seconds"):
        provider.find_server("token", OperationContext())
    assert all(is_gone(pid) for pid in running(b"sleep\x0031415\x00"))


def running(line: bytes) -> list[int]:
    """Return the processes with this command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it may end while one reads
            if path.read_bytes() == line:
                found.append(int(path.parent.name))
    return found


def test_a_missing_sandbox_is_said_before_anything_is_run() -> None:
    """It is refused, and never run without one."""
    assert sandbox_problem({"PATH": "/nowhere"}) == "it asks for a sandbox, and there is no bwrap (bubblewrap) here"
