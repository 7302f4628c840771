"""Plugin-first infrastructure provisioning."""
