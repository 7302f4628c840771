"""A program that is kept open: asked by many at once, started again when it dies, ended when it is idle."""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from provisioning.bridge import Mode, ProgramProvider, session
from provisioning.bridge.kept_open import KeptOpen
from provisioning.contract import Cancellation, OperationContext, ServerSpec
from provisioning.errors import Ambiguous, NotFound, OperationTimedOut, RunInterrupted, ServiceInternalError
from provisioning.retry import RetryPolicy
from tests.bridge.workshop import PATIENCE, Workshop, is_gone, is_running, when

CONTEXT = OperationContext()
LOG_PID = "open('pids', 'a').write(f'{os.getpid()}\\n')\n"
ECHO = LOG_PID + dedent("""
    for request in requests():
        say(answer(request, server(request["parameters"]["client_token"])))
    open("said farewell", "w").close()
""")


@contextmanager
def kept_open(workshop: Workshop, code: str, **more: Any) -> Iterator[ProgramProvider]:
    """Return a provider that is a program kept open, ended afterwards; it is started again without any delay."""
    provider = workshop.provider(code, Mode.SERVE, **more)
    runner: KeptOpen = provider._client._runner  # type: ignore[assignment]
    runner._back_off = RetryPolicy(attempts=2**31, initial_delay=0.0)
    try:
        yield provider
    finally:
        provider.close()


def found(provider: ProgramProvider, token: str, context: OperationContext = CONTEXT) -> str | None:
    server = provider.find_server(token, context)
    return None if server is None else server.id


def pids(workshop: Workshop) -> list[int]:
    return [int(line) for line in (workshop.folder / "pids").read_text().split()]


def test_all_requests_go_to_one_process(workshop: Workshop) -> None:
    """It is started by the first, and ended by the end of its input."""
    with kept_open(workshop, ECHO) as provider:
        assert not (workshop.folder / "pids").exists()
        assert [found(provider, str(number)) for number in range(50)] == [str(number) for number in range(50)]
        assert len(pids(workshop)) == 1
        assert is_running(pids(workshop)[0])
    assert is_gone(pids(workshop)[0])
    assert (workshop.folder / "said farewell").exists()


def test_it_is_started_again_after_it_was_closed(workshop: Workshop) -> None:
    """Nothing is lost by closing early."""
    with kept_open(workshop, ECHO) as provider:
        found(provider, "a")
        provider.close()
        provider.close()
        assert found(provider, "b") == "b"
        assert len(pids(workshop)) == 2


def test_answers_come_in_any_order(workshop: Workshop) -> None:
    """Each thread gets its own, however they are mixed."""
    code = """
        waiting = []
        for request in requests():
            waiting.append(request)
            if len(waiting) == 8:
                for one in reversed(waiting):
                    say(answer(one, server(one["parameters"]["client_token"])))
                waiting = []
    """
    tokens = [str(number) for number in range(80)]
    with kept_open(workshop, dedent(code)) as provider, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda token: found(provider, token), tokens)) == tokens


def test_many_threads_share_it(workshop: Workshop) -> None:
    """A thousand requests of sixteen threads, each with its own answer."""
    tokens = [f"token-{number}" for number in range(1000)]
    with kept_open(workshop, ECHO) as provider, ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda token: found(provider, token), tokens)) == tokens
        assert len(pids(workshop)) == 1


def test_a_large_request_and_a_large_answer_pass(workshop: Workshop) -> None:
    """More than any pipe holds, both ways, at once."""
    code = """
        for request in requests():
            say(answer(request, server("a", raw={"text": request["parameters"]["client_token"]})))
    """
    texts = [str(number) * 300_000 for number in range(6)]
    with kept_open(workshop, dedent(code)) as provider, ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda text: provider.find_server(text, CONTEXT), texts))
    assert [answer.raw["text"] for answer in answers if answer is not None] == texts


def test_an_error_is_an_answer(workshop: Workshop) -> None:
    """The process goes on."""
    code = LOG_PID + "for request in requests(): say(failure(request, 'NotFound', 'no such server'))"
    with kept_open(workshop, code) as provider:
        for _ in range(3):
            with pytest.raises(NotFound, match=r"^no such server$"):
                provider.get_server("a", CONTEXT)
        assert len(pids(workshop)) == 1


def test_a_death_leaves_what_was_asked_in_doubt_and_the_next_request_starts_it_again(workshop: Workshop) -> None:
    """Every request that was under way hears of it, with the exit status and the last words."""
    code = LOG_PID + dedent("""
        for request in requests():
            if request["operation"] == "create_server":
                print("out of memory", file=sys.stderr, flush=True)
                sys.exit(7)
            say(answer(request))
    """)
    with kept_open(workshop, code) as provider:
        for _ in range(3):
            with pytest.raises(Ambiguous) as caught:
                provider.create_server(ServerSpec("a"), "token", {}, CONTEXT)
            assert caught.value.message.endswith(
                "ended before it answered, asked for create_server; exit status 7;"
                " its last lines on stderr: out of memory"
            )
            assert provider.find_server("token", CONTEXT) is None
        assert len(pids(workshop)) == 4


def test_a_kill_is_survived(workshop: Workshop) -> None:
    """Whoever waits is told at once; the next one gets an answer."""
    code = LOG_PID + dedent("""
        for request in requests():
            if request["parameters"]["client_token"] == "hang":
                open("hangs", "w").close()
                time.sleep(600)
            say(answer(request))
    """)
    with kept_open(workshop, code) as provider:
        when((workshop.folder / "hangs").exists, lambda: os.kill(pids(workshop)[0], signal.SIGKILL))
        with pytest.raises(ServiceInternalError, match=r"ended before it answered, .*it was killed by signal 9"):
            provider.find_server("hang", CONTEXT)
        assert provider.find_server("token", CONTEXT) is None


def test_one_that_died_between_two_requests_is_started_again(workshop: Workshop) -> None:
    """Nobody was asked anything, so nobody is in doubt."""
    code = LOG_PID + "request = next(requests())\nsay(answer(request))"
    with kept_open(workshop, code) as provider:
        for _ in range(3):
            assert provider.find_server("token", CONTEXT) is None
            assert is_gone(pids(workshop)[-1])
        assert len(pids(workshop)) == 3


def test_one_that_dies_again_and_again_is_started_ever_more_slowly(workshop: Workshop) -> None:
    """The delay doubles; an answer begins it anew. Waiting heeds the wish to stop and the operation's time."""
    code = LOG_PID + dedent("""
        if os.path.exists("well"):
            say(answer(next(requests())))
    """)
    now, waited = [0.0], list[float]()

    class Clocked(Cancellation):
        def wait(self, seconds: float) -> bool:
            waited.append(seconds)
            now[0] += seconds
            return False

    provider = workshop.provider(code, Mode.SERVE)
    provider._client._runner = KeptOpen(
        workshop.program(code, Mode.SERVE),
        back_off=RetryPolicy(attempts=2**31, initial_delay=1.0, max_delay=4.0, jitter=0.0),
        clock=lambda: now[0],
    )
    context = OperationContext(cancellation=Clocked())
    delays = []
    for _ in range(5):
        waited.clear()
        with pytest.raises(ServiceInternalError):
            provider.find_server("token", context)
        delays.append(round(sum(waited), 6))
    assert delays == [0.0, 1.0, 2.0, 4.0, 4.0]
    (workshop.folder / "well").touch()
    for _ in range(2):
        waited.clear()
        assert provider.find_server("token", context) is None
        is_gone(pids(workshop)[-1])
        delays.append(round(sum(waited), 6))
    assert delays[-2:] == [4.0, 1.0]
    cancelled = OperationContext(cancellation=Cancellation())
    cancelled.cancellation.cancel()
    with pytest.raises(RunInterrupted):
        provider.find_server("token", cancelled)
    provider.close()


def test_one_that_hangs_is_left_alone_and_another_one_started(workshop: Workshop) -> None:
    """It gets no new requests, and is killed as soon as nobody else waits for it."""
    code = LOG_PID + dedent("""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for request in requests():
            if request["parameters"]["client_token"] == "hang":
                time.sleep(600)
            say(answer(request))
    """)
    with kept_open(workshop, code, timeout=1.0) as provider:
        with pytest.raises(ServiceInternalError, match=r"did not answer within 1 seconds, .*it had not ended"):
            provider.find_server("hang", CONTEXT)
        assert provider.find_server("token", CONTEXT) is None
        first, second = pids(workshop)
        assert is_gone(first)
        assert is_running(second)


def test_giving_one_request_up_does_not_spoil_the_others(workshop: Workshop) -> None:
    """What somebody else is waiting for is still answered by the process that was given up."""
    code = LOG_PID + dedent("""
        first = None
        for request in requests():
            if request["parameters"]["client_token"] == "slow":
                first = request
                open("slow", "w").close()
            elif request["parameters"]["client_token"] == "late":
                while not os.path.exists("given up"):
                    time.sleep(0.01)
                say(answer(first))
                say(answer(request, server("late")))
            else:
                say(answer(request, server("other")))
    """)
    with kept_open(workshop, code) as provider, ThreadPoolExecutor(2) as pool:
        cancellation = Cancellation()
        slow = pool.submit(provider.find_server, "slow", OperationContext(cancellation=cancellation))
        _until((workshop.folder / "slow").exists)
        late = pool.submit(provider.find_server, "late", CONTEXT)
        cancellation.cancel()
        with pytest.raises(RunInterrupted):
            slow.result()
        assert found(provider, "x") == "other"
        (workshop.folder / "given up").touch()
        server = late.result()
        assert server is not None
        assert server.id == "late"
        first, second = pids(workshop)
        assert is_gone(first)
        assert is_running(second)


def _until(is_so: Any) -> None:
    last = time.monotonic() + PATIENCE
    while not is_so() and time.monotonic() < last:
        time.sleep(0.01)
    assert is_so()


def test_the_time_of_the_operation_counts(workshop: Workshop) -> None:
    """It is up long before the program's own."""
    with kept_open(workshop, "time.sleep(600)") as provider, pytest.raises(OperationTimedOut):
        provider.find_server("token", OperationContext(deadline=time.monotonic() + 0.5))


def test_one_that_does_not_read_holds_nobody_up(workshop: Workshop) -> None:
    """Its pipe is full, and half a request is in it: it cannot go on."""
    with kept_open(workshop, LOG_PID + "time.sleep(600)", timeout=1.0) as provider:
        with pytest.raises(ServiceInternalError, match="did not read its requests within 1 seconds, "):
            provider.find_server("x" * 1_000_000, CONTEXT)
        assert is_gone(pids(workshop)[0])


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("print('hello', flush=True)", "wrote a line that is not JSON: Expecting value (column 1): 'hello'"),
        ("say({**answer(request), 'id': 'r77'})", "answered to 'r77', which nobody asked: "),
        (
            "document = answer(request)\n    del document['id']\n    say(document)",
            "answered without the id of a request: ",
        ),
        ("os.write(1, b'x' * 9_000_000)", "wrote a line of more than 8388608 bytes"),
        ("os.write(1, b'\\xff\\n')", "wrote a line that is not UTF-8: byte 0xff at position 0: "),
    ],
)
def test_one_that_answers_wrongly_is_ended(workshop: Workshop, output: str, expected: str) -> None:
    """What it writes cannot be trusted any more: all that it was asked is in doubt, and it is started anew."""
    code = f"{LOG_PID}for request in requests():\n    {output}\n"
    with kept_open(workshop, code) as provider:
        with pytest.raises(Ambiguous) as caught:
            provider.delete_server("a", CONTEXT)
        assert f"(extension box) {expected}" in caught.value.message
        assert is_gone(pids(workshop)[0])


def test_an_answer_for_another_operation_is_none(workshop: Workshop) -> None:
    """Its id alone does not make it the answer."""
    code = "for request in requests(): say(answer({**request, 'operation': 'find_server'}))"
    with kept_open(workshop, code) as provider, pytest.raises(Ambiguous, match="answered for 'find_server', asked for"):
        provider.delete_server("a", CONTEXT)


def test_output_after_the_answer_ends_it_before_the_next_request(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer was good; what came after it is told in the log, and the next request is asked of a fresh process."""
    code = LOG_PID + dedent("""
        for request in requests():
            say(answer(request))
            say(answer(request))
            open("said it twice", "w").close()
    """)
    with kept_open(workshop, code) as provider:
        assert provider.find_server("token", CONTEXT) is None
        _until((workshop.folder / "said it twice").exists)
        assert provider.find_server("token", CONTEXT) is None
        assert len(pids(workshop)) == 2
    (warning,) = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.endswith("(extension box) wrote something, or ended, while nobody asked")


def test_one_that_is_idle_is_ended(workshop: Workshop) -> None:
    """It is told so by the end of its input, and started again when it is needed."""
    with kept_open(workshop, ECHO, idle=0.2) as provider:
        assert found(provider, "a") == "a"
        assert is_gone(pids(workshop)[0])
        assert (workshop.folder / "said farewell").exists()
        assert found(provider, "b") == "b"
        assert len(pids(workshop)) == 2


def test_one_that_does_not_end_is_killed(workshop: Workshop) -> None:
    """Closing waits no longer than is fair, and leaves no process behind."""
    code = LOG_PID + dedent("""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "600"])
        open("pids", "a").write(f"{child.pid}")
        for request in requests():
            say(answer(request))
        time.sleep(600)
    """)
    with kept_open(workshop, code) as provider:
        assert provider.find_server("token", CONTEXT) is None
    assert [is_gone(pid) for pid in pids(workshop)] == [True, True]


def test_closing_fails_what_is_under_way(workshop: Workshop) -> None:
    """Whoever waits is told, and nobody waits for ever."""
    code = "for request in requests(): open('asked', 'w').close(); time.sleep(600)"
    with kept_open(workshop, code) as provider, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(provider.find_server, "token", CONTEXT)
        _until((workshop.folder / "asked").exists)
        provider.close()
        with pytest.raises(ServiceInternalError, match="ended before it answered"):
            asked.result()


def test_a_stream_is_held_up_by_who_reads_it(workshop: Workshop) -> None:
    """It is written no faster than it is consumed; giving it up ends the process."""
    code = LOG_PID + dedent("""
        for request in requests():
            for number in range(100_000):
                say({"id": request["id"], "resource": server(str(number), raw={"text": "x" * 1000})})
                if number == 50_000:
                    open("far", "w").close()
            say(answer(request))
    """)
    with kept_open(workshop, code) as provider:
        servers = iter(provider.list_servers(None, CONTEXT))
        assert [next(servers).id for _ in range(3)] == ["0", "1", "2"]
        servers.close()  # type: ignore[attr-defined]
        assert is_gone(pids(workshop)[0])
        assert not (workshop.folder / "far").exists()


STREAM = """
    for request in requests():
        if request["operation"] == "list_servers":
            for number in range(2000):
                say({"id": request["id"], "resource": server(str(number), raw={"text": "x" * 100})})
            say(answer(request))
        else:
            say(answer(request, server(request["parameters"]["client_token"])))
"""


def test_whoever_reads_a_stream_may_ask_in_between(workshop: Workshop) -> None:
    """The answer stands behind the rest of the stream, which waits in memory meanwhile."""
    with kept_open(workshop, LOG_PID + dedent(STREAM)) as provider:
        listed = []
        for server in provider.list_servers(None, CONTEXT):
            listed.append(server.id)
            if len(listed) % 500 == 1:
                assert found(provider, f"asked {server.id}") == f"asked {server.id}"
        assert listed == [str(number) for number in range(2000)]
        assert len(pids(workshop)) == 1


def test_a_stream_that_floods_is_cut_off(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits in memory is bounded."""
    monkeypatch.setattr(session, "FLOOD", 1000)
    with kept_open(workshop, dedent(STREAM)) as provider:
        servers = iter(provider.list_servers(None, CONTEXT))
        next(servers)
        with pytest.raises(ServiceInternalError, match="streams faster than it is read: more than 1000 resources wait"):
            found(provider, "x")


def test_log_lines_go_to_the_call_that_is_under_way(workshop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    """Where it is the only one; else to the extension's own logger."""
    code = """
        for request in requests():
            print(f"warning: {request['parameters']['client_token']}", file=sys.stderr, flush=True)
            while not os.path.exists("heard"):
                time.sleep(0.01)
            say(answer(request))
    """
    logger = logging.getLogger("tests.bridge")
    with kept_open(workshop, dedent(code)) as provider:
        when(lambda: bool(caplog.records), (workshop.folder / "heard").touch)
        provider.find_server("slow", OperationContext(logger=logger))
    assert [(record.name, record.message) for record in caplog.records] == [("tests.bridge", "slow")]


def test_no_thread_and_no_descriptor_is_left(workshop: Workshop) -> None:
    """However often it dies, hangs or is closed."""
    code = """
        for request in requests():
            if request["parameters"]["client_token"] == "die":
                sys.exit(1)
            say(answer(request))
    """
    before = (threading.active_count(), len(list(Path("/proc/self/fd").iterdir())))
    for _ in range(3):
        with kept_open(workshop, dedent(code)) as provider:
            for token in ("a", "die", "b"):
                try:
                    provider.find_server(token, CONTEXT)
                except ServiceInternalError:
                    assert token == "die"
    assert threading.active_count() <= before[0]
    assert len(list(Path("/proc/self/fd").iterdir())) <= before[1]
