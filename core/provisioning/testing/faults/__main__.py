"""The command with a fault in it: `PROVISIONING_FAULT` names a point, the how-many-th time, and what happens there."""

import os
from typing import TYPE_CHECKING

from provisioning.cli.invocation import Invocation
from provisioning.cli.root import root
from provisioning.testing.faults.application import faulty_application
from provisioning.testing.faults.fault import Fault
from provisioning.testing.faults.point import Point
from provisioning.testing.faults.trap import Trap

if TYPE_CHECKING:
    from provisioning.app import App

__all__ = ["main"]


class _Invocation(Invocation):
    """An invocation that opens the application with the fault in it."""

    def application(self) -> "type[App]":
        """Return the class of the application that is opened."""
        point, nth, fault = os.environ["PROVISIONING_FAULT"].split(":")
        trap = Trap(Point.parse(point), Fault(fault).strike, nth=int(nth))
        return faulty_application(trap, lease_seconds=float(os.environ.get("PROVISIONING_FAULT_LEASE", "30")))


def main() -> None:
    """Run the command with the process's arguments."""
    root.main(obj=_Invocation())


if __name__ == "__main__":
    main()
