"""Run all benchmarks, or those named: `python -m benchmarks [startup] [runs] [growth]`."""

import sys

from benchmarks.runs import growth, ratios
from benchmarks.startup import startup

ALL = {"startup": lambda: startup(15), "runs": lambda: ratios(5), "growth": growth}

for name in sys.argv[1:] or ALL:
    print(f"# {name}")
    ALL[name]()
    print()
