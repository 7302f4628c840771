"""`provisioning provider`: the configured providers."""
