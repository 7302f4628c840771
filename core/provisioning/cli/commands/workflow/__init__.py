"""`provisioning workflow`: workflows and their runs."""
