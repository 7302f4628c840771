"""Run all benchmarks, or those named: `python -m benchmarks [startup] [runs] [growth] [streams] [rivals]`."""

import sys

from benchmarks.rivals import rivals
from benchmarks.runs import growth, ratios
from benchmarks.startup import startup
from benchmarks.streams import streams

ALL = {
    "startup": lambda: startup(15),
    "runs": lambda: ratios(5),
    "growth": growth,
    "streams": streams,
    "rivals": rivals,
}

for name in sys.argv[1:] or ALL:
    print(f"# {name}")
    ALL[name]()
    print()
