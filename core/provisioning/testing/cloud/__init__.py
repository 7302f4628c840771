"""A cloud that is made up, with the manners of real ones; it remembers every request, so that tests know the truth.

In one process, on any clock:

    cloud = FakeCloud(Manners(boot_time=5.0, appears_after=60.0), clock=virtual_clock)
    provider = FakeProvider("cloud", {}, cloud)

Across processes it lives in a file, and is configured like any provider, found by `--extension-path` in `EXTENSIONS`:

    [providers.cloud]
    type = "fake"
    boot_time = 5.0
    mishaps = [{ call = "create_server", nth = 2, mishap = "reply_lost" }]
"""

from provisioning.testing.cloud.fake_cloud import FakeCloud
from provisioning.testing.cloud.manners import Manners, Mishap, Scripted
from provisioning.testing.cloud.place import EXTENSIONS
from provisioning.testing.cloud.provider import FakeProvider
from provisioning.testing.cloud.request import Request

__all__ = ["EXTENSIONS", "FakeCloud", "FakeProvider", "Manners", "Mishap", "Request", "Scripted"]
