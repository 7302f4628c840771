"""A process for each request: what it may answer, and what becomes of one that does anything else."""

import logging
import os
import signal
import time
from textwrap import dedent

import pytest

from provisioning.bridge import call, decoding
from provisioning.contract import Cancellation, OperationContext, ServerSpec
from provisioning.errors import Ambiguous, OperationTimedOut, RunInterrupted, ServiceInternalError
from tests.bridge.workshop import Workshop, is_gone, is_running, when

FIND = "find_server"
ANSWER = "say(answer(request))\n"


def complaint(workshop: Workshop, code: str, **more: object) -> str:
    """Return what is said of a program that is asked for a server, after its name."""
    provider = workshop.provider(code, **more)  # type: ignore[arg-type]
    with pytest.raises(ServiceInternalError) as caught:
        provider.find_server("token", OperationContext())
    head = f"program `{' '.join(provider._client._program.command)}` (extension box) "
    assert caught.value.message.startswith(head)
    return caught.value.message.removeprefix(head)


def write(data: bytes) -> str:
    return f"os.write(1, {data!r})\n"


GOOD = b'{"status": "success", "result": {"operation": "find_server"}}\n'
ASKED = "asked for find_server; exit status 0"

BAD = {
    "words": (b"hello\n", "wrote a line that is not JSON: Expecting value (column 1): 'hello'"),
    "nothing": (b"", "ended without an answer"),
    "two on a line": (GOOD.strip() + GOOD, "wrote a line that holds more than one JSON document (column 62): {}"),
    "two documents": (GOOD + GOOD, f"wrote more after its answer: {GOOD.decode().strip()!r}"),
    "output after it": (GOOD + b"done\n", "wrote more after its answer: 'done'"),
    "output before it": (
        b"connecting\n" + GOOD,
        "wrote a line that is not JSON: Expecting value (column 1): 'connecting'",
    ),
    "byte-order mark": (b"\xef\xbb\xbf{}\n", "wrote a line that begins with a byte-order mark: {}"),
    "not UTF-8": (b'{"a": "\xff"}\n', "wrote a line that is not UTF-8: byte 0xff at position 7: {}"),
    "NaN": (b'{"a": NaN}\n', "wrote a line that holds NaN, which is not JSON: {}"),
    "infinite": (b'{"a": 1e999}\n', "wrote a line that holds a number that is too large: {}"),
    "half a pair": (b'{"a": "\\ud800"}\n', "wrote a line that holds half of a surrogate pair: {}"),
    "a key twice": (b'{"a": 1, "a": 2}\n', "wrote a line that holds an object with the same key twice: {}"),
    "a list": (b"[]\n", "wrote a line that is JSON, and not an object: {}"),
    "cut off": (GOOD[:20], "wrote a line that is not JSON: Expecting ',' delimiter (column 21): {}"),
    "an unknown key": (
        b'{"status": "success", "results": {}}\n',
        "wrote a line that is not a result envelope: results: Extra inputs are not permitted: {}",
    ),
    "no result": (b'{"status": "success"}\n', "wrote a line that is a success without a result: {}"),
    "a success with an error": (
        GOOD.replace(b"}}", b'}, "error": {"code": "a", "message": "b"}}'),
        "wrote a line that is a success with an error in it: {}",
    ),
    "no error": (b'{"status": "error"}\n', "wrote a line that is an error that does not say which: {}"),
    "another operation": (GOOD.replace(b"find", b"get"), "answered for 'get_server'"),
    "another request": (
        GOOD.replace(b"{", b'{"id": "r7", ', 1),
        "answered to 'r7', which nobody asked: {}",
    ),
    "another protocol": (
        GOOD.replace(b"{", b'{"protocol": 2, ', 1),
        "wrote a line that is not a result envelope: protocol: Input should be 1: {}",
    ),
    "no server": (
        GOOD.replace(b'server"', b'server", "resources": [{"id": "a"}]'),
        "gave an answer that holds no Server: name: Field required; state: Field required",
    ),
    "a misspelt key": (
        GOOD.replace(b'server"', b'server", "resources": [{"id": "a", "name": "a", "state": "running", "ip": "::1"}]'),
        "gave an answer that holds a Server with the unknown key 'ip'; what else there is to tell stands in `raw`",
    ),
    "two servers": (
        GOOD.replace(b'server"', b'server", "resources": [{}, {}]'),
        "gave an answer that has 2 resources, where one server is expected",
    ),
}
"""What a program may write instead of an answer, and what is said of it; {} is the line, cut where it is long."""


@pytest.mark.parametrize(("output", "expected"), BAD.values(), ids=BAD)
def test_what_is_no_answer_is_said_to_be_none(workshop: Workshop, output: bytes, expected: str) -> None:
    """The message names the program, what it did, what it was asked, how it ended."""
    line = repr(output.decode(errors="replace").strip())
    assert complaint(workshop, write(output)) == f"{expected.replace('{}', line)}, {ASKED}"


def test_a_number_of_many_digits_is_refused(workshop: Workshop) -> None:
    """The interpreter would take seconds for it, or refuse it in its own way."""
    said = complaint(workshop, """print('{"a": ' + "9" * 5000 + "}")""")
    assert said.startswith("wrote a line that holds a number of too many digits: ")


def test_a_deep_document_is_refused(workshop: Workshop) -> None:
    """No recursion of ours ends in a traceback."""
    said = complaint(workshop, "print('[' * 100_000)")
    assert said.startswith("wrote a line that is nested too deeply: ")


def test_a_success_with_a_bad_exit_status_is_none(workshop: Workshop) -> None:
    """Something went wrong after the answer, or before it; nobody knows what."""
    said = complaint(workshop, ANSWER + "sys.stderr.write('disk full\\n'); sys.exit(1)")
    assert said == (
        "answered with a success and did not end with 0, asked for find_server; exit status 1;"
        " its last lines on stderr: disk full"
    )


def test_an_error_may_end_with_a_bad_exit_status(workshop: Workshop) -> None:
    """A script that fails ends so; what it said counts."""
    provider = workshop.provider("say(failure(request, 'ServiceInternalError', 'no')); sys.exit(1)")
    with pytest.raises(ServiceInternalError, match=r"^no$"):
        provider.find_server("token", OperationContext())


def test_a_crash_names_the_exit_status_and_the_last_words(workshop: Workshop) -> None:
    """Of many lines, the last five."""
    said = complaint(workshop, "for n in range(9): print(n, file=sys.stderr)\nsys.exit(3)")
    assert said == (
        "ended without an answer, asked for find_server; exit status 3; its last lines on stderr: 4 | 5 | 6 | 7 | 8"
    )


def test_a_program_that_is_killed_is_said_to_be(workshop: Workshop) -> None:
    """By the signal."""
    said = complaint(workshop, "os.kill(os.getpid(), signal.SIGKILL)")
    assert said == "ended without an answer, asked for find_server; it was killed by signal 9"


def test_an_answer_may_span_lines_when_it_stands_alone(workshop: Workshop) -> None:
    """So does the JSON that most tools print, where nobody tells them otherwise."""
    provider = workshop.provider("print(json.dumps(answer(request, server('a')), indent=2))")
    found = provider.find_server("token", OperationContext())
    assert found is not None
    assert found.name == "a"


def test_a_stream_does_not_span_lines(workshop: Workshop) -> None:
    """A resource is one line."""
    said = complaint(workshop, "print(json.dumps({'resource': {}}, indent=2))")
    assert said.startswith("wrote a resource of a stream on several lines; each must stand on a line of its own, ")


def test_a_line_without_an_end_is_one_all_the_same(workshop: Workshop) -> None:
    """`print` without a newline is no mistake."""
    provider = workshop.provider("print(json.dumps(answer(request)), end='')")
    assert provider.find_server("token", OperationContext()) is None


def test_a_line_that_never_ends_is_not_read_into_memory(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gigabyte is refused after the limit, and the program that writes it is ended."""
    code = """
        block = b"x" * 65536
        try:
            for _ in range(16384):
                os.write(1, block)
        finally:
            open("written", "w").write("all")
    """
    said = complaint(workshop, "signal.signal(signal.SIGPIPE, signal.SIG_DFL)\n" + dedent(code))
    assert said.startswith(f"wrote a line of more than {decoding.LINE_LIMIT} bytes, asked for find_server; ")
    assert not (workshop.folder / "written").exists()


def test_an_answer_of_many_lines_has_a_limit_too(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is gathered is bounded."""
    monkeypatch.setattr(call, "LINE_LIMIT", 1000)
    said = complaint(workshop, "print('{')\nfor _ in range(1000): print('  ')")
    assert said.startswith("wrote an answer of more than 1000 bytes, ")


def test_all_output_together_has_a_limit(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty lines are no way around it."""
    monkeypatch.setattr(decoding.Lines.__init__, "__defaults__", (1000, 5000))
    said = complaint(workshop, "for _ in range(1000): print(' ' * 10)")
    assert said.startswith("wrote more than 5000 bytes, ")


def test_a_program_that_hangs_is_killed_with_all_it_started(workshop: Workshop) -> None:
    """Asked politely first, and then not: even one that does not hear SIGTERM leaves nothing behind."""
    code = """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "600"])
        open("pids", "w").write(f"{os.getpid()} {child.pid}")
        time.sleep(600)
    """
    said = complaint(workshop, dedent(code), timeout=1.5)
    assert said == "did not answer within 1.5 seconds, asked for find_server; it had not ended"
    for pid in (workshop.folder / "pids").read_text().split():
        assert is_gone(int(pid))


def test_a_program_that_does_not_end_after_its_answer_is_killed(workshop: Workshop) -> None:
    """Its answer is not taken: what it still does is not known."""
    said = complaint(workshop, ANSWER + "time.sleep(600)", timeout=1.0)
    assert said == "did not end after its answer within 1 seconds, asked for find_server; it had not ended"


def test_a_process_that_is_left_behind_with_the_output_is_found_out(workshop: Workshop) -> None:
    """It holds nobody up for ever, and the author is told what to mend; it is ended."""
    code = ANSWER + "child = subprocess.Popen(['sleep', '600'])\nopen('pids', 'w').write(str(child.pid))"
    said = complaint(workshop, code)
    assert said == (
        "ended and left a process behind that keeps its standard output open, asked for find_server; exit status 0"
    )
    assert is_gone(int((workshop.folder / "pids").read_text()))


def test_a_process_that_is_left_behind_without_the_output_lives_on(workshop: Workshop) -> None:
    """A provider may start what is meant to stay; only standard error may be shared with it."""
    code = """
        child = subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL)
        open("pids", "w").write(str(child.pid))
    """
    assert workshop.provider(dedent(code) + ANSWER).find_server("token", OperationContext()) is None
    pid = int((workshop.folder / "pids").read_text())
    assert is_running(pid)
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_the_wish_to_stop_ends_the_program(workshop: Workshop, is_cancelled: bool) -> None:
    """A cancelled operation, or one whose time is up, raises what every operation does."""
    provider = workshop.provider("open('pids', 'w').write(str(os.getpid()))\ntime.sleep(600)")
    cancellation = Cancellation()
    deadline = None
    if is_cancelled:
        when((workshop.folder / "pids").exists, cancellation.cancel)
    else:
        deadline = time.monotonic() + 1.0
    context = OperationContext(operation_id="a", cancellation=cancellation, deadline=deadline)
    with pytest.raises(RunInterrupted if is_cancelled else OperationTimedOut):
        provider.find_server("token", context)
    if (workshop.folder / "pids").exists():
        assert is_gone(int((workshop.folder / "pids").read_text()))


def test_what_may_have_changed_something_is_in_doubt(workshop: Workshop) -> None:
    """A server may have been created all the same; the engine asks for it."""
    provider = workshop.provider("sys.exit(1)")
    context, message = OperationContext(), "asked for {}; exit status 1"
    with pytest.raises(Ambiguous, match=message.format("create_server")):
        provider.create_server(ServerSpec("a"), "token", {}, context)
    with pytest.raises(Ambiguous, match=message.format("delete_server")):
        provider.delete_server("a", context)
    with pytest.raises(Ambiguous, match=message.format("start_server")):
        provider.start_server("a", context)  # type: ignore[attr-defined]


def test_a_program_that_cannot_be_started_is_an_error(workshop: Workshop) -> None:
    """It was there when the extension was found, and is gone."""
    provider = workshop.provider(ANSWER)
    (workshop.folder / "program.py").unlink()
    workshop.folder.rmdir()
    with pytest.raises(ServiceInternalError, match="could not be started: No such file or directory"):
        provider.find_server("token", OperationContext())


def test_a_large_request_arrives_whole(workshop: Workshop) -> None:
    """No pipe can fill up, and a program that answers before it has read is no deadlock."""
    size = "len(request['parameters']['client_token'])"
    code = f"print(' ' * 200_000)\nsay(answer(request, server('a', raw={{'size': {size}}})))"
    found = workshop.provider(code).find_server("x" * 5_000_000, OperationContext())
    assert found is not None
    assert found.raw == {"size": 5_000_000}


def test_lines_on_stderr_are_logged_with_their_level(workshop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    """To the logger of the call; a line that names no level is for information."""
    code = """
        for line in ("started", "warning: slow", "ERROR: no", "debug:x", "", "information: none"):
            print(line, file=sys.stderr)
        os.write(2, b"tab\\there \\x1b[31m \\xff")
    """
    logger = logging.getLogger("tests.bridge")
    with caplog.at_level(logging.DEBUG, "tests.bridge"):
        workshop.provider(dedent(code) + ANSWER).find_server("token", OperationContext(logger=logger))
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("INFO", "started"),
        ("WARNING", "slow"),
        ("ERROR", "no"),
        ("DEBUG", "x"),
        ("INFO", "information: none"),
        ("INFO", "tab\there ?[31m �"),
    ]


def test_a_flood_of_log_lines_is_bounded(workshop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    """It holds the program up no longer than reading takes, and fills no log."""
    code = "for _ in range(20_000): print('x', file=sys.stderr)\nsys.stderr.write('y' * 1_000_000)\n" + ANSWER
    with caplog.at_level(logging.INFO, "tests.bridge"):
        context = OperationContext(logger=logging.getLogger("tests.bridge"))
        workshop.provider(code).find_server("token", context)
    assert len(caplog.records) == 10_000
    assert caplog.records[-1].message == "it has logged 10000 lines; further ones are not shown"


def test_a_list_is_consumed_as_it_is_written(workshop: Workshop) -> None:
    """The program writes no faster than its list is read, and ends when nobody wants the rest."""
    code = """
        open("pids", "w").write(str(os.getpid()))
        for number in range(100_000):
            say({"resource": server(str(number), raw={"text": "x" * 1000})})
            if number == 50_000:
                open("far", "w").close()
        say(answer(request))
    """
    servers = iter(workshop.provider(dedent(code)).list_servers(None, OperationContext()))
    assert [next(servers).id for _ in range(3)] == ["0", "1", "2"]
    assert not (workshop.folder / "far").exists()
    pid = int((workshop.folder / "pids").read_text())
    assert is_running(pid)
    servers.close()  # type: ignore[attr-defined]
    assert is_gone(pid)
    assert not (workshop.folder / "far").exists()


def test_a_list_may_stand_in_the_answer_too(workshop: Workshop) -> None:
    """A short one needs no stream, and one may have both."""
    code = "say({'resource': server('a')})\nsay(answer(request, server('b'), server('c')))"
    found = workshop.provider(code).list_servers(None, OperationContext())
    assert [one.id for one in found] == ["a", "b", "c"]


def test_a_list_that_is_cut_off_is_an_error(workshop: Workshop) -> None:
    """What came was not all of it."""
    provider = workshop.provider("say({'resource': server('a')})")
    servers = iter(provider.list_servers(None, OperationContext()))
    assert next(servers).id == "a"
    with pytest.raises(ServiceInternalError, match="ended without an answer"):
        next(servers)
