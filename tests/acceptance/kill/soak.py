"""A long storm: `python -m tests.acceptance.kill.soak --seconds 3600` goes on for an hour, or until it finds something.

Each stretch has a seed, which is printed before it begins: `--seed N` plays that stretch alone.
"""

import argparse
import secrets
import time

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.acceptance.kill.test_storm import Storm

__all__ = ["main"]

EXAMPLES = 100


def play(number: int, examples: int) -> None:
    """Play one stretch; raise what it finds."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=12,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
    run_state_machine_as_test(seed(number)(Storm), settings=chosen)


def main() -> None:
    """Play stretch after stretch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3600.0, help="how long to go on (default: an hour)")
    parser.add_argument("--seed", type=int, help="play the stretch with this seed, and no other")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="how many runs a stretch has")
    options = parser.parse_args()
    end, count = time.monotonic() + options.seconds, 0
    while time.monotonic() < end:
        number = secrets.randbits(32) if options.seed is None else options.seed
        print(f"seed {number}", flush=True)
        play(number, options.examples)
        count += options.examples
        if options.seed is not None:
            break
    print(f"{count} runs, and nothing was found", flush=True)


if __name__ == "__main__":
    main()
