"""The doctor: looks at the machine, the workspace and what extensions want looked at, and mends what it can."""

from provisioning.app.doctor.doctor import Doctor
from provisioning.app.doctor.finding import Finding

__all__ = ["Doctor", "Finding"]
