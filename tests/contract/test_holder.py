"""Holders: named so that their death is seen, and never assumed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.contract.holder import describe_holder, is_dead, this_holder
from tests.users import another_user

LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc to compare starts by")


def _with(holder: str, place: int, value: str) -> str:
    parts = holder.split("/")
    parts[place] = value
    return "/".join(parts)


def test_this_process_is_alive() -> None:
    """A process does not think itself dead."""
    assert not is_dead(this_holder())


def test_each_driver_has_its_own_name() -> None:
    """Two drivers of one process differ in the nonce, and in nothing else."""
    one, two = this_holder(lambda: "one"), this_holder(lambda: "two")

    assert one.split("/")[:4] == two.split("/")[:4]
    assert (one.split("/")[4], two.split("/")[4]) == ("one", "two")


def test_holder_is_told_in_words() -> None:
    """People see the process and the host; a name of another form is shown as it is."""
    assert describe_holder("build-1/b.1/4711/99/aa") == "process 4711 on build-1"
    assert describe_holder("somebody") == "somebody"


def test_ended_process_is_dead() -> None:
    """A process that has ended and was reaped is dead."""
    command = [sys.executable, "-c", "from provisioning.contract.holder import this_holder; print(this_holder())"]
    holder = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert is_dead(holder)


@LINUX
def test_process_that_waits_to_be_reaped_is_dead() -> None:
    """A killed process is dead also while its parent has not asked for its end."""
    code = (
        "import sys; from provisioning.contract.holder import this_holder;"
        " print(this_holder(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        holder = process.stdout.readline().strip()
        assert not is_dead(holder)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

        assert is_dead(holder)


@LINUX
def test_reused_pid_is_another_process() -> None:
    """A pid that lives again with another start is not the holder."""
    assert is_dead(_with(this_holder(), 3, "1"))


@LINUX
def test_start_of_the_machine_ends_its_holders() -> None:
    """A holder of an earlier boot of this machine is dead, even if its pid lives again."""
    holder = this_holder()
    namespace = holder.split("/")[1].partition(".")[2]

    assert is_dead(_with(holder, 1, f"00000000-0000-0000-0000-000000000000.{namespace}"))


@LINUX
def test_container_next_door_is_unknown() -> None:
    """Pids of another namespace of this boot mean nothing here: such a holder is not taken for dead."""
    boot = this_holder().split("/")[1].partition(".")[0]

    assert not is_dead(_with(_with(this_holder(), 1, f"{boot}.1"), 2, "999999999"))


@pytest.mark.parametrize("holder", ["", "somebody", "a/b/c/d/e", "elsewhere/boot.1/1/2/3"])
def test_what_cannot_be_told_is_not_dead(holder: str) -> None:
    """A holder of another host or of an unknown form waits for the end of its lease."""
    assert not is_dead(holder)


def test_odd_pid_is_not_dead() -> None:
    """A name of this host whose pid is no number waits for the end of its lease."""
    assert not is_dead(_with(this_holder(), 2, "-1"))


def test_holder_without_a_start_is_judged_by_its_pid() -> None:
    """Where no start is known, a living pid counts as alive and an absent one as dead."""
    unknown = _with(this_holder(), 3, "-")

    assert not is_dead(unknown)
    assert is_dead(_with(unknown, 2, "4194305"))
    assert is_dead(_with(unknown, 2, "9" * 30))


@LINUX
def test_somebody_elses_process_is_seen() -> None:
    """A process that one may not signal is there all the same: pid 1 is not the holder, and not gone."""
    start = Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19]

    with another_user():
        assert not is_dead(_with(_with(this_holder(), 2, "1"), 3, start))
