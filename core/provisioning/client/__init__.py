"""The client: the application of another machine, asked over HTTP as if it were here."""

from provisioning.client.client import Client
from provisioning.client.plan import RemotePlan
from provisioning.client.run import RemoteRun

__all__ = ["Client", "RemotePlan", "RemoteRun"]
