"""Run all benchmarks, or those named, such as `python -m benchmarks startup discovery`."""

import sys

from benchmarks.api import api
from benchmarks.bridge import bridge
from benchmarks.discovery import discovery
from benchmarks.dispatch import dispatch
from benchmarks.fleet import fleet
from benchmarks.resume import resume
from benchmarks.rivals import rivals
from benchmarks.runs import growth, ratios
from benchmarks.startup import listing, startup
from benchmarks.streams import streams

ALL = {
    "startup": lambda: startup(15),
    "listing": lambda: listing(11),
    "discovery": lambda: discovery(7),
    "dispatch": lambda: dispatch(9),
    "api": api,
    "bridge": lambda: bridge(100),
    "runs": lambda: ratios(5),
    "growth": growth,
    "streams": streams,
    "rivals": rivals,
    "resume": resume,
    "fleet": fleet,
}

for name in sys.argv[1:] or ALL:
    print(f"# {name}")
    ALL[name]()
    print()
