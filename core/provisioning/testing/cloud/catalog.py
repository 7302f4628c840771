"""What the fake cloud offers; the first of each is what one gets without asking."""

from provisioning.contract import Image, Size, Zone

__all__ = ["IMAGES", "SIZES", "ZONES"]

SIZES = (Size("small", cpus=1, memory_mib=1024, disk_gib=10), Size("large", cpus=8, memory_mib=32768, disk_gib=100))
IMAGES = (Image("plain", id="plain", description="nothing at all"),)
ZONES = (Zone("fake-a", region="fake"), Zone("fake-b", region="fake"))
