"""`provisioning journal`: the record of all runs, as a whole."""
