"""The local cloud: servers that are supervised processes on this machine."""
