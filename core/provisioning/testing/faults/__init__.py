"""Named points at which a run can be cut in half, and what is done there: kills, signals, lost replies, full disks.

Nothing of it stands in the program itself: wrappers stand around the real journal, its connection, the calls and the
providers, and call `reach(point)` before and after each durable step. So it costs nothing where it is not used.

`python -m provisioning.testing.faults` is the command itself, with a fault that `PROVISIONING_FAULT` names:

    PROVISIONING_FAULT=intent.after:2:kill python -m provisioning.testing.faults workflow run three-tier.toml
"""

from provisioning.testing.faults.calls import FaultyCalls, FaultyProvider, FaultyProviders
from provisioning.testing.faults.connection import faulty_connection
from provisioning.testing.faults.fault import Fault
from provisioning.testing.faults.journal import FaultyJournal, FaultyWriter
from provisioning.testing.faults.point import Place, Point, Reach, Side, points
from provisioning.testing.faults.trap import Trap

__all__ = [
    "Fault",
    "FaultyCalls",
    "FaultyJournal",
    "FaultyProvider",
    "FaultyProviders",
    "FaultyWriter",
    "Place",
    "Point",
    "Reach",
    "Side",
    "Trap",
    "faulty_connection",
    "points",
]
