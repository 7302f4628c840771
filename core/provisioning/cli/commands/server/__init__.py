"""`provisioning server`: servers, one at a time."""
