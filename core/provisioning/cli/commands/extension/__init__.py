"""`provisioning extension`: what strangers ship, looked at without importing it."""
