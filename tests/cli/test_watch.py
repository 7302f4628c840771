"""The first signal stops a run in good order, the second one at once."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from provisioning.cli.watch import InterruptWatch

SAID = "{}: nothing more is started, what is in flight is being recorded; once more exits at once"


class Interrupted:
    """A run that only remembers that it was stopped."""

    def __init__(self) -> None:
        self.happened = threading.Event()

    is_driven_here = True

    def interrupt(self) -> None:
        """Remember it."""
        self.happened.set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_stops_the_run(number: signal.Signals) -> None:
    """The run is asked to stop, people are told, and the main thread goes on undisturbed."""
    said: list[str] = []
    run = Interrupted()
    with InterruptWatch(said.append) as watch:
        watch.attach(run)
        os.kill(os.getpid(), number)
        assert run.happened.wait(10)
    assert [SAID.format(number.name)] == said


def test_a_signal_before_the_run_begins_is_not_lost() -> None:
    """What comes while the run is being started stops it as soon as it is there."""
    told = threading.Event()
    run = Interrupted()
    with InterruptWatch(lambda _: told.set()) as watch:
        os.kill(os.getpid(), signal.SIGINT)
        assert told.wait(10)
        watch.attach(run)
        assert run.happened.wait(10)


def test_afterwards_signals_mean_what_they_meant() -> None:
    """The watch leaves no handler and no descriptor behind."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with InterruptWatch(lambda _: None):
        pass
    assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert signal.set_wakeup_fd(-1) == -1


def test_a_stderr_that_is_gone_does_not_keep_the_run_from_stopping() -> None:
    """The word to people may fail, the stop may not."""

    def fail(_: str) -> None:
        raise BrokenPipeError

    run = Interrupted()
    with InterruptWatch(fail) as watch:
        watch.attach(run)
        os.kill(os.getpid(), signal.SIGINT)
        assert run.happened.wait(10)


STUBBORN = """
import os, signal, threading
from provisioning.cli.watch import InterruptWatch

class Stubborn:
    is_driven_here = True
    def interrupt(self):
        os.kill(os.getpid(), signal.SIGTERM)

with InterruptWatch(lambda text: None) as watch:
    watch.attach(Stubborn())
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait(30)
"""


def test_the_second_signal_ends_the_process_at_once() -> None:
    """Whoever signals twice does not want to wait for what is in flight."""
    done = subprocess.run([sys.executable, "-c", STUBBORN], timeout=30, check=False)
    assert done.returncode == 130


def test_a_run_that_is_driven_elsewhere_is_left_alone() -> None:
    """A signal ends the following and nothing else, and says how the run itself is stopped."""
    script = """
import os, signal, threading
from provisioning.cli.watch import InterruptWatch

class Elsewhere:
    is_driven_here = False
    def interrupt(self):
        raise SystemExit("must not be asked")

with InterruptWatch(print) as watch:
    watch.attach(Elsewhere())
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait(30)
"""
    answer = subprocess.run([sys.executable, "-uc", script], capture_output=True, text=True, timeout=30, check=False)
    assert answer.returncode == 130
    assert answer.stdout == "SIGINT: the run goes on elsewhere; `provisioning workflow cancel` stops it\n"
