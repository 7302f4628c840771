"""`provisioning token`: who may come in over HTTP."""
