"""`provisioning config`: the configuration, and where each value comes from."""
