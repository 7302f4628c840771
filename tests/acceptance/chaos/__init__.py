"""A storm over a fleet: workers, drivers, their network and their database, killed, paused and cut off."""
